"""The client's page and the sheet before a session: what they say, as files too, in few queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.checkins.steps import steps_of
from tests.site.therapist.answers import form_of


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
    assert len(queries) <= 32, [query["sql"][:80] for query in queries]


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
