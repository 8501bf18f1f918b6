"""The client's whole way on a phone: in by code, one question a screen, and what is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client_paths import (
    CHECK_IN,
    CHECK_OUT,
    LOOKING_BACK,
    MAIN,
    REPAIR,
    SPANISH,
    come_in,
    way_in,
)
from playwright.sync_api import Locator, Page, expect
from watch import Watch

OpenPage = Callable[..., Page]
Axe = Callable[[Page], None]

OWN_PAGES = (
    "", "plan", "plan/propose", "sessions", "taken-up", "hard-to-say", "hard-to-say/new",
    "readers", "consent", "record", "delete", "help", "leave",
)  # fmt: skip


def waiting(page: Page) -> Locator:
    return page.locator("a.waiting[href*='/form/']")


def choose(page: Page, answer: int | None = None) -> None:
    """Touch an answer: a number of a rating, or the first option of a choice."""
    wanted = 7 if answer is None else answer
    page.locator(".rating__step, .choice__option").first.wait_for()
    steps = page.locator(".rating__step")
    if steps.count():
        steps.nth(wanted).click()
    else:
        page.locator(".choice__option").nth(answer or 0).click()


def answer_all(page: Page, *, check: Axe | None = None) -> None:
    """Answer every question of the form that is open, up to the review."""
    for _question in range(40):
        if page.url.endswith("/review"):
            return
        if check:
            check(page)
        before = page.url
        choose(page)
        page.locator(MAIN).click()
        page.wait_for_function("before => location.href !== before", arg=before)
    raise AssertionError("the form never came to its review")


def test_a_check_out_on_a_phone_from_the_code_to_what_was_hard(phone: Page, axe: Axe) -> None:
    link, code = way_in(phone, CHECK_OUT)
    phone.goto(link)
    axe(phone)
    phone.get_by_label("Your code").fill(code)
    phone.get_by_role("button", name="Go on").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Hello")
    axe(phone)
    waiting(phone).last.click()
    answer_all(phone, check=axe)
    axe(phone)
    phone.get_by_role("link", name=re.compile("Change this")).first.click()
    choose(phone, 9)
    phone.get_by_role("button", name="Keep this answer").click()
    expect(phone.get_by_text("9 out of 10")).to_be_visible()
    phone.get_by_role("button", name="Send my answers").click()

    expect(phone.get_by_role("heading", name="Was anything hard to say?")).to_be_visible()
    axe(phone)
    phone.get_by_label("The pace").check()
    phone.get_by_label("In your own words").fill("Too fast, أحيانًا 🙈")
    phone.get_by_label(re.compile("My therapist, when I say so")).check()
    phone.get_by_role("button", name="Keep this", exact=True).click()
    expect(phone.get_by_text("Too fast, أحيانًا 🙈")).to_be_visible()
    expect(phone.get_by_text("Closed for now")).to_be_visible()
    axe(phone)
    phone.get_by_label(re.compile("My therapist, now")).check()
    phone.get_by_role("button", name="Keep this choice").click()
    expect(phone.locator(".said__who")).to_contain_text("Your therapist can see this since")
    phone.get_by_role("link", name="Take it back altogether").click()
    axe(phone)
    phone.get_by_role("button", name="Yes, take it back").click()
    expect(phone.get_by_text("Nobody sees it any more")).to_be_visible()

    phone.goto(f"{link}sessions")
    expect(phone.locator(".pair").first).to_contain_text("You")
    axe(phone)


def test_answers_given_without_a_connection_arrive_when_it_is_back(
    phone: Page, axe: Axe, watched: Watch
) -> None:
    come_in(phone, CHECK_IN)
    waiting(phone).first.click()
    choose(phone, 4)
    phone.locator(MAIN).click()
    phone.wait_for_url("**/2")
    phone.context.set_offline(True)
    choose(phone, 8)
    phone.locator(MAIN).click()
    status = phone.locator("[data-autosave-status]")
    expect(status).to_contain_text("Not sent yet")
    assert phone.url.endswith("/2")
    phone.context.set_offline(False)
    phone.wait_for_url("**/3")
    phone.get_by_role("link", name="Back", exact=True).click()
    expect(phone.locator("#answer-8")).to_be_checked()
    axe(phone)


def test_an_answer_outlives_a_visit_that_ended_while_it_was_given(phone: Page) -> None:
    link, code = way_in(phone, LOOKING_BACK)
    phone.goto(f"{link}hard-to-say/new")
    phone.locator("#code").fill(code)
    phone.locator(MAIN).click()
    phone.wait_for_url("**/hard-to-say/new")
    phone.get_by_label("Something else").check()
    phone.get_by_label("In your own words").fill("kept through the night")
    phone.get_by_label(re.compile("Only me")).check()
    phone.context.clear_cookies(name="oa_session")
    phone.get_by_role("button", name="Keep this", exact=True).click()
    phone.wait_for_url("**/code")
    phone.locator("#code").fill(code)
    phone.locator(MAIN).click()
    expect(phone.get_by_text("Only you can see this")).to_be_visible()
    expect(phone.get_by_text("kept through the night")).to_be_visible()


def test_the_safety_question_shows_help_at_once_and_the_way_goes_on(phone: Page, axe: Axe) -> None:
    come_in(phone, CHECK_IN)
    waiting(phone).first.click()
    for _question in range(40):
        phone.locator(".rating__step, .choice__option").first.wait_for()
        options = phone.locator(".choice__option")
        if options.count():
            break
        choose(phone)
        before = phone.url
        phone.locator(MAIN).click()
        phone.wait_for_function("before => location.href !== before", arg=before)
    options.last.click()
    phone.locator(MAIN).click()
    expect(phone.get_by_role("heading", name="Thank you for telling us")).to_be_visible()
    expect(phone.locator(".crisis--now a[href^='tel:']").first).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Go on with the questions").click()
    answer_all(phone)
    phone.get_by_role("button", name="Send my answers").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    phone.go_back()
    expect(phone.get_by_role("heading", name="Already sent, thank you")).to_be_visible()
    axe(phone)


def test_a_check_in_needs_no_javascript_and_speaks_spanish(open_page: OpenPage) -> None:
    page = open_page(width=320, height=640, java_script_enabled=False)
    come_in(page, SPANISH)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    with page.expect_navigation():
        waiting(page).first.click()
    for _question in range(40):
        if page.url.endswith("/review"):
            break
        if page.locator(".rating__step").count():
            page.locator(".rating__step input").nth(6).check()
        else:
            page.locator(".choice__option input").first.check()
        with page.expect_navigation():
            page.locator(MAIN).click()
    page.get_by_role("button", name="Enviar mis respuestas").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gracias")


def test_a_check_in_goes_by_keyboard_alone(desktop: Page) -> None:
    link, code = way_in(desktop, REPAIR)
    desktop.goto(f"{link}code")
    press_until(desktop, "#code")
    desktop.keyboard.type(code)
    desktop.keyboard.press("Enter")
    desktop.wait_for_url(re.compile(r"/c/[^/]+/$"))
    press_until(desktop, "a.waiting")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/form/**")
    press_until(desktop, ".rating__step input")
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("Tab")
    expect(desktop.locator(MAIN)).to_be_focused()
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/2")


def press_until(page: Page, target: str) -> None:
    """Press Tab until the focus is on ``target``, as somebody without a mouse does."""
    for _press in range(60):
        if page.evaluate("target => document.activeElement.matches(target)", target):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


@pytest.mark.parametrize(
    ("width", "options"),
    [
        (320, {"color_scheme": "dark", "touch": True}),
        (360, {"color_scheme": "light", "touch": True}),
        (1280, {"color_scheme": "light"}),
    ],
)
def test_every_own_page_fits_its_screen_and_everyone_can_use_it(
    open_page: OpenPage, axe: Axe, width: int, options: dict[str, object]
) -> None:
    page = open_page(width=width, height=740, **options)
    link = come_in(page, LOOKING_BACK)
    for path in OWN_PAGES:
        page.goto(link + path)
        axe(page)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{path} is {wider} pixels too wide"


def test_a_link_that_does_not_work_is_a_calm_page(phone: Page, axe: Axe) -> None:
    phone.goto("/c/guessed/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
    axe(phone)


def test_leaving_closes_the_page_on_this_device(phone: Page) -> None:
    link = come_in(phone, LOOKING_BACK)
    phone.get_by_role("navigation", name="More").get_by_role("link", name="Leave").click()
    phone.get_by_role("button", name="Yes, leave").click()
    expect(phone.get_by_role("heading", name="You have left your page")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_label("Your code")).to_be_visible()


def keep_without_a_connection(phone: Page, link: str, words: str) -> None:
    """Write something that is hard to say, and press the button where nothing can be sent."""
    phone.goto(f"{link}hard-to-say/new")
    phone.get_by_label("Something else").check()
    phone.get_by_label("In your own words").fill(words)
    phone.get_by_label(re.compile("My therapist, now")).check()
    phone.route("**/hard-to-say/new", lambda route: route.abort() if (
        route.request.method == "POST"
    ) else route.continue_())  # fmt: skip
    phone.get_by_role("button", name="Keep this", exact=True).click()
    expect(phone.locator("[data-autosave-status]")).to_contain_text("kept on this device")
    phone.unroute("**/hard-to-say/new")


def unsent(phone: Page) -> int:
    kept = phone.evaluate("Object.keys(localStorage).filter(key => key.startsWith('oa-unsent:'))")
    return len(kept)


def test_rather_not_means_that_it_is_never_sent(phone: Page) -> None:
    link = come_in(phone, LOOKING_BACK)
    keep_without_a_connection(phone, link, "better left unsaid")
    assert unsent(phone) == 1
    phone.get_by_role("link", name="Rather not").click()
    phone.wait_for_url(f"**{link}")
    assert unsent(phone) == 0
    phone.goto(f"{link}hard-to-say/new")
    expect(phone.get_by_label("In your own words")).to_have_value("")
    phone.goto(f"{link}hard-to-say")
    expect(phone.get_by_text("better left unsaid")).to_have_count(0)


def test_leaving_deletes_what_waits_on_this_device_and_says_so_before(
    phone: Page, axe: Axe
) -> None:
    link = come_in(phone, LOOKING_BACK)
    phone.goto(f"{link}leave")
    expect(phone.get_by_text("has not been sent yet")).to_be_hidden()
    keep_without_a_connection(phone, link, "for nobody who finds this phone")
    phone.goto(f"{link}leave")
    expect(phone.get_by_text("has not been sent yet")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Yes, leave").click()
    expect(phone.get_by_role("heading", name="You have left your page")).to_be_visible()
    assert unsent(phone) == 0
