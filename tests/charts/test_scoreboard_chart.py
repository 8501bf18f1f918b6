"""The scoreboard's pictures: drawable, in the order given, with every number in words."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from openalliance.charts.render import to_svg
from openalliance.charts.scoreboard import ShareRow, shares_chart, sureness_chart
from openalliance.core.estimation.calibration import CalibrationBin
from openalliance.core.estimation.proportions import wilson

WORDS = {
    "told": "How sure",
    "seen": "Share that was so",
    "right": "as sure as right",
    "group": "{n}",
}


def row(label: str, count: int, n: int) -> ShareRow:
    share = wilson(count, n)
    return ShareRow(
        label=label, words=f"{count} of {n}", value=share.value, low=share.low, high=share.high
    )


@pytest.mark.parametrize("width", [960, 304])
def test_shares_stand_in_the_order_given_with_their_words(width: int) -> None:
    rows = [row("Zebra", 3, 12), row("Aardvark", 11, 12)]
    drawn = to_svg(shares_chart(rows, axis="Share that was so", width=width))
    assert drawn.index("Zebra") < drawn.index("Aardvark")
    assert "3 of 12" in drawn
    assert "Share that was so" in drawn


@pytest.mark.parametrize("width", [960, 304])
def test_groups_stand_against_the_line_of_being_right(width: int) -> None:
    curve = [
        CalibrationBin(n=12, lowest=0.5, highest=0.7, mean=0.6, observed=wilson(7, 12)),
        CalibrationBin(n=13, lowest=0.7, highest=0.9, mean=0.8, observed=wilson(11, 13)),
    ]
    drawn = to_svg(sureness_chart(curve, words=WORDS, width=width))
    for words in ("12", "13", "as sure as right", "How sure"):
        assert words in drawn


@pytest.mark.parametrize("width", [960, 304])
def test_of_what_is_rare_the_axes_end_above_the_highest_group(width: int) -> None:
    curve = [
        CalibrationBin(n=200, lowest=0.0, highest=0.04, mean=0.02, observed=wilson(5, 200)),
        CalibrationBin(n=200, lowest=0.04, highest=0.2, mean=0.1, observed=wilson(19, 200)),
    ]
    chart = sureness_chart(curve, words=WORDS, rare=True, width=width)
    assert axes(chart) == [[0.0, 0.2], [0.0, 0.2]]
    assert "as sure as right" in to_svg(chart)


def crowd(*means: float) -> list[CalibrationBin]:
    return [
        CalibrationBin(n=20, lowest=mean, highest=mean, mean=mean, observed=wilson(18, 20))
        for mean in means
    ]


def axes(specification: dict[str, Any]) -> list[list[float]]:
    return [specification["encoding"][axis]["scale"]["domain"] for axis in "xy"]


def test_sure_signals_do_not_crowd_in_a_corner() -> None:
    shown = axes(sureness_chart(crowd(0.96, 0.98), words=WORDS))
    assert shown == [[pytest.approx(0.6), 1.0]] * 2
    assert axes(sureness_chart(crowd(0.05, 0.98), words=WORDS)) == [[0.0, 1.0]] * 2
    assert axes(sureness_chart([], words=WORDS)) == [[0.0, 1.0]] * 2


@pytest.mark.parametrize("width", [960, 304])
def test_labels_of_groups_do_not_cover_each_other(width: int) -> None:
    chart = sureness_chart(crowd(0.990, 0.995, 0.998), words=WORDS, width=width)
    labels = next(
        layer["data"]["values"] for layer in chart["layer"] if "dy" in layer["mark"]
        and layer["mark"]["type"] == "text" and "place" in layer["data"]["values"][0]
    )  # fmt: skip
    places = sorted(row["place"] for row in labels)
    start = chart["encoding"]["x"]["scale"]["domain"][0]
    plot = chart["config"]["view"]["continuousWidth"]
    for left, right in pairwise(places):
        assert (right - left) * plot / (1.0 - start) >= 19.9
