"""A small line for lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openalliance.charts.sparkline import HEIGHT, WIDTH, sparkline


def test_higher_values_are_higher_on_the_page() -> None:
    assert sparkline([0.0, 10.0]).line == "4.0,28.0 116.0,4.0"


def test_a_single_value_is_a_level_line() -> None:
    assert sparkline([5.0]).line == "4.0,16.0 116.0,16.0"


def test_nothing_gives_no_line() -> None:
    assert not sparkline([]).line


def test_a_band_is_shaded_from_its_upper_to_its_lower_end() -> None:
    assert sparkline([5.0], band=(0.0, 10.0)).band == (4.0, 24.0)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50))
def test_every_point_is_within_the_picture(values: list[float]) -> None:
    points = [tuple(map(float, point.split(","))) for point in sparkline(values).line.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
