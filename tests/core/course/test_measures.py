"""From a scale to a measure of any range, and two people's gap read in one place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course import (
    CourseSettings,
    Observation,
    ObservationKind,
    fold,
    probability_outside,
)
from openalliance.core.course.measures import alliance_measure, outcome_measure, usual_gap
from openalliance.core.course.pairs import Apart, latest_gap, pair_gap, rated_gap
from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater, Scale, catalogue

OWN = catalogue()["oa-check-out-client"].scale("alliance")


def scaled(factor: float, sem: float | None = None) -> Scale:
    return replace(OWN, minimum=0.0, maximum=10.0 * factor, sem=sem)


@given(st.floats(0.1, 100.0))
def test_working_values_go_with_the_range(factor: float) -> None:
    found = alliance_measure(scaled(factor))
    assert found.sem == pytest.approx(0.5 * factor)
    assert found.level_sd == pytest.approx(0.3 * factor)
    assert usual_gap(scaled(factor)).sd == pytest.approx(usual_gap(scaled(1.0)).sd * factor)


def test_a_stated_error_is_used_as_stated() -> None:
    assert alliance_measure(scaled(5.0, sem=2.0)).sem == 2.0


def test_a_reliable_change_alone_gives_the_error_it_came_from() -> None:
    main = replace(catalogue()["goal-rating"].main_scale, sem=None)
    measure = outcome_measure(main)
    assert measure.reliable_change == 3.0
    assert measure.sem == pytest.approx(3.0 / (1.959964 * 2**0.5), rel=1e-6)
    with pytest.raises(InputError):
        outcome_measure(replace(main, reliable_change=None))


def test_a_gap_is_unusual_only_where_a_signal_would_call_it_so() -> None:
    settings = CourseSettings()
    assert settings.normal_gap is not None
    for tenth in range(-60, 80):
        gap = tenth / 10
        found = pair_gap(gap, 0.6, settings)
        assert found is not None
        outside = probability_outside(gap, 0.6, settings.normal_gap)
        assert (found.apart is Apart.UNUSUAL) == (outside >= settings.gap_probability)
    assert pair_gap(0.0, 0.6, replace(settings, normal_gap=None)) is None


def test_the_latest_session_that_both_rated_counts() -> None:
    def seen(session: int, rater: Rater, value: float) -> Observation:
        return Observation(
            at=datetime(2026, 1, session, tzinfo=UTC),
            session=session,
            kind=ObservationKind.ALLIANCE,
            rater=rater,
            value=value,
        )

    both = [seen(1, Rater.CLIENT, 8.0), seen(1, Rater.THERAPIST, 7.0)]
    alone = [seen(2, Rater.CLIENT, 9.0)]
    settings = CourseSettings()
    found = latest_gap(fold(both + alone, settings), settings)
    assert found is not None
    client, therapist, gap = found
    assert (client.session, therapist.session, gap.gap) == (1, 1, 1.0)
    assert latest_gap(fold(alone, settings), settings) is None


def test_two_ratings_within_their_error_are_alike() -> None:
    found = rated_gap(8.0, 7.7, CourseSettings())
    assert found is not None
    assert found.apart is Apart.ALIKE
