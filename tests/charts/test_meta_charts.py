"""Pictures of a meta-analysis show what was found, also where there is much or little of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.charts.meta.baujat import HEIGHT, WIDTH, baujat_chart, name_box, placed
from openalliance.charts.meta.bubble import bubble_chart
from openalliance.charts.meta.forest import MOST_LINES, Forest, Group, forest_chart
from openalliance.charts.meta.funnel import funnel_chart
from openalliance.charts.meta.profile import profile_chart
from openalliance.charts.render import to_svg
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import MetaFit, meta_data
from openalliance.core.evidence.views.baujat import baujat
from openalliance.core.evidence.views.bubble import bubble
from openalliance.core.evidence.views.forest import effect_lines, group_summary, summary
from openalliance.core.evidence.views.profile import profiles


def _fit(k: int = 12) -> MetaFit:
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.1, k)
    return fit_random(meta_data(rng.normal(0.3, np.sqrt(v + 0.03)), v))


def _forest(fit: MetaFit) -> Forest:
    return Forest(
        lines=effect_lines(fit), names=[f"Study {at}" for at in range(fit.data.k)],
        groups=[Group(heading="", order=range(fit.data.k), summary=None)],
        overall=summary(fit), title="Effects", subtitle=["All."], axis="g", level=0.95,
    )  # fmt: skip


def test_a_forest_names_every_study_and_the_average() -> None:
    fit = _fit()
    made = forest_chart(_forest(fit))
    svg = to_svg(made)
    assert all(f">Study {at}<" in svg for at in range(12))
    assert "Average of all" in svg
    assert "True effects of further studies" in svg
    assert f"{float(fit.estimate[0]):.2f}" in made["description"]
    assert svg.count('aria-label="Study ') == 12  # what a screen reader says of each square
    assert svg.count('aria-label="Average of all: ') == 1
    assert 'aria-label="True effects of further studies' in svg


def test_groups_have_a_heading_and_an_average_of_their_own() -> None:
    fit = _fit()
    first = np.arange(12) < 5
    groups = [
        Group(
            heading=name, order=np.flatnonzero(chosen).tolist(), summary=group_summary(fit, chosen)
        )
        for name, chosen in (("Young", first), ("Old", ~first))
    ]
    svg = to_svg(forest_chart(replace(_forest(fit), groups=groups)))
    assert svg.index(">Young<") < svg.index(">Old<")
    assert svg.count(">Average<") == 2


def test_odds_ratios_are_drawn_on_a_logarithmic_axis() -> None:
    made = forest_chart(_forest(_fit()), back=math.exp, log=True)
    scales = [layer["encoding"]["x"].get("scale", {}) for layer in made["layer"]]
    assert any(scale.get("type") == "log" for scale in scales)
    assert ">1<" in to_svg(made).replace("1.0<", "1<")


def test_very_many_effects_are_drawn_without_names() -> None:
    fit = _fit(MOST_LINES + 200)
    made = forest_chart(_forest(fit))
    assert made["height"] <= 900
    svg = to_svg(made)
    assert ">Study 7<" not in svg
    assert "Average of all" in svg


def test_a_funnel_shows_shades_points_and_what_was_filled_in() -> None:
    fit = _fit()
    filled = (np.array([-0.2]), np.array([0.08]))
    made = funnel_chart(
        fit.data.y, fit.data.v, average=0.3, axis="g", filled=filled, line=(0.1, 1.0)
    )
    svg = to_svg(made)
    assert "Standard error" in svg
    assert "p against no effect" in svg
    assert len([layer for layer in made["layer"] if layer["mark"]["type"] == "area"]) == 3
    assert len(made["layer"][-2]["data"]["values"]) == 1


def test_a_profile_has_a_panel_for_each_variance() -> None:
    made = profile_chart(profiles(_fit(), points=8), level=0.95)
    assert len(made["hconcat"]) == 1
    assert "Between effects" in to_svg(made)


def test_a_baujat_plot_names_the_outermost() -> None:
    fit = _fit(20)
    found = baujat(fit.data)
    outermost = int(np.argmax(found.heterogeneity))
    svg = to_svg(baujat_chart(found, [f"Study {at}" for at in range(20)]))
    assert f"Study {outermost}" in svg


@given(seed=st.integers(0, 10**6), k=st.integers(1, 60), longest=st.integers(3, 44))
@settings(max_examples=40)
def test_names_in_a_baujat_plot_run_into_nothing(seed: int, k: int, longest: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = WIDTH * rng.beta(0.5, 3.0, k), HEIGHT * (1.0 - rng.beta(0.5, 3.0, k))
    names = ["n" * int(rng.integers(3, longest + 1)) for _ in range(k)]
    found = placed(x, y, names)
    boxes = [name_box(x[at], y[at], name, place) for at, name, place in found]
    for at, one in enumerate(boxes):
        assert 0 <= one[0] < one[2] <= WIDTH
        assert 0 <= one[1] < one[3] <= HEIGHT
        for other in boxes[:at]:
            apart = one[2] <= other[0] or other[2] <= one[0]
            assert apart or one[3] <= other[1] or other[3] <= one[1]
        covered = (x > one[0]) & (x < one[2]) & (y > one[1]) & (y < one[3])
        assert not covered.any()


def test_a_baujat_plot_of_effects_that_are_all_equal_is_drawn() -> None:
    same = baujat(meta_data([0.3] * 4, [0.1] * 4))
    assert "Baujat plot of 4 effects" in baujat_chart(same, list("abcd"))["description"]
    alone = baujat(meta_data([0.3], [0.1]))
    assert "Baujat plot of 0 effects" in baujat_chart(alone, ["a"])["description"]


def test_a_bubble_plot_has_line_bands_and_points() -> None:
    plain = _fit()
    x = np.column_stack([np.ones(12), np.arange(12.0)])
    fit = fit_random(meta_data(plain.data.y, plain.data.v, x=x, terms=["Intercept", "year"]))
    made = bubble_chart(bubble(fit), axis="g", level=0.95)
    assert len(made["layer"][-1]["data"]["values"]) == 12
    assert "Effects by year" in to_svg(made)
