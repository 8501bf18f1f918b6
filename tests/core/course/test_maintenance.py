"""Maintenance: weights, pattern mixtures, bounds, relapse and fates against hand and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.maintenance.analysis import (
    Maintenance,
    MaintenanceSettings,
    maintenance,
    reliable_change,
)
from openalliance.core.course.maintenance.fate import Fate
from openalliance.core.course.maintenance.panel import FollowUp
from openalliance.core.course.maintenance.patterns import bounds, pattern_mixtures
from openalliance.core.course.maintenance.response import Kind, response_models
from openalliance.core.course.maintenance.survival import kaplan_meier, relapses
from openalliance.core.course.maintenance.weighting import (
    stabilised_weights,
    weighted_means,
    weighted_trend,
)
from openalliance.core.errors import InputError

NAN = math.nan
WAVES = np.array([0.0, 3.0, 6.0, 12.0])


def _panel(rng: np.random.Generator, n: int, *, monotone: bool = False) -> FollowUp:
    """Draw clients whose answering depends on what is known; mean 8 + 0.2 a month."""
    ending, known = rng.normal(8, 4, n), rng.normal(0, 1, n)
    scores = np.full((n, 4), NAN)
    scores[:, 0] = ending
    still, before = np.ones(n, dtype=bool), ending - 8
    for at, month in enumerate(WAVES[1:], 1):
        away = 0.7 * (before if monotone else ending - 8) + known + rng.normal(0, 2.5, n)
        odds = (1.8 - 0.1 * before if monotone else -0.2 - 0.15 * (ending - 8)) - 0.4 * known
        answers = rng.random(n) < 1 / (1 + np.exp(-odds))
        still = still & answers if monotone else answers
        before = away
        scores[still, at] = (8 + 0.2 * month + away)[still]
    return FollowUp(
        waves=WAVES, scores=scores, worse=1.0, covariates=known[:, None], terms=("known",)
    )


def _small(scores: list[list[float]], worse: float = 1.0) -> FollowUp:
    given_scores = np.array(scores)
    return FollowUp(
        waves=np.array([0.0, 3.0, 6.0])[: given_scores.shape[1]], scores=given_scores, worse=worse
    )


def _all(panel: FollowUp, limit: float = 5.0) -> Maintenance:
    return maintenance(panel, MaintenanceSettings(limit=limit, draws=50))


def test_with_everybody_answering_all_means_are_plain() -> None:
    panel = _small([[5, 6, 9], [8, 8, 7], [2, 3, 4], [9, 14, 10]])
    found = _all(panel)
    for at, wave in enumerate(found.waves):
        plain = panel.scores[:, at].mean()
        assert wave.weighted.mean.value == pytest.approx(plain, rel=1e-14)
        assert wave.observed.value == pytest.approx(plain, rel=1e-14)
        assert wave.weighted.effective_n == 4.0
    assert [at.mean for at in found.waves[1].mixture.curve] == [panel.scores[:, 1].mean()] * 4
    assert math.isnan(found.waves[1].mixture.tipping)


def test_weights_of_a_yes_no_predictor_are_those_of_the_cells() -> None:
    """With one binary predictor the model is saturated: chances are shares, by hand."""
    ending = np.repeat([4.0, 10.0], [20, 30])
    answered = np.r_[np.arange(20) < 15, np.arange(30) < 10]
    later = np.where(answered, ending + np.arange(50) / 10, NAN)
    panel = FollowUp(waves=np.array([0.0, 3.0]), scores=np.column_stack([ending, later]), worse=1.0)
    weights = stabilised_weights(panel, response_models(panel))[:, 1]
    assert weights[:15] == pytest.approx(0.5 / 0.75)
    assert weights[20:30] == pytest.approx(0.5 / (1 / 3))
    by_hand = 0.4 * np.nanmean(later[:20]) + 0.6 * np.nanmean(later[20:])
    found = weighted_means(panel, response_models(panel))[1]
    assert found.mean.value == pytest.approx(by_hand, rel=1e-9)
    assert found.smallest_probability == pytest.approx(1 / 3)
    mixture = pattern_mixtures(
        panel, [0.0, 2.0], limit=5.0, draws=20, rng=np.random.default_rng(1)
    )[0]
    assert mixture.curve[0].mean == pytest.approx(by_hand, rel=1e-12)
    assert mixture.curve[1].mean == pytest.approx(by_hand + 1.0, rel=1e-12)
    worse = by_hand - ending.mean()
    assert mixture.tipping == pytest.approx((5.0 - worse) / 0.5, rel=1e-12)


def test_monotone_weights_multiply_along_the_waves() -> None:
    panel = _panel(np.random.default_rng(4), 300, monotone=True)
    assert panel.monotone
    models = response_models(panel)
    assert models[1].terms == ("Intercept", "ending", "known", "last score")
    weights = stabilised_weights(panel, models)
    there = panel.answered[:, 2]
    shares = [m.at_risk[panel.answered[:, m.wave]].sum() / m.at_risk.sum() for m in models[:2]]
    by_hand = np.prod(shares) / (models[0].probability * models[1].probability)[there]
    assert weights[there, 2] == pytest.approx(by_hand, rel=1e-12)


def test_bounds_take_the_ends_of_the_scale() -> None:
    panel = _small([[5, 6], [8, NAN], [2, NAN], [9, 10]])
    found = bounds(panel, 0.0, 20.0)
    assert (found[1].best, found[1].worst) == (4.0, 14.0)
    higher = bounds(_small([[5, 6], [8, NAN], [2, NAN], [9, 10]], worse=-1.0), 0.0, 20.0)
    assert (higher[1].best, higher[1].worst) == (14.0, 4.0)
    with pytest.raises(InputError, match="outside"):
        bounds(panel, 0.0, 9.0)


@pytest.mark.parametrize(
    ("scores", "fate"),
    [
        ([5, 10, NAN], Fate.LOST),
        ([5, 9.9, NAN], Fate.KEPT),
        ([0.1, 5.1, NAN], Fate.LOST),
        ([7, NAN, 2], Fate.GROWN),
        ([5, 12, 6], Fate.KEPT),
        ([5, NAN, NAN], Fate.UNKNOWN),
    ],
)
def test_exactly_the_reliable_change_counts(scores: list[float], fate: Fate) -> None:
    found = _all(_small([scores, [4, 5, 6], [9, 7, 5.5]]))
    assert found.clients[0].fate is fate


def test_relapse_is_dated_at_the_wave_that_saw_it() -> None:
    panel = _small([[5, NAN, 12], [5, 11, 3], [12, 13, 14], [5, 6, NAN], [5, NAN, NAN]])
    own = relapses(panel, limit=6.0)
    assert own.time.tolist() == [6.0, 3.0, 6.0, 3.0, 0.0]
    assert own.relapsed.tolist() == [True, True, False, False, False]
    assert own.after_a_gap == 1
    stated = relapses(panel, limit=6.0, threshold=11.0)
    assert stated.eligible.tolist() == [True, True, False, True, True]
    higher = _small([[15, 9], [8, 7]], worse=-1.0)
    assert relapses(higher, limit=6.0, threshold=9.0).relapsed.tolist() == [True, False]


@pytest.mark.parametrize("seed", range(5))
def test_kaplan_meier_agrees_with_lifelines(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(seed)
    time, event = rng.choice([0, 1, 3, 6, 12, 24.0], 80), rng.random(80) < 0.35
    event &= time > 0
    ours = kaplan_meier(time, event)
    theirs = lifelines.KaplanMeierFitter().fit(time, event)
    table = theirs.survival_function_.iloc[:, 0]
    limits = theirs.confidence_interval_survival_function_
    for step in ours.steps:
        assert step.survival == pytest.approx(table.loc[step.time], rel=1e-12)
        assert step.at_risk == theirs.event_table["at_risk"].loc[step.time]
        if 0.0 < step.survival < 1.0:
            low, high = limits.loc[step.time]
            assert (step.low, step.high) == pytest.approx((low, high), rel=1e-12)
    reached = theirs.median_survival_time_
    assert ours.median == reached or (math.isnan(ours.median) and math.isinf(reached))


def test_a_separating_predictor_is_said_and_kept_moderate() -> None:
    scores = [[float(k), float(k) if k < 30 else NAN] for k in range(60)]
    panel = _small(scores)
    model = response_models(panel)[0]
    assert (model.kind, model.separated) == (Kind.RIDGE, True)
    assert np.isfinite(model.coefficients).all()
    assert any("without error" in note for note in _all(panel).notes)


def test_nobody_one_and_few_answering_are_survived_and_said() -> None:
    nobody = _all(_small([[5, NAN], [6, NAN], [7, NAN]]))
    assert nobody.trend is None
    assert any("nobody answered" in note for note in nobody.notes)
    assert nobody.summary[Fate.UNKNOWN].count == 3
    one = _all(_small([[5, 6, NAN], [6, NAN, NAN], [7, NAN, NAN]]))
    assert math.isnan(one.waves[1].weighted.mean.value)
    same = _all(_small([[5, 6, NAN], [5, 7, 8], [5, NAN, 4], [5, 5, 5]]))
    assert any("all answers weigh the same" in note for note in same.notes)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="ending"):
        _small([[NAN, 3]])
    with pytest.raises(InputError, match="rise"):
        FollowUp(waves=np.array([0.0]), scores=np.zeros((2, 1)), worse=1.0)
    with pytest.raises(InputError, match="points"):
        MaintenanceSettings(limit=0.0)
    with pytest.raises(InputError, match="low end"):
        MaintenanceSettings(limit=1.0, scale=(3.0, 3.0))
    assert reliable_change([0.0, 2.0], 0.5) == pytest.approx(1.959963984540054 * math.sqrt(2))


def _figures(found: Maintenance) -> list[float]:
    assert found.trend is not None
    made = [found.trend.slope.value, found.trend.slope.se]
    for wave in found.waves[1:]:
        change = wave.weighted.change
        made += [change.value, change.se, change.low, change.high, wave.mixture.curve[0].worsening]
    return made


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 1000), scale=st.floats(0.1, 20), shift=st.floats(-50, 50),
    monotone=st.booleans(),
)  # fmt: skip
def test_units_direction_and_order_do_not_matter(
    seed: int, scale: float, shift: float, monotone: bool
) -> None:
    rng = np.random.default_rng(seed)
    panel = _panel(rng, 60, monotone=monotone)
    plain = _all(panel)
    order = rng.permutation(60)

    def _other(scores: np.ndarray, rows: np.ndarray, worse: float) -> FollowUp:
        return FollowUp(
            waves=WAVES, scores=scores[rows], worse=worse, covariates=panel.covariates[rows],
            terms=panel.terms,
        )  # fmt: skip

    shuffled = _all(_other(panel.scores, order, 1.0))
    assert _figures(shuffled) == pytest.approx(_figures(plain), rel=1e-6, abs=1e-8)
    assert [shuffled.clients[k].fate for k in np.argsort(order)] == [
        one.fate for one in plain.clients
    ]
    moved = _all(_other(scale * panel.scores + shift, np.arange(60), 1.0), limit=5.0 * scale)
    assert np.array(_figures(moved)) / scale == pytest.approx(_figures(plain), rel=1e-6, abs=1e-7)
    turned = _all(_other(-panel.scores, np.arange(60), -1.0))
    assert [one.fate for one in turned.clients] == [one.fate for one in plain.clients]
    assert repr(turned.survival) == repr(plain.survival)
    for here, there in zip(turned.waves[1:], plain.waves[1:], strict=True):
        assert here.mixture.curve[-1].worsening == pytest.approx(
            there.mixture.curve[-1].worsening, rel=1e-8, abs=1e-9
        )


@pytest.mark.parametrize("monotone", [False, True])
def test_weighting_removes_the_bias_and_intervals_cover(monotone: bool) -> None:
    rng = np.random.default_rng(11)
    truth = 8 + 0.2 * WAVES[1:]
    seen, weighted, held = [], [], []
    for _ in range(1000):
        panel = _panel(rng, 400, monotone=monotone)
        models = response_models(panel)
        found = weighted_means(panel, models)[1:]
        trend = weighted_trend(panel, models)
        assert trend is not None
        seen.append(np.nanmean(panel.scores[:, 1:], axis=0) - truth)
        weighted.append([one.mean.value for one in found] - truth)
        each = [*(one.mean for one in found), *(one.change for one in found), trend.slope]
        right = [*truth, *(truth - 8), 0.2]
        held.append([one.low <= at <= one.high for one, at in zip(each, right, strict=True)])
    assert (np.mean(seen, axis=0) < -0.15).all()
    assert np.abs(np.mean(weighted, axis=0)).max() < 0.06
    coverage = np.mean(held, axis=0)
    assert (coverage > 0.93).all()
    assert (coverage < 0.975).all()


def test_the_what_if_interval_covers() -> None:
    rng = np.random.default_rng(5)
    held = []
    for _ in range(300):
        panel = _panel(rng, 80)
        found = pattern_mixtures(panel, [0.0], limit=5.0, draws=200, rng=rng)
        held.append([m.curve[0].low <= 8 + 0.2 * w <= m.curve[0].high
                     for m, w in zip(found, WAVES[1:], strict=True)])  # fmt: skip
    assert 0.93 <= np.mean(held) <= 0.97
