"""Who would like to come back, and whose therapist left: the practice passes the wish on."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import demonstration
import pytest
from client_paths import LOOKING_BACK, come_in
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OFFICE = re.compile("Inés Aldana")


def _amara_works(address: str, *, works: bool) -> None:
    with closing(sqlite3.connect(demonstration.database_of(address), timeout=10)) as database:
        database.execute(
            "UPDATE practice_person SET is_active = ? WHERE email LIKE 'amara@%'", [works]
        )
        database.commit()


@pytest.fixture
def without_amara(address: str) -> Iterator[None]:
    """Let one therapist have left the practice, and be back for other tests."""
    _amara_works(address, works=False)
    yield
    _amara_works(address, works=True)


@pytest.mark.usefixtures("without_amara")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_wish_is_passed_on_by_name_alone(
    open_page: Callable[..., Page], axe: Axe, width: int
) -> None:
    phone, office, lucia = (open_page(width=width, height=844) for _ in range(3))
    link = come_in(phone, LOOKING_BACK)
    name = phone.locator("h1 bdi").inner_text()
    phone.goto(f"{link}come-back")
    axe(phone)
    phone.get_by_role("button", name="I would like to come back").click()
    expect(phone.get_by_text("Amara Okafor does not work here any more")).to_be_visible()
    axe(phone)

    office.goto("/")
    office.get_by_role("button", name=OFFICE).click()
    office.goto("/administrator/")
    expect(office.get_by_text("1 former client of somebody who left")).to_be_visible()
    axe(office)
    office.get_by_role("link", name="Choose who gets in touch").click()
    expect(office.get_by_text(f"{name} would like to come back")).to_be_visible()
    axe(office)
    office.get_by_label(f"Who gets in touch with {name}?").select_option("Lucía Herrera")
    office.get_by_role("button", name="Pass on").click()
    expect(office.get_by_text("Passed on.")).to_be_visible()
    expect(office.get_by_text(name)).to_have_count(0)

    lucia.goto("/")
    lucia.get_by_role("button", name=re.compile("Lucía Herrera")).click()
    expect(lucia.get_by_text("the practice passed it on to you")).to_be_visible()
    axe(lucia)
    lucia.get_by_role("button", name="I was in touch").click()
    expect(lucia.get_by_text("the practice passed it on to you")).to_have_count(0)
