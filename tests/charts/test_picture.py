"""From a course of the engine to its picture in the practice's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from openalliance.charts.course import CoursePicture, ValuePoint, picture_of
from openalliance.core.course import CourseSettings, Observation, ObservationKind, fold
from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater

MADRID = ZoneInfo("Europe/Madrid")
# The last Sunday of March 2026: clocks go from 02:00 to 03:00 in Madrid between the two.
BEFORE, AFTER = datetime(2026, 3, 28, 15, tzinfo=UTC), datetime(2026, 3, 30, 14, tzinfo=UTC)


def seen(at: datetime, value: float, kind: ObservationKind, rater: Rater) -> Observation:
    return Observation(at=at, session=1, kind=kind, rater=rater, value=value)


def pictured() -> CoursePicture:
    settings = CourseSettings()
    observations = [
        seen(BEFORE, 9.8, ObservationKind.OUTCOME, Rater.CLIENT),
        seen(BEFORE + timedelta(hours=1), 8.0, ObservationKind.ALLIANCE, Rater.CLIENT),
        seen(BEFORE + timedelta(hours=2), 7.0, ObservationKind.ALLIANCE, Rater.THERAPIST),
        seen(AFTER, 5.0, ObservationKind.OUTCOME, Rater.CLIENT),
    ]
    return picture_of(fold(observations, settings), settings, zone=MADRID)


def test_times_are_those_of_the_clock_on_the_wall_across_the_change_to_summer_time() -> None:
    assert [point.at for point in pictured().outcome] == [
        datetime(2026, 3, 28, 16),  # noqa: DTZ001
        datetime(2026, 3, 30, 16),  # noqa: DTZ001
    ]


def test_error_is_drawn_as_a_95_percent_interval_within_the_scale() -> None:
    first, second = pictured().outcome
    assert first.high == 10.0
    assert second.low == pytest.approx(5.0 - 1.96 * 0.5, abs=1e-3)


def test_each_rater_has_an_own_line() -> None:
    picture = pictured()
    assert [point.rating for point in picture.client] == [8.0]
    assert [point.rating for point in picture.therapist] == [7.0]


def test_the_smallest_reliable_change_comes_from_the_course() -> None:
    assert pictured().reliable_change == pytest.approx(1.96 * 2**0.5 * 0.5, abs=1e-2)


def test_times_with_a_zone_are_refused() -> None:
    with pytest.raises(InputError, match="local times"):
        CoursePicture(outcome=(ValuePoint(at=BEFORE, value=1.0),))


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="range"):
        CoursePicture(outcome_range=(10.0, 10.0))
