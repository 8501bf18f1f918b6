"""A difficult phase: what came together, nothing added up, nothing old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from openalliance.core.course.adherence import Tendency
from openalliance.core.course.difficult import Appointment, Came, Phase, Strain, phase

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)
FALLING = Tendency(recent=0.2, earlier=0.9, fell=0.97, since=NOW - 3 * WEEK)


def kept(*came: Came) -> list[Appointment]:
    """Weekly appointments, the last one a week ago."""
    return [Appointment(at=NOW - (len(came) - n) * WEEK, came=one) for n, one in enumerate(came)]


def strains(found: Phase) -> list[Strain]:
    return [one.strain for one in found.signs]


def test_nothing_is_nothing() -> None:
    found = phase(now=NOW)
    assert not found.is_difficult
    assert found.since is None


def test_one_sign_alone_is_no_difficult_phase() -> None:
    for one in (
        phase(ruptures=[(NOW - WEEK, None)], now=NOW),
        phase(tasks=FALLING, now=NOW),
        phase(appointments=kept(Came.NO_SHOW, Came.CALLED_OFF), now=NOW),
    ):
        assert len(one.signs) == 1
        assert not one.is_difficult


def test_several_together_are_and_begin_with_the_first() -> None:
    found = phase(
        ruptures=[(NOW - WEEK, None)], tasks=FALLING,
        appointments=kept(Came.CAME, Came.CALLED_OFF, Came.CAME, Came.NO_SHOW), now=NOW,
    )  # fmt: skip
    assert strains(found) == [Strain.RUPTURE, Strain.TASKS, Strain.CALLED_OFF]
    assert found.is_difficult
    assert found.since == NOW - 3 * WEEK
    assert (found.signs[2].count, found.signs[2].of) == (2, 4)


def test_what_is_repaired_or_long_past_is_over() -> None:
    ruptures = [(NOW - 2 * WEEK, NOW - WEEK), (NOW - 20 * WEEK, None), (NOW + WEEK, None)]
    assert strains(phase(ruptures=ruptures, now=NOW)) == []
    long_ago = [Appointment(at=NOW - n * WEEK, came=Came.NO_SHOW) for n in (10, 11, 12)]
    assert strains(phase(appointments=long_ago, now=NOW)) == []


def test_what_the_therapist_called_off_says_nothing_of_the_client() -> None:
    found = kept(Came.OTHERWISE, Came.OTHERWISE, Came.OTHERWISE, Came.CALLED_OFF)
    assert strains(phase(appointments=found, now=NOW)) == []


def test_coming_again_ends_it() -> None:
    missed = [Came.NO_SHOW, Came.NO_SHOW]
    assert (
        strains(phase(appointments=kept(*missed, Came.CAME, Came.CAME, Came.CAME), now=NOW)) == []
    )
    assert strains(phase(appointments=kept(*missed, Came.CAME, Came.CAME), now=NOW)) == [
        Strain.CALLED_OFF
    ]


def test_adherence_that_does_not_fall_is_no_sign() -> None:
    steady = Tendency(recent=0.2, earlier=0.3, fell=0.6, since=NOW - 3 * WEEK)
    assert strains(phase(tasks=steady, now=NOW)) == []
