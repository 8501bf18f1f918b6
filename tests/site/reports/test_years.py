"""Reports of a year and for supervision: whose they are, and what they never hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.errors import InputError, RefusedError
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.conversations.year import own_year
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.reports import document
from openalliance.site.screens.reports.period import another, period_of
from openalliance.site.screens.reports.supervision import supervision_report
from openalliance.site.screens.reports.value import Report
from openalliance.site.screens.reports.year import own_year_report, practice_year_report

SignIn = Callable[[Browser, Person], Browser]


def _words(report: Report) -> str:
    text = re.sub(r"<style>.*?</style>", "", document.html_of(report), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_therapists_year_counts_what_happened_in_it(
    followed: Episode, by: Actor, therapist: Person, now: datetime
) -> None:
    followed.sessions.update(status="attended")
    before = now - timedelta(days=800)
    Session.objects.create(
        practice=followed.practice, episode=followed, number=70, starts_at=before,
        status="attended",
    )  # fmt: skip
    period = period_of("", followed.practice, now=now)
    words = _words(own_year_report(by, therapist, period, now=now))
    assert "Clients met 1 [a year]" in words
    assert "Together 8" in words
    assert re.search(r"Check-outs that clients answered 100 % \d+ to 100 % 8 of 8, 1 client", words)
    assert "8 ratings of 1 client" in words
    assert "Noor" not in words
    assert followed.client.code not in words
    old = period_of(str(before.year), followed.practice, now=now)
    assert "Together 1" in _words(own_year_report(by, therapist, old, now=now))


def test_an_empty_year_says_so(episode: Episode, therapist: Person, now: datetime) -> None:
    period = period_of("1999", episode.practice, now=now)
    report = own_year_report(actor_for(therapist), therapist, period, now=now)
    assert "Nothing was kept in this period." in _words(report)


def test_a_years_page_is_its_therapists_alone(
    episode: Episode, therapist: Person, colleague: Person, administrator: Person, now: datetime
) -> None:
    period = period_of("", episode.practice, now=now)
    for other in (colleague, administrator):
        with pytest.raises(RefusedError):
            own_year(
                actor_for(other), therapist.pk, since=period.since, until=period.until,
                zone=period.zone, now=now,
            )  # fmt: skip


def test_a_practices_year_hides_what_is_of_few(
    followed: Episode, administrator: Person, now: datetime
) -> None:
    followed.sessions.update(status="attended")
    period = period_of("", followed.practice, now=now)
    report = practice_year_report(actor_for(administrator), followed.practice, period, now=now)
    words = _words(report)
    assert "hidden: fewer than 5 clients" in words
    assert "8 of 8" not in words
    assert "Clients met fewer than 5" in words
    assert re.search(r"Together hidden: fewer than 5 clients", words)
    assert "Noor" not in words
    assert followed.client.code not in words
    assert AccessEntry.objects.filter(subject="year").count() == 1
    for part in report.parts:
        assert part.method or not re.search(r"\d", " ".join(part.words)), part.key
        assert all(one.method for one in (*part.figures, *part.grids)), part.key


def test_for_supervision_there_are_codes_and_reasons_and_no_words_of_anybody(
    followed: Episode, supervisor: Person, therapist: Person, administrator: Person, now: datetime
) -> None:
    practices.supervise(supervisor.pk, therapist.pk, by=actor_for(administrator), now=now)
    report = supervision_report(actor_for(supervisor), therapist, now=now)
    words = _words(report)
    assert followed.client.code in words
    assert "something between them may have got difficult" in words
    for never in ("Noor", "We took our time.", "Somebody listened.", "Sleep through", "Mira"):
        assert never not in words


@pytest.fixture
def quiet_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "pdf_of", lambda _report: b"%PDF-")


@pytest.mark.usefixtures("quiet_engine")
def test_each_is_a_page_and_a_file(
    episode: Episode, therapist: Person, administrator: Person, supervisor: Person,
    sign_in: SignIn, now: datetime,
) -> None:  # fmt: skip
    practices.supervise(supervisor.pk, therapist.pk, by=actor_for(administrator), now=now)
    for person, name, arguments in (
        (therapist, "therapist:year", []),
        (administrator, "administrator:year", []),
        (supervisor, "supervisor:report", [therapist.pk]),
    ):
        desk = sign_in(Browser(), person)
        asked = {} if arguments else {"year": str(now.year)}
        shown = desk.get(reverse(name, args=arguments), asked)
        assert shown.status_code == 200
        assert b"<style" not in shown.content
        kept = desk.get(reverse(f"{name}_pdf", args=arguments), asked)
        assert kept["Content-Type"] == "application/pdf"
        assert "Noor" not in kept["Content-Disposition"]
        wrong = desk.get(reverse(name, args=arguments), {"year": "soon"})
        assert wrong.status_code == (200 if arguments else 400)


def test_nobody_gets_the_report_of_somebody_they_do_not_supervise(
    episode: Episode, supervisor: Person, therapist: Person, colleague: Person,
    administrator: Person, sign_in: SignIn, now: datetime,
) -> None:  # fmt: skip
    practices.supervise(supervisor.pk, therapist.pk, by=actor_for(administrator), now=now)
    desk = sign_in(Browser(), supervisor)
    assert desk.get(reverse("supervisor:report", args=[colleague.pk])).status_code == 404


@pytest.mark.parametrize("asked", ["soon", "1", "99999", "٢٠٢٥", "-2025", "2025.5"])
def test_a_year_is_four_digits_that_have_begun(episode: Episode, asked: str, now: datetime) -> None:
    with pytest.raises(InputError, match="such as 2025"):
        period_of(asked, episode.practice, now=now)


def test_from_the_last_months_a_way_leads_to_the_year_before_and_back(
    episode: Episode, now: datetime
) -> None:
    last = period_of("", episode.practice, now=now)
    assert another(last, now=now) == (f"The year {now.year - 1}", f"?year={now.year - 1}")
    before = period_of(str(now.year - 1), episode.practice, now=now)
    assert another(before, now=now) == ("The last twelve months", "?")
    assert before.until - before.since > timedelta(days=364)
