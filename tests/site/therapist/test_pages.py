"""The same questions to every page: does it work, who is refused, was the read logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.models import AccessEntry

SignIn = Callable[[Browser, Person], Browser]
OF_EPISODE = (
    "client", "together", "prepare", "link", "details", "sessions", "plan", "propose_plan",
    "ending",
)  # fmt: skip
OF_NOBODY = ("caseload", "add_client", "profile")


@pytest.mark.parametrize("name", OF_NOBODY)
def test_a_page_of_ones_own_opens_for_a_therapist_only(
    client: Browser, sign_in: SignIn, therapist: Person, administrator: Person, name: str
) -> None:
    url = reverse(f"therapist:{name}")
    assert client.get(url)["Location"].startswith("/sign-in")
    assert sign_in(client, administrator).get(url).status_code == 403
    assert sign_in(client, therapist).get(url).status_code == 200


@pytest.mark.parametrize("name", OF_EPISODE)
def test_a_page_of_an_episode_opens_for_its_therapist(
    client: Browser, sign_in: SignIn, therapist: Person, session_today: Session, name: str
) -> None:
    url = reverse(f"therapist:{name}", args=[session_today.episode_id])
    before = AccessEntry.objects.count()
    assert sign_in(client, therapist).get(url).status_code == 200
    logged = AccessEntry.objects.filter(actor_id=therapist.pk, action="read")
    assert AccessEntry.objects.count() > before
    assert logged.filter(client_id=session_today.episode.client_id).exists()


@pytest.mark.parametrize("name", OF_EPISODE)
def test_nobody_else_sees_a_page_of_an_episode(
    client: Browser,
    sign_in: SignIn,
    episode: Episode,
    colleague: Person,
    supervisor: Person,
    stranger: Person,
    administrator: Person,
    name: str,
) -> None:
    url = reverse(f"therapist:{name}", args=[episode.pk])
    assert sign_in(client, colleague).get(url).status_code == 404
    assert sign_in(client, stranger).get(url).status_code == 404
    assert sign_in(client, supervisor).get(url).status_code == 403
    assert sign_in(client, administrator).get(url).status_code == 403


def test_forms_of_others_are_not_there(
    client: Browser, sign_in: SignIn, session_today: Session, colleague: Person, stranger: Person
) -> None:
    for form in AskedForm.objects.filter(session=session_today):
        name = "in_session" if form.rater == "client" else "check_out"
        for person in (colleague, stranger):
            url = reverse(f"therapist:{name}", args=[form.pk])
            assert sign_in(client, person).get(url).status_code == 404
            assert sign_in(client, person).post(url).status_code in {404, 405}


def test_a_client_has_no_way_into_staff_pages(
    client: Browser, come_in: Callable[..., Browser], client_link: object, episode: Episode
) -> None:
    browser = come_in(client, client_link)
    answer = browser.get(reverse("therapist:client", args=[episode.pk]))
    assert answer["Location"].startswith("/sign-in")


def test_a_form_from_elsewhere_changes_nothing(
    sign_in: SignIn, session_today: Session, therapist: Person
) -> None:
    browser = sign_in(Browser(enforce_csrf_checks=True), therapist)
    url = reverse("therapist:remove_session", args=[session_today.pk])
    assert browser.post(url).status_code == 403
    session_today.refresh_from_db()
    assert session_today.removed_at is None


def test_what_changes_something_is_never_done_by_a_link(
    client: Browser, sign_in: SignIn, session_today: Session, therapist: Person
) -> None:
    browser = sign_in(client, therapist)
    for name in ("remove_session", "restore_session", "session_status"):
        url = reverse(f"therapist:{name}", args=[session_today.pk])
        assert browser.get(url).status_code == 405
    for name in ("revoke_link", "reopen", "transfer", "rate_goal"):
        url = reverse(f"therapist:{name}", args=[session_today.episode_id])
        assert browser.get(url).status_code == 405
