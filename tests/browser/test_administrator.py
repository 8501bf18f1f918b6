"""A real practice from its first start: set-up, second factor, invitation, administration."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from authenticator import code_of
from playwright.sync_api import Page, expect

_START_SECONDS = 60
PASSWORD = "quiet harbour lamp stone"
OTHER_PASSWORD = "seven amber kettles sing"
PAGES = (
    "", "people/", "people/invite", "supervision/", "contact/", "instruments/", "settings/",
    "access/",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A practice that was just started for the first time."""

    url: str
    code: str


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("practice")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    dropped = {"DATABASE_URL", "OPENALLIANCE_DEMONSTRATION", "OPENALLIANCE_HOSTS"}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "openalliance", "serve", "--port", str(port),
             "--data-dir", str(folder / "data")],
            env={name: value for name, value in os.environ.items() if name not in dropped},
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        code = _code(server, log)
        yield Practice(url=f"http://127.0.0.1:{port}", code=code)
    finally:
        server.terminate()
        server.wait(20)


def _code(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while "Ready" not in (printed := log.read_text()):
        assert server.poll() is None, printed
        assert time.monotonic() < deadline, printed
        time.sleep(0.1)
    found = re.search(r"enter: (\S+)", printed)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def address(started: Practice) -> str:
    """Let every page of this module open the real practice instead of the demonstration."""
    return started.url


def type_code(page: Page, secret: str, label: str) -> None:
    page.get_by_label(label).fill(code_of(secret))


def choose_password(page: Page, password: str) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The same password again").fill(password)


def connect_an_app(page: Page, axe: Callable[[Page], None]) -> str:
    expect(page.get_by_role("heading", level=1)).to_have_text("Connect an app for codes")
    axe(page)
    secret = page.locator("code.key").inner_text()
    type_code(page, secret, "Authenticator code")
    page.get_by_role("button", name="Connect the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep these recovery codes safe")
    axe(page)
    page.get_by_role("link", name="I have kept them").click()
    return secret


def set_up(page: Page, practice: Practice, axe: Callable[[Page], None]) -> None:
    page.goto("/")
    expect(page).to_have_url(f"{practice.url}/set-up")
    axe(page)
    page.get_by_role("button", name="Set up the practice").click()
    expect(page.get_by_role("alert")).to_contain_text("Please look at this again")
    axe(page)
    page.get_by_label("Code from the terminal").fill(practice.code)
    page.get_by_label("Name of the practice").fill("Harbour Practice")
    page.get_by_label("Time zone").select_option("Europe/Madrid")
    page.get_by_label("Where clients can turn at any hour").fill("Emergency: 112")
    page.get_by_label("Your name").fill("Ada Administrator")
    page.get_by_label("Your e-mail address").fill("ada@harbour.example")
    choose_password(page, PASSWORD)
    page.get_by_role("button", name="Set up the practice").click()


def invite(page: Page, axe: Callable[[Page], None]) -> str:
    page.goto("/administrator/people/")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Name").fill("Tomás Therapist")
    page.get_by_label("E-mail address").fill("tomas@harbour.example")
    page.get_by_role("checkbox", name="Therapist:").check()
    page.get_by_role("button", name="Make the invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The invitation is ready")
    axe(page)
    return page.locator("#link").inner_text()


def write_to_the_practice(visitor: Page) -> None:
    visitor.goto("/")
    visitor.get_by_role("link", name="Get in touch").click()
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert visitor.evaluate(too_wide) is False
    visitor.get_by_label("Your name").fill("Sam")
    visitor.get_by_label("Write me an e-mail").check()
    visitor.get_by_label("Your number or address").fill("sam@post.example")
    visitor.wait_for_timeout(3_200)  # as long as somebody needs at least
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Thank you for writing")


def test_from_the_first_start_to_a_colleague_who_signs_in(
    open_page: Any, started: Practice, axe: Callable[[Page], None]
) -> None:
    office = open_page(width=1280, height=800)
    set_up(office, started, axe)
    secret = connect_an_app(office, axe)
    expect(office.get_by_role("heading", level=1)).to_have_text("Harbour Practice")
    for page in PAGES:
        office.goto(f"/administrator/{page}")
        axe(office)

    link = invite(office, axe)
    telephone = open_page(width=360, height=740, touch=True, color_scheme="dark")
    telephone.goto(link)
    axe(telephone)
    choose_password(telephone, OTHER_PASSWORD)
    telephone.get_by_role("button", name="Accept the invitation").click()
    connect_an_app(telephone, axe)
    expect(telephone).to_have_url(f"{started.url}/therapist/")

    office.goto("/administrator/people/")
    expect(office.get_by_role("row", name="Tomás Therapist")).to_contain_text("two factors")
    office.goto("/sign-out")
    office.get_by_role("main").get_by_role("button", name="Sign out").click()
    axe(office)
    office.get_by_role("link", name="Sign in").click()
    axe(office)
    office.get_by_label("Email").fill("ada@harbour.example")
    office.get_by_label("Password").fill(PASSWORD)
    office.get_by_role("button", name="Sign in", exact=True).click()
    axe(office)
    type_code(office, secret, "Code")
    office.get_by_role("button", name="Sign in", exact=True).click()
    expect(office).to_have_url(f"{started.url}/administrator/")

    for width in (320, 1280):
        write_to_the_practice(open_page(width=width, java_script_enabled=False))
    office.goto("/administrator/contact/")
    expect(office.get_by_role("link", name="Sam")).to_have_count(2)
    axe(office)


def test_pages_that_do_not_exist_are_calm_and_accessible(
    phone: Page, axe: Callable[[Page], None]
) -> None:
    for nowhere in ("/nowhere", "/c/guessed/", "/invitation/guessed"):
        phone.goto(nowhere)
        expect(phone.get_by_role("heading", level=1)).to_be_visible()
        axe(phone)
