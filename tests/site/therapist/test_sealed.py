"""Sealed means sealed: no page shows one side's check-out to the other before its time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Session
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from tests.site.therapist.answers import answer, form_of

PAGES = ("client", "together", "prepare", "sessions", "plan", "link", "ending")


def _words(page: bytes) -> str:
    """Return what a page says, without ids, paths and times, which hold digits of their own."""
    text = re.sub(r"<[^>]+>", " ", page.decode())
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", " ", text)
    return re.sub(r"\d{1,2}:\d\d|\b20\d\d\b", " ", text)


def _everything(browser: Browser, episode_id: object) -> str:
    urls = [reverse(f"therapist:{name}", args=[episode_id]) for name in PAGES]
    pages = [browser.get(url) for url in (*urls, reverse("therapist:caseload"))]
    picture = browser.get(reverse("therapist:course_file", args=[episode_id, "svg"]))
    assert picture.status_code == 200
    return " ".join(_words(page.content) for page in (*pages, picture))


@pytest.mark.parametrize(("level", "shown"), [(0.0, "0.0"), (3.0, "3.0"), (7.0, "7.0")])
def test_the_clients_rating_is_on_no_page_before_the_therapist_answered(
    desk: Browser,
    by: Actor,
    client_actor: Actor,
    session_today: Session,
    now: datetime,
    level: float,
    shown: str,
) -> None:
    before = _everything(desk, session_today.episode_id)
    answer(form_of(session_today, "check-out", "client"), level, by=client_actor, now=now)
    after = _everything(desk, session_today.episode_id)
    assert "sealed" in after
    assert after.count(shown) == before.count(shown)
    answer(form_of(session_today, "check-out", "therapist"), 5.0, by=by, now=now)
    assert shown in _everything(desk, session_today.episode_id)


def test_the_therapists_own_rating_is_on_no_page_that_a_client_may_glance_at(
    desk: Browser, by: Actor, session_today: Session, now: datetime
) -> None:
    before = _everything(desk, session_today.episode_id)
    answer(form_of(session_today, "check-out", "therapist"), 9.0, by=by, now=now)
    assert _everything(desk, session_today.episode_id).count("9.0") == before.count("9.0")
    url = reverse("therapist:together", args=[session_today.episode_id])
    assert '"rating": 9' not in desk.get(url).content.decode()


def test_a_supervisor_sees_no_sealed_rating(
    client: Browser,
    sign_in: Callable[[Browser, Person], Browser],
    supervisor: Person,
    by: Actor,
    client_actor: Actor,
    session_today: Session,
    now: datetime,
) -> None:
    answer(form_of(session_today, "check-out", "client"), 2.0, by=client_actor, now=now)
    browser = sign_in(client, supervisor)
    for url in (
        reverse("supervisor:home"),
        reverse("supervisor:course", args=[session_today.episode_id]),
    ):
        page = browser.get(url)
        assert page.status_code == 200
        assert "2.0" not in _words(page.content)
