"""The demonstration's three years of one client: every stage is in the record, in its order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from openalliance.site.config.demonstration import three_years_words as said
from openalliance.site.config.demonstration.practice import found
from openalliance.site.config.demonstration.three_years import live
from openalliance.site.records.care.models import Ending, Episode, SessionStatus
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.access import open_forms
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.conversations.models import ConversationStep, RuptureRecord
from openalliance.site.records.endings.access import own_staying_well, own_wish
from openalliance.site.records.endings.figures import life_of
from openalliance.site.records.endings.models import EndingReview, FollowUp, Wish
from openalliance.site.records.intake.access import arrival_of
from openalliance.site.records.plans.models import PlanStatus, PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust.actors import Actor, ActorKind
from openalliance.site.records.trust.models import AccessEntry

NOW = datetime(2026, 3, 4, 10, 20, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def episodes() -> tuple[Episode, Episode]:
    live(found(now=NOW).therapists[1], now=NOW)
    first, second = Episode.objects.select_related("client", "practice").order_by("started_at")
    return first, second


def _client(episode: Episode) -> Actor:
    return Actor(
        kind=ActorKind.CLIENT, id=episode.client_id, practice_id=episode.practice_id
    )  # fmt: skip


def test_every_stage_is_in_the_record(episodes: tuple[Episode, Episode]) -> None:
    first, second = episodes
    arrival = arrival_of(first)
    assert arrival is not None
    assert arrival.message == said.ASKED.message
    assert arrival.arrived_at - arrival.asked_at > timedelta(days=90)  # she waited for a place

    states = list(PlanVersion.objects.filter(episode=first).order_by("number"))
    assert [one.status for one in states] == [
        PlanStatus.COUNTERED, PlanStatus.REPLACED, PlanStatus.REPLACED, PlanStatus.AGREED,
    ]  # fmt: skip
    assert [one.proposed_by for one in states] == ["therapist", "client", "therapist", "client"]

    rupture, repair = Signal.objects.filter(kind__in=["rupture", "repair"]).order_by("at")
    assert (rupture.kind, repair.kind) == ("rupture", "repair")
    record = RuptureRecord.objects.get()
    assert (record.signal_id, record.outcome) == (rupture.pk, "repaired")
    assert record.closed_at is not None
    assert record.at < record.closed_at
    stages = ConversationStep.objects.filter(signal=rupture).order_by("at")
    assert [one.stage for one in stages] == ["talked-about", "changed"]

    assert first.ending == Ending.PLANNED
    assert {one.by_side for one in EndingReview.objects.all()} == {"client", "therapist"}
    asked = FollowUp.objects.exclude(asked_at=None).order_by("months")
    assert [one.months for one in asked] == [1, 3, 6, 12, 15]
    assert all(one.form is not None and one.form.submitted_at for one in asked)
    assert not FollowUp.objects.filter(asked_at=None, cancelled_at=None).exists()
    wishes = list(Wish.objects.order_by("at"))
    assert [(one.kind, one.started_id) for one in wishes] == [
        ("contact", None), ("return", second.pk),
    ]  # fmt: skip

    assert (second.previous_id, second.ended_at) == (first.pk, None)
    assert second.sessions.filter(status=SessionStatus.PLANNED, starts_at__gt=NOW).count() == 1


def test_the_client_finds_her_own_words_and_nothing_presses(
    episodes: tuple[Episode, Episode],
) -> None:
    _first, second = episodes
    her = _client(second)
    assert not open_forms(her, now=NOW)
    assert own_wish(her) is None
    sheet = own_staying_well(her)
    assert sheet is not None
    assert sheet.content["signs"] == list(said.SHEET_LATER.signs)


def test_the_years_stand_in_one_line(episodes: tuple[Episode, Episode]) -> None:
    _first, second = episodes
    line = life_of(actor_for(second.therapist), second.client_id)
    assert len(line) == 2


def test_it_is_what_the_course_would_say_again(episodes: tuple[Episode, Episode]) -> None:
    assert checkins.close_due(episodes[0].practice_id, now=NOW) == 0
    for episode in episodes:
        before = episode.course_state.state
        signals = set(episode.signals.values_list("kind", "at"))
        checkins.rebuild_course(episode, now=NOW)
        again = Episode.objects.get(pk=episode.pk)
        assert again.course_state.state == before
        assert set(again.signals.values_list("kind", "at")) == signals


def test_nothing_lies_in_the_future_and_nothing_before_she_wrote(
    episodes: tuple[Episode, Episode],
) -> None:
    assert not AskedForm.objects.filter(submitted_at__gt=NOW).exists()
    assert not AccessEntry.objects.filter(at__gt=NOW).exists()
    hers = AccessEntry.objects.filter(client_id=episodes[0].client_id)
    first = hers.order_by("at").first()
    assert first is not None
    assert first.at > NOW - timedelta(days=3 * 366)


def test_it_stands_on_any_day_of_any_week(db: None) -> None:
    therapist = found(now=NOW).therapists[1]
    for days in (1, 2, 27):
        live(therapist, now=NOW + timedelta(days=days))
    assert Signal.objects.filter(kind="rupture").count() == 3
