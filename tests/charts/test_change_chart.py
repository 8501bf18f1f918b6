"""The picture of change: shapes say the categories, lines the rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from openalliance.charts.change import MOST_MARKS, change_chart
from openalliance.charts.render import to_svg
from openalliance.core.course.change_methods import (
    ChangeAnalysis,
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    LongScores,
    PrePost,
    analyse_change,
)
from openalliance.core.instruments import Better

RNG = np.random.default_rng(3)


def analysed(n: int = 40, **asked: Any) -> ChangeAnalysis:
    pre = RNG.normal(25.0, 7.0, n).round()
    post = (pre - RNG.normal(6.0, 8.0, n)).round()
    settings = ChangeSettings(**({"reliability": 0.8, "mid_improvement": 5.0} | asked))
    return analyse_change(PrePost(pre=pre, post=post), settings)


def shapes(specification: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Category → shape, and whether it is filled."""
    marks = specification["layer"][-1]["encoding"]
    names = [name.split(" (")[0] for name in marks["shape"]["scale"]["domain"]]
    fills = [colour != "#ffffff" for colour in marks["fill"]["scale"]["range"]]
    return dict(zip(names, zip(marks["shape"]["scale"]["range"], fills, strict=True), strict=True))


@pytest.mark.parametrize("approach", list(ChangeApproach))
@pytest.mark.parametrize("better", list(Better))
def test_every_approach_is_drawn_and_needs_no_colour(
    approach: ChangeApproach, better: Better
) -> None:
    specification = change_chart(
        analysed(approach=approach, better=better, percent_improvement=0.3)
    )
    looks = shapes(specification)
    assert len(set(looks.values())) == len(looks)
    assert looks["deteriorated"][0] == (
        "triangle-up" if better is Better.LOWER else "triangle-down"
    )
    drawn = to_svg(specification)
    assert f"Post score ({better.value} is better)" in drawn
    assert ("cut-off" in drawn) is (approach in {"statistical", "combined"})


def test_both_axes_have_one_range() -> None:
    encoding = change_chart(analysed())["encoding"]
    assert encoding["x"]["scale"] == encoding["y"]["scale"]


def test_very_many_clients_are_thinned_and_that_is_said() -> None:
    specification = change_chart(analysed(n=2 * MOST_MARKS + 1))
    assert len(specification["layer"][-1]["data"]["values"]) <= MOST_MARKS
    assert "6,001 clients; one in 3 is drawn." in specification["title"]["subtitle"]


def test_undefined_clients_have_a_mark_of_their_own() -> None:
    pairs = PrePost(pre=np.array([0.0, 10.0]), post=np.array([5.0, 4.0]))
    settings = ChangeSettings(approach=ChangeApproach.PERCENTAGE, percent_improvement=0.5)
    specification = change_chart(analyse_change(pairs, settings))
    assert shapes(specification)["undefined"][0] == "square"
    drawn = [mark["category"] for mark in specification["layer"][-1]["data"]["values"]]
    assert drawn == ["undefined (1)", "improved (1)"]


def test_slopes_have_no_band() -> None:
    clients, times = np.repeat(np.arange(20), 4), np.tile(np.arange(4.0), 20)
    long = LongScores(clients=clients, times=times, scores=RNG.normal(20.0, 4.0, 80) - times)
    settings = ChangeSettings(
        method=ChangeMethod.HIERARCHICAL, approach=ChangeApproach.DISTRIBUTION
    )
    nothing = PrePost(pre=np.array([np.nan]), post=np.array([np.nan]))
    specification = change_chart(analyse_change(nothing, settings, long=long))
    assert not any(layer["mark"]["type"] == "area" for layer in specification["layer"])
    assert "Shaded" not in str(specification["title"])
