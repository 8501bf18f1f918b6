"""A small course whose every point a reader can check by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from openalliance.charts.course import (
    AlliancePoint,
    Attendance,
    CoursePicture,
    GoalLine,
    SessionMark,
    ValuePoint,
)


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 16, 30)  # noqa: DTZ001 - a picture's times have no zone


@pytest.fixture
def picture() -> CoursePicture:
    return CoursePicture(
        outcome=(
            ValuePoint(at=day(2), value=4.0, low=3.0, high=5.0),
            ValuePoint(at=day(9), value=6.5, low=5.5, high=7.5),
        ),
        expected=tuple(
            ValuePoint(at=day(n), value=4.0 + n / 10, low=2.0, high=7.0) for n in (2, 9, 30)
        ),
        reliable_change=1.4,
        client=(
            AlliancePoint(at=day(2), rating=8.0, level=8.0, low=7.0, high=9.0),
            AlliancePoint(at=day(9), rating=4.0, level=7.0, low=6.2, high=7.8, rupture=True),
        ),
        therapist=(
            AlliancePoint(at=day(9), rating=7.0, level=7.0, low=6.0, high=8.0, repaired=True),
        ),
        sessions=(
            SessionMark(at=day(2), attendance=Attendance.ATTENDED, number=1),
            SessionMark(at=day(9), attendance=Attendance.ATTENDED, number=2),
            SessionMark(at=day(16), attendance=Attendance.NO_SHOW, check_in_missed=True),
        ),
        goals=(GoalLine(words="Walk to the sea", ratings=(ValuePoint(at=day(9), value=3.0),)),),
    )
