"""The door: visitors look around and write, therapists show themselves, requests are answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile(f"Sign in as {name}")).click()


def knock(page: Page, name: str, *, send: str = "Send") -> None:
    """Write a message on the page that is open, in any language."""
    page.locator("[name=name]").fill(name)
    page.locator("[name=reach_by][value=text]").check()
    page.locator("[name=reach_me]").fill("555 0199")
    page.locator("[name=safely]").fill("Only in the morning")
    page.locator("[name=message]").fill("I lost my way a little.")
    page.locator("[name=languages][value='Español']").check()
    page.locator("summary").click()
    page.locator("[name=way-directiveness]").select_option("3")
    page.locator("[name=way-directiveness-words]").fill("let me begin")
    page.wait_for_timeout(3_200)  # as long as somebody needs at least
    page.get_by_role("button", name=send).click()


@pytest.mark.parametrize(("width", "scripts"), [(390, True), (1280, False)])
def test_a_visitor_gets_to_know_somebody_and_writes(
    open_page: Callable[..., Page], axe: Axe, width: int, scripts: bool
) -> None:
    page = open_page(width=width, java_script_enabled=scripts)
    page.goto("/")
    page.get_by_role("link", name="Lucía Herrera").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lucía Herrera")
    expect(page.get_by_role("img", name="Portrait of Lucía Herrera")).to_be_visible()
    expect(page.get_by_text("Nos reímos cuando toca.")).to_be_visible()
    if scripts:
        axe(page)
        assert page.evaluate(_TOO_WIDE) is False
    page.get_by_role("link", name="Write to Lucía Herrera").click()
    expect(page.get_by_label("Is there someone")).to_have_value(re.compile("-"))
    if scripts:
        axe(page)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        axe(page)
        assert page.evaluate(_TOO_WIDE) is False
    knock(page, f"Visitor {width}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for writing")


def test_who_sends_too_quickly_finds_every_word_still_there(phone: Page) -> None:
    phone.goto("/contact")
    phone.locator("[name=name]").fill("Quick")
    phone.evaluate(
        "document.querySelector('[name=reach_by][value=phone]').checked = true;"
        "document.querySelector('[name=reach_me]').value = '555';"
        "document.querySelector('form.form').submit()"
    )
    expect(phone.get_by_text("That was very quick.").first).to_be_visible()
    expect(phone.locator("[name=name]")).to_have_value("Quick")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_door_speaks_spanish(open_page: Callable[..., Page], axe: Axe, width: int) -> None:
    page = open_page(width=width, height=800, touch=width == 390, locale="es-ES")
    page.goto("/")
    page.get_by_role("link", name="Lucía Herrera").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    axe(page)
    page.goto("/contact")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ponte en contacto")
    axe(page)
    assert page.evaluate(_TOO_WIDE) is False
    if width > 390:  # the door opens five times an hour for one address
        return
    knock(page, "Inmaculada", send="Enviar")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gracias")
    axe(page)
    assert page.evaluate(_TOO_WIDE) is False


def test_a_request_is_passed_on_taken_on_and_its_wishes_are_in_the_plan(
    open_page: Callable[..., Page], axe: Axe
) -> None:
    visitor, office, room = (open_page(width=width) for width in (390, 1280, 390))
    visitor.goto("/contact")
    knock(visitor, "Wanda")
    sign_in(office, "Inés Aldana")
    office.goto("/administrator/contact/")
    axe(office)
    office.get_by_role("link", name="Wanda").click()
    expect(office.get_by_text("Speaks Español.")).to_be_visible()
    axe(office)
    office.get_by_role("button", name="Put on the waiting list").click()
    office.goto("/administrator/contact/")
    office.get_by_role("button", name=re.compile("^Up.*Wanda")).click()
    axe(office)
    office.get_by_role("link", name="Wanda").click()
    office.get_by_role("button", name=re.compile("^Pass on.*Lucía")).click()
    sign_in(room, "Lucía Herrera")
    room.get_by_role("link", name=re.compile("^Requests")).click()
    axe(room)
    room.get_by_role("link", name="Wanda").click()
    axe(room)
    assert room.evaluate(_TOO_WIDE) is False
    room.get_by_role("button", name="Take them on").click()
    expect(room.get_by_role("heading", level=1)).to_contain_text("Wanda")
    episode = room.url.removesuffix("/link")
    room.goto(f"{episode}/details")
    expect(room.get_by_text("I lost my way a little.")).to_be_visible()
    axe(room)
    room.goto(f"{episode}/plan")
    expect(room.get_by_text("let me begin").first).to_be_visible()


def test_a_therapist_keeps_a_place_and_declines_and_the_office_deletes(
    open_page: Callable[..., Page], axe: Axe
) -> None:
    visitor, office, desk = open_page(width=390), open_page(width=1280), open_page(width=1280)
    visitor.goto("/contact")
    knock(visitor, "Declan")
    sign_in(office, "Inés Aldana")
    office.goto("/administrator/contact/")
    office.get_by_role("link", name="Declan").click()
    office.get_by_role("button", name=re.compile("^Pass on.*Amara")).click()
    sign_in(desk, "Amara Okafor")
    desk.get_by_role("link", name=re.compile("^Requests")).click()
    desk.get_by_role("link", name="Declan").click()
    expect(desk.get_by_text("Only in the morning")).to_be_visible()
    axe(desk)
    desk.get_by_role("button", name="Put on the waiting list").click()
    desk.goto("/therapist/requests/")
    axe(desk)
    desk.get_by_role("link", name="Declan").click()
    desk.get_by_text("Decline kindly").click()
    axe(desk)
    assert desk.evaluate(_TOO_WIDE) is False
    desk.get_by_role("button", name="Decline", exact=True).click()
    expect(desk.get_by_text("No letter goes by itself")).to_be_visible()
    office.goto("/administrator/contact/")
    office.get_by_role("link", name="Declan").click()
    office.get_by_text("Open it again, or delete it").click()
    office.get_by_role("button", name="Delete it with every word").click()
    expect(office.get_by_role("link", name="Declan")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_therapist_shows_themselves(open_page: Callable[..., Page], axe: Axe, width: int) -> None:
    page = open_page(width=width)
    sign_in(page, "Amara Okafor")
    page.get_by_role("link", name="Your public page").click()
    page.get_by_text("How you usually work, in five respects").click()
    axe(page)
    assert page.evaluate(_TOO_WIDE) is False
    page.get_by_label("Your style").fill("I ask, I draw, I wait.")
    page.get_by_role("button", name="Save").click()
    taken = BytesIO()
    Image.new("RGB", (1200, 800), "peru").save(taken, "JPEG")
    page.get_by_label("Another picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": taken.getvalue()}
    )
    page.get_by_role("button", name="Use this picture").click()
    expect(page.get_by_text("Your picture is here.")).to_be_visible()
    page.get_by_role("link", name="See the public page").click()
    expect(page.get_by_text("I ask, I draw, I wait.")).to_be_visible()
    axe(page)


def test_the_practice_shows_itself(open_page: Callable[..., Page], axe: Axe) -> None:
    page = open_page(width=1280)
    sign_in(page, "Inés Aldana")
    page.get_by_role("link", name="Public page", exact=True).click()
    axe(page)
    page.get_by_label("Where you are").fill("Quay 4, second floor, the green door.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="See the public page").click()
    expect(page.get_by_text("the green door")).to_be_visible()
