"""The client's page and the sheet before a session: what they say, as files too, in few queries."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openalliance.core.plan import Goal, Plan
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.endings.services import end_episode
from openalliance.site.records.endings.wishes import begin_again
from openalliance.site.records.plans.services import agree, propose
from openalliance.site.records.trust.actors import Actor
from tests.site.therapist.answers import form_of

_PLAN = Plan(goals=(Goal(id="g0", words="Swim"),))


def test_the_course_stands_as_picture_and_as_table(desk: Browser, ruptured: Signal) -> None:
    page = desk.get(reverse("therapist:client", args=[ruptured.episode_id])).content.decode()
    assert page.count("<svg") > 2
    assert "The same as a table" in page
    assert "<table" in page
    assert "No clear change yet" in page or "Clearly worse" in page
    assert "Your client rated your work together 3.0. Before, it was about" in page
    assert "As far apart as is usual" in page


@pytest.mark.parametrize(
    ("suffix", "starts"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_picture_is_a_file_named_by_code(
    desk: Browser, ruptured: Signal, suffix: str, starts: bytes
) -> None:
    answer = desk.get(reverse("therapist:course_file", args=[ruptured.episode_id, suffix]))
    assert answer.content.startswith(starts)
    named = answer["Content-Disposition"]
    assert ruptured.episode.client.code in named
    assert "Noor" not in named
    wrong = reverse("therapist:course_file", args=[ruptured.episode_id, "exe"])
    assert desk.get(wrong).status_code == 404


def test_the_page_does_not_ask_more_of_the_database_as_the_course_grows(
    desk: Browser, ruptured: Signal
) -> None:
    url = reverse("therapist:client", args=[ruptured.episode_id])
    desk.get(url)
    with CaptureQueriesContext(connection) as queries:
        desk.get(url)
    assert len(queries) <= 36, [query["sql"][:80] for query in queries]


def test_prepare_says_what_to_talk_about_and_the_latest_check_in(
    desk: Browser, ruptured: Signal
) -> None:
    page = desk.get(reverse("therapist:prepare", args=[ruptured.episode_id])).content.decode()
    assert "What to talk about" in page
    assert "Did something in that session feel wrong between us?" in page
    assert "3 / 10" in page


def test_the_therapists_check_out_goes_one_question_at_a_time(
    desk: Browser, session_today: Session
) -> None:
    form = form_of(session_today, "check-out", "therapist")
    start = reverse("therapist:check_out", args=[form.pk])
    assert desk.get(start)["Location"] == reverse("therapist:check_out_step", args=[form.pk, 1])
    for step in steps_of(form):
        url = reverse("therapist:check_out_step", args=[form.pk, step.number])
        assert desk.get(url).status_code == 200
        assert desk.post(url, {"answer": ""}).status_code == 422
        assert desk.post(url, {"answer": "8"}).status_code == 302
    review = reverse("therapist:check_out_review", args=[form.pk])
    assert desk.get(start)["Location"] == review
    assert desk.post(review).status_code == 302
    assert b"your check-out is in" in desk.get(start).content
    assert desk.post(review).status_code == 302, "sending twice is harmless"
    late = desk.post(reverse("therapist:check_out_step", args=[form.pk, 1]), {"answer": "1"})
    assert b"your check-out is in" in late.content
    assert AskedForm.objects.get(pk=form.pk).unsealed_at is None


_ON_THE_COURSE = ("prepare", "together", "sessions", "plan", "tasks", "phase", "ruptures", "ending")
_ONE_STEP_FURTHER = (
    "propose_plan", "plan_together", "plan_review", "staying_well", "way_of_working", "add_rupture",
)  # fmt: skip


def test_every_part_of_the_work_is_reached_from_the_course(
    desk: Browser, ruptured: Signal, client_actor: Actor, by: Actor, now: datetime
) -> None:
    episode = ruptured.episode_id
    agree(propose(episode, _PLAN, by=by, now=now).pk, by=client_actor, now=now)
    page = desk.get(reverse("therapist:client", args=[episode])).content.decode()
    near = set(re.findall(r'href="([^"?#]+)', page))
    missing = [n for n in _ON_THE_COURSE if reverse(f"therapist:{n}", args=[episode]) not in near]
    assert not missing
    within = [one for one in near if one.startswith(reverse("therapist:client", args=[episode]))]
    pages = [desk.get(one) for one in within if "course." not in one]
    far = {found for one in pages for found in re.findall(r'href="([^"?#]+)', one.content.decode())}
    missing = [n for n in _ONE_STEP_FURTHER if reverse(f"therapist:{n}", args=[episode]) not in far]
    assert not missing


def test_a_therapy_that_follows_another_leads_to_the_years(
    desk: Browser, ruptured: Signal, by: Actor, now: datetime
) -> None:
    end_episode(ruptured.episode_id, "planned", by=by, now=now)
    again = begin_again(ruptured.episode_id, by=by, now=now)
    page = desk.get(reverse("therapist:client", args=[again.pk])).content.decode()
    assert reverse("therapist:after", args=[again.pk]) in page
