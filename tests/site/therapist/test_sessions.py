"""Planning sessions on a wall clock that changes twice a year; status, taking out, putting back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.trust.actors import Actor
from openalliance.site.screens.therapist.local_times import resolve, weekly

MADRID = ZoneInfo("Europe/Madrid")


def test_a_time_the_clocks_skip_is_refused() -> None:
    with pytest.raises(InputError, match="there is no 02:30"):
        resolve(date(2027, 3, 28), time(2, 30), MADRID)


def test_a_time_the_clocks_show_twice_is_the_first_of_both() -> None:
    found = resolve(date(2026, 10, 25), time(2, 30), MADRID)
    assert found.twice
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_series_keeps_its_clock_time_over_the_change() -> None:
    found = weekly(date(2026, 10, 20), time(10), MADRID, times=2, every_weeks=1)
    assert [one.at.hour for one in found] == [8, 9]


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.times())
def test_what_is_resolved_shows_on_the_wall(day: date, clock: time) -> None:
    try:
        found = resolve(day, clock, MADRID)
    except InputError:
        return
    wall = found.at.astimezone(MADRID).replace(tzinfo=None)
    assert wall == datetime.combine(day, clock.replace(second=0, microsecond=0))


def _plan(desk: Browser, episode: Episode, **typed: object) -> object:
    url = reverse("therapist:sessions", args=[episode.pk])
    usual = {"date": "2027-01-12", "time": "10:00", "minutes": 50, "times": 1, "every_weeks": 1}
    return desk.post(url, {**usual, **typed})


def test_a_series_is_planned_with_its_forms(desk: Browser, episode: Episode) -> None:
    assert _plan(desk, episode, times=4, every_weeks=2).status_code == 302
    starts = list(Session.objects.order_by("number").values_list("starts_at", flat=True))
    assert len(starts) == 4
    assert starts[1] - starts[0] == timedelta(weeks=2)
    assert AskedForm.objects.count() == 12


def test_a_series_over_a_skipped_time_plans_nothing_and_says_which_day(
    desk: Browser, episode: Episode
) -> None:
    page = _plan(desk, episode, date="2027-03-21", time="02:30", times=2)
    assert page.status_code == 422
    assert "28 March 2027" in page.content.decode()
    assert not Session.objects.exists()


def test_a_time_shown_twice_is_taken_and_said(desk: Browser, episode: Episode) -> None:
    url = reverse("therapist:sessions", args=[episode.pk])
    typed = {"date": "2027-10-31", "time": "02:30", "minutes": 50, "times": 1, "every_weeks": 1}
    page = desk.post(url, typed, follow=True).content.decode()
    assert "twice" in page


@pytest.mark.parametrize(
    "typed",
    [{"date": "31-31-31"}, {"time": "25:00"}, {"minutes": 0}, {"times": 0}, {"times": 1000},
     {"every_weeks": "two"}],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused_with_what_was_typed(
    desk: Browser, episode: Episode, typed: dict[str, object]
) -> None:
    page = _plan(desk, episode, **typed)
    assert page.status_code == 422
    assert str(next(iter(typed.values()))) in page.content.decode()
    assert not Session.objects.exists()


def test_an_ended_episode_takes_no_session(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    care.end_episode(episode.pk, "planned", by=by, now=now)
    assert _plan(desk, episode).status_code == 409


def test_status_taking_out_and_putting_back(desk: Browser, session_today: Session) -> None:
    url = reverse("therapist:session_status", args=[session_today.pk])
    assert desk.post(url, {"status": "no-show"}).status_code == 302
    assert desk.post(url, {"status": "asleep"}).status_code == 400
    session_today.refresh_from_db()
    assert session_today.status == "no-show"
    desk.post(reverse("therapist:remove_session", args=[session_today.pk]))
    page = desk.get(reverse("therapist:sessions", args=[session_today.episode_id])).content.decode()
    assert "Taken out" in page
    assert desk.post(url, {"status": "attended"}).status_code == 404
    desk.post(reverse("therapist:restore_session", args=[session_today.pk]))
    session_today.refresh_from_db()
    assert session_today.removed_at is None


@pytest.mark.parametrize(
    ("day", "times"), [("9999-12-31", 1), ("0001-01-01", 1), ("9999-06-01", 52), ("0026-11-30", 1)]
)
def test_a_date_that_must_be_mistyped_is_refused(
    desk: Browser, episode: Episode, day: str, times: int
) -> None:
    page = _plan(desk, episode, date=day, times=times, every_weeks=12)
    assert page.status_code == 422
    assert "choose a date nearer to today" in page.content.decode()
    assert not Session.objects.exists()


def test_a_session_is_moved_and_called_off_with_who_and_how_early(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    at = now + timedelta(hours=30)
    session = care.add_session(episode.pk, starts_at=at, by=by, now=now)
    move = reverse("therapist:move_session", args=[session.pk])
    assert desk.post(move, {"date": "nonsense", "time": "10:00", "minutes": 50}).status_code == 400
    new = (now + timedelta(days=4)).date()
    typed = {"date": f"{new:%Y-%m-%d}", "time": "10:30", "minutes": 50}
    assert desk.post(move, typed).status_code == 302
    session.refresh_from_db()
    assert f"{session.starts_at.astimezone(MADRID):%Y-%m-%d %H:%M}" == f"{new:%Y-%m-%d} 10:30"
    cancel = reverse("therapist:cancel_session", args=[session.pk])
    assert desk.post(cancel, {"side": "client"}).status_code == 302
    page = desk.get(reverse("therapist:sessions", args=[episode.pk])).content.decode()
    assert "by your client, " in page
    assert desk.post(cancel, {"side": "client"}).status_code == 409


def test_the_calendars_address_is_shown_once(desk: Browser) -> None:
    url = reverse("therapist:calendar")
    assert "There is none yet" in desk.get(url).content.decode()
    assert ".ics" in desk.post(url, {"do": "make"}).content.decode()
    page = desk.get(url).content.decode()
    assert ".ics" not in page
    assert "It works now" in page
    assert desk.post(url, {"do": "stop"}).status_code == 302
    assert "There is none yet" in desk.get(url).content.decode()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "0026-11-30"])
def test_a_session_is_not_moved_to_a_date_that_must_be_mistyped(
    desk: Browser, session_today: Session, day: str
) -> None:
    url = reverse("therapist:move_session", args=[session_today.pk])
    refused = desk.post(url, {"date": day, "time": "00:10", "minutes": 50})
    assert refused.status_code == 400
    assert Session.objects.get().starts_at == session_today.starts_at
