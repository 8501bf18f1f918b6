"""The axis of the line of years: no year, month or day stands on it twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from openalliance.charts.lifeline import lifeline_chart
from openalliance.charts.render import to_svg
from openalliance.core.course.lifeline import Chapter, Direction, LifeLine

_BEGAN = datetime(2024, 3, 4, 12, tzinfo=UTC)
_MARK = re.compile(r">(\d{4}|\w{3} \d{4}|\d{1,2} \w{3})</text>")


@pytest.mark.parametrize("width", [340, 960])
@pytest.mark.parametrize("weeks", [2, 6, 16, 40, 110, 300, 900])
def test_no_mark_of_the_axis_stands_twice(weeks: int, width: int) -> None:
    ended = _BEGAN + timedelta(weeks=weeks)
    chapter = Chapter(
        number=1, began=_BEGAN, ended=ended, scores=((_BEGAN, 3.0), (ended, 6.0)), after=(),
        during=Direction.BETTER, since=Direction.UNKNOWN, months_free=0.0,
    )  # fmt: skip
    line = LifeLine(chapters=(chapter,), returns=0, months_in=weeks / 4.35, months_between=0.0)
    picture = lifeline_chart(
        line, limits=(0, 10), title="Life", zone=ZoneInfo("UTC"), now=ended, width=width
    )
    marks = _MARK.findall(to_svg(picture))
    assert 2 <= len(marks) <= 10
    assert len(set(marks)) == len(marks)
