"""Lanes on one time line: every lane is named, every shape that occurs has its words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from openalliance.charts.lanes import Lane, LaneMark, Shape, lanes_chart
from openalliance.charts.render import to_svg
from openalliance.charts.wording import course_wording

START = datetime(2026, 1, 5, 16)  # noqa: DTZ001 - a picture's times have no zone
MEANING = {shape: f"meaning of {shape}" for shape in Shape}


def lane(name: str, *shapes: Shape) -> Lane:
    return Lane(
        name=name,
        marks=tuple(
            LaneMark(at=START + timedelta(weeks=week), shape=shape)
            for week, shape in enumerate(shapes)
        ),
    )


@pytest.mark.parametrize("width", [960, 304])
def test_every_lane_is_named_and_only_used_shapes_are_explained(width: int) -> None:
    lanes = [lane("Walk", Shape.FULL, Shape.CROSS), lane("Nothing yet")]
    drawn = to_svg(lanes_chart(lanes, MEANING, course_wording("en"), width=width))
    for words in ("Walk", "Nothing yet", "meaning of full", "meaning of cross", "5 Jan"):
        assert words in drawn
    assert "meaning of broken" not in drawn


@pytest.mark.parametrize("width", [960, 304])
def test_names_are_only_names(width: int) -> None:
    """What people write becomes no expression, no markup, and does not push the picture away."""
    names = ["\"'); alert(1) //", "<b>bold</b>", "back\\slash", "x" * 300, "مشي 🌻"]
    drawn = to_svg(
        lanes_chart([lane(name, Shape.HALF) for name in names], MEANING, course_wording("es"),
                    width=width)
    )  # fmt: skip
    assert "<b>" not in drawn
    assert "alert(1)" in drawn
    assert "مشي" in drawn


def test_two_lanes_may_have_one_name() -> None:
    chart = lanes_chart([lane("Walk", Shape.FULL)] * 2, MEANING, course_wording("en"))
    assert chart["encoding"]["y"]["scale"]["domain"] == [0, 1]


def test_years_are_written_as_months() -> None:
    years = Lane(
        name="Walk",
        marks=tuple(LaneMark(at=START + timedelta(days=d), shape=Shape.FULL) for d in (0, 800)),
    )
    chart = lanes_chart([years], MEANING, course_wording("en"))
    assert chart["layer"][1]["encoding"]["x"]["axis"]["format"] == course_wording("en").long_date
