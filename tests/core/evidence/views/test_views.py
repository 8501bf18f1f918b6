"""What pictures show: weights add up, groups are fitted alike, profiles peak at the estimate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import MetaData, Method, meta_data
from openalliance.core.evidence.views.baujat import baujat
from openalliance.core.evidence.views.bubble import bubble
from openalliance.core.evidence.views.forest import (
    effect_lines,
    group_summary,
    study_lines,
    summary,
)
from openalliance.core.evidence.views.profile import profiles


def _nested() -> MetaData:
    rng = np.random.default_rng(8)
    studies = np.repeat(np.arange(15), 3)
    v = rng.uniform(0.01, 0.08, 45)
    y = 0.3 + rng.normal(0, 0.2, 15)[studies] + rng.normal(0, np.sqrt(v + 0.02))
    return meta_data(y, v, studies=studies)


def test_weights_add_up_and_weigh_the_average() -> None:
    fit = fit_random(_nested())
    lines = effect_lines(fit)
    assert lines.weight.sum() == pytest.approx(100.0)
    assert lines.weight @ lines.estimate / 100.0 == pytest.approx(summary(fit).estimate)


def test_studies_weigh_the_three_level_average() -> None:
    fit = fit_three_level(_nested(), rho=0.4)
    lines = study_lines(fit)
    assert lines.effects.tolist() == [3] * 15
    assert lines.weight @ lines.estimate / 100.0 == pytest.approx(summary(fit).estimate)


def test_groups_are_fitted_by_the_same_model() -> None:
    data = _nested()
    fit = fit_three_level(data)
    half = data.studies < 7
    alone = fit_three_level(data.rows(half))
    assert group_summary(fit, half).estimate == pytest.approx(float(alone.estimate[0]))
    single = group_summary(fit, np.arange(45) == 3)
    assert (single.k, single.estimate) == (1, data.y[3])
    assert math.isnan(single.true_low)
    two = group_summary(fit, np.isin(np.arange(45), (0, 3)))
    assert two.k == 2


def test_baujat_is_what_leaving_out_does() -> None:
    data = _nested()
    found = baujat(data)
    whole = fit_fixed(data)
    assert found.heterogeneity.sum() == pytest.approx(whole.heterogeneity.q)
    without = fit_fixed(data.rows(np.arange(45) != 7))
    moved = float(whole.estimate[0] - without.estimate[0])
    assert found.influence[7] == pytest.approx(moved**2 / float(without.vcov[0, 0]))


def test_profiles_peak_at_the_estimate_and_cross_at_the_interval() -> None:
    for fit in (fit_random(_nested(), method=Method.ML), fit_three_level(_nested())):
        for one in profiles(fit, points=9):
            at = int(np.argmax(one.loglik))
            assert one.values[at] == one.estimate
            inside = (one.values >= one.low) & (one.values <= one.high)
            assert ((one.loglik >= one.cut - 1e-7) == inside).all()
    with pytest.raises(InputError, match="no variance"):
        profiles(fit_fixed(_nested()))
    with pytest.raises(InputError, match="REML or ML"):
        profiles(fit_random(_nested(), method=Method.DL))


def test_a_bubble_plot_has_the_model_s_line() -> None:
    data = _nested()
    year = np.linspace(0, 4, 45)
    fit = fit_random(
        meta_data(
            data.y, data.v, x=np.column_stack([np.ones(45), year]), terms=["Intercept", "year"]
        )
    )
    found = bubble(fit)
    assert found.line[0] == pytest.approx(float(fit.estimate[0]))
    assert found.line[-1] == pytest.approx(float(fit.estimate @ [1.0, 4.0]))
    with pytest.raises(InputError, match="needs a moderator"):
        bubble(fit_random(data))
    with pytest.raises(InputError, match="no term"):
        bubble(fit, "age")
