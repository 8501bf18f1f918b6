"""One tablet for two: while the client holds it, nothing of the therapist's is reachable."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from tests.site.conftest import PASSWORD
from tests.site.therapist.answers import form_of


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    cache.clear()


@pytest.fixture
def asked(session_today: Session) -> AskedForm:
    return form_of(session_today, "check-out", "client")


@pytest.fixture
def check_in(session_today: Session) -> AskedForm:
    form = form_of(session_today, "check-in", "client")
    form.closes_at = form.closes_at + timedelta(hours=1)
    form.save()
    return form


def _start(form: AskedForm) -> str:
    return reverse("therapist:in_session", args=[form.pk])


def _back(form: AskedForm) -> str:
    return reverse("therapist:take_back", args=[form.pk])


def test_handing_over_locks_every_other_address(desk: Browser, asked: AskedForm) -> None:
    assert b"Hand over now" in desk.get(_start(asked)).content
    answer = desk.post(_start(asked))
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"cache"'
    episode = asked.episode_id
    other = AskedForm.objects.filter(rater="client").exclude(pk=asked.pk).get()
    for url in (
        reverse("therapist:caseload"),
        reverse("therapist:client", args=[episode]),
        reverse("therapist:add_client"),
        _start(other),
        "/",
        "/sign-out",
        "/account/security",
    ):
        for found in (desk.get(url), desk.post(url)):
            assert found.status_code == 302
            assert found["Location"] == _start(asked)


def test_the_clients_pages_are_in_no_cache_and_name_no_other_place(
    desk: Browser, asked: AskedForm
) -> None:
    desk.post(_start(asked))
    page = desk.get(_start(asked), follow=True)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    for place in (reverse("therapist:caseload") + '"', "Caseload", "sign-out", "Tomás", "Noor"):
        assert place not in text


def test_the_client_answers_one_thing_a_screen_and_it_is_theirs(
    desk: Browser, asked: AskedForm
) -> None:
    desk.post(_start(asked))
    for step in steps_of(asked):
        url = reverse("therapist:tablet_step", args=[asked.pk, step.number])
        assert desk.get(url).status_code == 200
        assert desk.post(url, {"answer": "7"}).status_code == 302
    review = reverse("therapist:tablet_review", args=[asked.pk])
    assert b"Send my answers" in desk.get(review).content
    assert desk.post(review)["Location"] == reverse("therapist:tablet_thanks", args=[asked.pk])
    assert b"hand the tablet back" in desk.get(_start(asked), follow=True).content
    sent = AccessEntry.objects.get(action="sent", subject_id=asked.pk)
    assert (sent.actor_kind, sent.actor_id) == ("client", asked.episode.client_id)
    asked.refresh_from_db()
    assert asked.submitted_at is not None
    assert asked.unsealed_at is None


def test_a_wrong_answer_is_refused_calmly(desk: Browser, asked: AskedForm) -> None:
    desk.post(_start(asked))
    url = reverse("therapist:tablet_step", args=[asked.pk, 1])
    for typed in ("", "11", "x", "<b>"):
        assert desk.post(url, {"answer": typed}).status_code == 422
    assert desk.get(reverse("therapist:tablet_step", args=[asked.pk, 99])).status_code == 400


def test_only_the_password_brings_the_therapists_pages_back(
    desk: Browser, asked: AskedForm
) -> None:
    desk.post(_start(asked))
    assert desk.post(_back(asked), {"password": "guess"}).status_code == 422
    assert desk.get(reverse("therapist:caseload"))["Location"] == _start(asked)
    answer = desk.post(_back(asked), {"password": PASSWORD})
    assert answer["Location"] == reverse("therapist:client", args=[asked.episode_id])
    page = desk.get(answer["Location"]).content.decode()
    assert "not sent yet" in page
    assert desk.get(reverse("therapist:caseload")).status_code == 200


def test_guessing_the_password_is_slowed_down(desk: Browser, asked: AskedForm) -> None:
    desk.post(_start(asked))
    answers = [desk.post(_back(asked), {"password": "guess"}).status_code for _ in range(11)]
    assert answers[-1] == 429
    assert desk.post(_back(asked), {"password": PASSWORD}).status_code == 429
    assert desk.get(reverse("therapist:caseload"))["Location"] == _start(asked)


def test_a_marked_safety_question_shows_help_at_once_and_tells_the_therapist(
    desk: Browser, check_in: AskedForm
) -> None:
    desk.post(_start(check_in))
    safety = next(step for step in steps_of(check_in) if step.item.safety_threshold is not None)
    most = max(option.value for option in safety.item.options)
    url = reverse("therapist:tablet_step", args=[check_in.pk, safety.number])
    page = desk.post(url, {"answer": f"{most:g}"}, follow=True)
    assert b"024" in page.content
    assert Signal.objects.filter(episode=check_in.episode, kind="safety").count() == 1
    page = desk.post(_back(check_in), {"password": PASSWORD}, follow=True)
    assert b"question about safety was marked" in page.content
    assert b"Safety first" in page.content


def test_a_form_without_handing_over_is_not_answered_by_the_therapist(
    desk: Browser, asked: AskedForm
) -> None:
    url = reverse("therapist:tablet_step", args=[asked.pk, 1])
    assert desk.post(url, {"answer": "7"})["Location"] == _start(asked)
    asked.refresh_from_db()
    assert asked.answers == {}


def test_a_closed_form_is_not_handed_over(desk: Browser, asked: AskedForm, now: datetime) -> None:
    asked.closes_at = now - timedelta(minutes=1)
    asked.save()
    assert b"takes no answers now" in desk.get(_start(asked)).content
    assert desk.post(_start(asked)).status_code == 409
    assert desk.get(reverse("therapist:caseload")).status_code == 200


def test_the_therapists_own_form_is_not_handed_over(
    desk: Browser, session_today: Session, by: Actor
) -> None:
    own = form_of(session_today, "check-out", "therapist")
    assert desk.get(_start(own)).status_code == 404


def test_the_tablet_speaks_the_clients_language(desk: Browser, asked: AskedForm) -> None:
    client = asked.episode.client
    client.language = "es"
    client.save()
    desk.post(_start(asked))
    page = desk.get(_start(asked), follow=True).content.decode()
    assert '<html lang="es"' in page


def test_stopping_half_way_keeps_the_answers_and_says_so(desk: Browser, asked: AskedForm) -> None:
    desk.post(_start(asked))
    desk.post(reverse("therapist:tablet_step", args=[asked.pk, 1]), {"answer": "7"})
    page = desk.get(reverse("therapist:tablet_thanks", args=[asked.pk])).content.decode()
    assert "What you answered is kept" in page
    asked.refresh_from_db()
    assert asked.submitted_at is None
    assert asked.answers


def test_what_was_answered_elsewhere_is_neither_shown_nor_sent_from_the_tablet(
    desk: Browser, asked: AskedForm, client_actor: Actor, now: datetime
) -> None:
    steps = steps_of(asked)
    for step in steps:
        services.save_answer(asked.pk, step.field, 3.0, by=client_actor, now=now)
    desk.post(_start(asked))
    review = reverse("therapist:tablet_review", args=[asked.pk])
    first = reverse("therapist:tablet_step", args=[asked.pk, 1])
    assert desk.get(review)["Location"] == first
    assert desk.post(review)["Location"] == first
    for step in steps:
        page = desk.get(reverse("therapist:tablet_step", args=[asked.pk, step.number]))
        assert b"checked" not in page.content
    asked.refresh_from_db()
    assert asked.submitted_at is None
    for step in steps:
        url = reverse("therapist:tablet_step", args=[asked.pk, step.number])
        desk.post(url, {"answer": "8"})
    page = desk.get(review).content.decode()
    assert "8 out of 10" in page
    assert "3 out of 10" not in page


def test_handing_over_again_does_not_show_what_was_answered_before(
    desk: Browser, asked: AskedForm
) -> None:
    url = reverse("therapist:tablet_step", args=[asked.pk, 1])
    desk.post(_start(asked))
    desk.post(url, {"answer": "7"})
    assert b"checked" in desk.get(url).content
    desk.post(_back(asked), {"password": PASSWORD})
    desk.post(_start(asked))
    assert b"checked" not in desk.get(url).content


def test_a_session_taken_out_meanwhile_ends_the_form_kindly(
    desk: Browser, asked: AskedForm, now: datetime
) -> None:
    desk.post(_start(asked))
    Session.objects.update(removed_at=now)
    url = reverse("therapist:tablet_step", args=[asked.pk, 1])
    for page in (desk.get(url), desk.post(url, {"answer": "7"})):
        assert page.status_code == 410
        assert b"You did nothing wrong" in page.content
    assert desk.post(_back(asked), {"password": PASSWORD}).status_code == 302
