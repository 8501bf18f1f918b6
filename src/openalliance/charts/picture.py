"""What the picture of a whole course is made of: plain values in the practice's own time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from openalliance.core.course.measures import half_width
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better, Rater

if TYPE_CHECKING:
    from openalliance.core.course import (
        AllianceMeasure,
        BandPoint,
        Course,
        CourseSettings,
        LevelPoint,
    )


class Attendance(StrEnum):
    """What became of a session."""

    ATTENDED = "attended"
    CANCELLED = "cancelled"
    NO_SHOW = "no-show"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePoint:
    """One value with the interval it may lie in; the interval is missing when unknown."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlliancePoint:
    """One rating of the alliance, the level it leaves, and whether something broke or mended."""

    at: datetime
    rating: float
    level: float
    low: float
    high: float
    rupture: bool = False
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMark:
    """One session of the strip; ``number`` counts sessions from 1."""

    at: datetime
    attendance: Attendance
    number: int | None = None
    check_in_missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalLine:
    """One goal in its own words, with its ratings from 0 to 10."""

    words: str
    ratings: tuple[ValuePoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePicture:
    """All that the one picture of a course shows.

    Every ``at`` is local time of the practice, without a zone: pictures show clocks on walls.

    Parameters
    ----------
    outcome, expected
        Outcome with its measurement error, and the expected course with its band.
    outcome_title
        Name of the measure; empty for our own, which has its words.
    outcome_range, alliance_range
        Lowest and highest possible value.
    better
        Which direction of the outcome is better.
    reliable_change
        Smallest change from the first value that is more than measurement error.
    client, therapist
        Alliance as each of them rated it.
    """

    outcome: tuple[ValuePoint, ...] = ()
    expected: tuple[ValuePoint, ...] = ()
    outcome_title: str = ""
    outcome_range: tuple[float, float] = (0.0, 10.0)
    better: Better = Better.HIGHER
    reliable_change: float | None = None
    client: tuple[AlliancePoint, ...] = ()
    therapist: tuple[AlliancePoint, ...] = ()
    alliance_range: tuple[float, float] = (0.0, 10.0)
    sessions: tuple[SessionMark, ...] = ()
    goals: tuple[GoalLine, ...] = ()

    def __post_init__(self) -> None:
        for low, high in (self.outcome_range, self.alliance_range):
            if not low < high:
                raise InputError("a range goes from lower to higher", where="range")
        if any(at.tzinfo is not None for at in self.times()):
            raise InputError("a picture takes local times without a zone", where="at")

    def seen(self) -> tuple[datetime, ...]:
        """Every time at which something was seen, unsorted; expectations are not."""
        return (
            *(point.at for point in self.outcome),
            *(point.at for point in (*self.client, *self.therapist)),
            *(session.at for session in self.sessions),
            *(rating.at for goal in self.goals for rating in goal.ratings),
        )

    def times(self) -> tuple[datetime, ...]:
        """Every time in the picture, unsorted."""
        return (*self.seen(), *(point.at for point in self.expected))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.times()


def picture_of(
    course: Course,
    settings: CourseSettings,
    *,
    zone: tzinfo,
    outcome_title: str = "",
    sessions: Iterable[SessionMark] = (),
    goals: Iterable[GoalLine] = (),
) -> CoursePicture:
    """Return the picture of a course.

    Parameters
    ----------
    course, settings
        The course, with UTC times, and the settings it was folded with.
    zone
        The practice's zone. Sessions and goals are in its local time already, without a zone.
    outcome_title
        Name of the outcome measure, unless it is our own.
    sessions, goals
        The strip of sessions and the goals' ratings.
    """
    outcome_range = (settings.outcome.minimum, settings.outcome.maximum)
    outcome = tuple(
        _with_error(_local(point.at, zone), point.value, point.sem, outcome_range)
        for point in course.outcome
    )
    lines = {
        rater: tuple(_alliance_point(point, zone, settings.alliance[rater]) for point in points)
        for rater, points in course.alliance.items()
    }
    measure = settings.alliance[Rater.CLIENT]
    return CoursePicture(
        outcome=outcome,
        expected=_expected(course.expected, outcome),
        outcome_title=outcome_title,
        outcome_range=outcome_range,
        better=settings.outcome.better,
        reliable_change=course.change.limit if course.change else settings.outcome.reliable_change,
        client=lines.get(Rater.CLIENT, ()),
        therapist=lines.get(Rater.THERAPIST, ()),
        alliance_range=(measure.minimum, measure.maximum),
        sessions=tuple(sessions),
        goals=tuple(goals),
    )


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _with_error(
    at: datetime, value: float, error: float, limits: tuple[float, float]
) -> ValuePoint:
    low, high = (
        _within(value - half_width(error), limits),
        _within(value + half_width(error), limits),
    )
    return ValuePoint(at=at, value=value, low=low, high=high)


def _alliance_point(point: LevelPoint, zone: tzinfo, measure: AllianceMeasure) -> AlliancePoint:
    limits = (measure.minimum, measure.maximum)
    return AlliancePoint(
        at=_local(point.at, zone),
        rating=point.rating,
        level=_within(point.level, limits),
        low=_within(point.level - half_width(point.se), limits),
        high=_within(point.level + half_width(point.se), limits),
        rupture=point.rupture,
        repaired=point.repaired,
    )


def _expected(band: Sequence[BandPoint], outcome: Sequence[ValuePoint]) -> tuple[ValuePoint, ...]:
    if not outcome:
        return ()
    start = outcome[0].at
    return tuple(
        ValuePoint(
            at=start + timedelta(weeks=point.weeks),
            value=point.mean,
            low=point.low,
            high=point.high,
        )
        for point in band
    )
