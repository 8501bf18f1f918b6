"""Who needs a conversation first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from openalliance.core.course import (
    CourseSettings,
    CourseState,
    Facts,
    Observation,
    ObservationKind,
    SignalKind,
    fold,
    priority,
)

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOW = BEGIN + timedelta(weeks=20)


def state(kind: ObservationKind, *values: float) -> CourseState:
    made = [
        Observation(at=BEGIN + timedelta(weeks=week), session=week + 1, kind=kind, value=value)
        for week, value in enumerate(values)
    ]
    return fold(made, CourseSettings()).state


RUPTURE = state(ObservationKind.ALLIANCE, *[8.0] * 8, 4.0)
WORSE = state(ObservationKind.OUTCOME, 6.0, 6.0, 2.0)
MISSED = state(ObservationKind.CHECK_IN_MISSED, 0, 0)
MARKED = state(ObservationKind.SAFETY, 2)


def test_the_order_is_safety_rupture_hard_to_say_track_missed_gap_good_news() -> None:
    ordered = [
        Facts(state=MARKED),
        Facts(state=RUPTURE),
        Facts(hard_to_say_waiting=True),
        Facts(state=WORSE),
        Facts(state=MISSED),
        Facts(waiting=frozenset({SignalKind.GAP})),
        Facts(waiting=frozenset({SignalKind.REPAIR})),
        Facts(state=state(ObservationKind.OUTCOME, 5.0)),
    ]
    scores = [priority(facts, NOW).score for facts in ordered]
    assert scores == sorted(scores, reverse=True)
    assert [priority(facts, NOW).reasons for facts in ordered] == [
        ("safety",), ("rupture",), ("hard-to-say",), ("off-track", "deteriorated"),
        ("missed-check-ins",), ("gap",), ("repair",), (),
    ]  # fmt: skip


def test_lower_reasons_never_add_up_to_a_higher_one() -> None:
    many = Facts(
        state=WORSE,
        waiting=frozenset(SignalKind) - {SignalKind.SAFETY, SignalKind.RUPTURE},
        hard_to_say_waiting=True,
        waiting_since=BEGIN,
    )
    assert priority(many, NOW).score < priority(Facts(state=RUPTURE), BEGIN).score


def test_among_equals_the_longer_wait_is_first() -> None:
    long = Facts(hard_to_say_waiting=True, waiting_since=BEGIN)
    short = Facts(hard_to_say_waiting=True, waiting_since=NOW - timedelta(days=1))
    assert priority(long, NOW).score > priority(short, NOW).score


def test_a_safety_answer_that_was_talked_about_no_longer_leads() -> None:
    assert priority(Facts(state=MARKED, waiting=frozenset()), NOW).reasons == ()


@pytest.mark.parametrize("known", [MARKED, RUPTURE])
def test_a_state_alone_will_do(known: CourseState) -> None:
    assert priority(known, NOW) == priority(Facts(state=known), NOW)
