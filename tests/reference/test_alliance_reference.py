"""Local level by maximum likelihood and control charts against KFAS 1.5.1 and qcc 2.7."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openalliance.core.course import filter_and_smooth
from openalliance.core.course.alliance_methods.autoregression import fit_ar1, fit_ar1_with_noise
from openalliance.core.course.alliance_methods.control_charts import (
    Baseline,
    ChartSpread,
    baseline,
    beyond_limits,
    cusum,
    ewma,
    runs,
)
from openalliance.core.course.alliance_methods.gaussian import fit_each
from openalliance.core.course.alliance_methods.series import rating_series

SHARED = Path(__file__).parents[3] / "shared" / "reference" / "charts_statespace.json"
SERIES = (
    "therapy_positiveAffect", "therapy_intimacy", "enrichd_ID72", "enrichd_ID18", "enrichd_ID20",
)  # fmt: skip
pytestmark = [
    pytest.mark.skipif(not SHARED.exists(), reason="the series of published data are not here"),
    pytest.mark.parametrize("name", SERIES),
]


@cache
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHARED.read_text())
    return found


def charted(name: str) -> tuple[dict[str, Any], Baseline]:
    entry = reference()["charts"][name]
    return entry, baseline(entry["x"], ChartSpread.MOVING_RANGE)


def test_charts_statespace_local_level_maximum_likelihood(name: str) -> None:
    entry = reference()["state_space"][name]
    expected, values = entry["local_level"], entry["x"]
    fit = fit_each(rating_series(np.zeros(len(values)), np.arange(len(values)), values))
    assert fit.loglik[0] >= expected["logLik"] - 1e-9
    assert fit.loglik[0] == pytest.approx(expected["logLik"], abs=1e-6)
    assert fit.noise[0] == pytest.approx(expected["H"], rel=1e-3)
    assert fit.drift[0] == pytest.approx(expected["Q"], rel=1e-3, abs=1e-3 * expected["H"])
    ours = filter_and_smooth(values, noise=fit.noise[0], drift=fit.drift[0])
    assert ours.filtered == pytest.approx(expected["filtered"], abs=1e-5)
    assert ours.smoothed == pytest.approx(expected["smoothed"], abs=1e-5)


def test_charts_statespace_ar1(name: str) -> None:
    entry = reference()["state_space"][name]
    expected, fit = entry["ar1"], fit_ar1(entry["x"])
    assert fit.loglik >= expected["loglik"] - 1e-9
    assert fit.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    assert fit.phi == pytest.approx(expected["phi"], abs=1e-6)
    assert fit.mean == pytest.approx(expected["mean"], abs=1e-5)
    assert fit.innovation == pytest.approx(expected["sigma2"], rel=1e-6)


def test_charts_statespace_ar1_plus_noise(name: str) -> None:
    entry = reference()["state_space"][name]
    expected, fit = entry["ar1_plus_noise"], fit_ar1_with_noise(entry["x"])
    assert fit.loglik >= expected["logLik"] - 1e-9
    # In one series the noise is 0 at the maximum; KFAS stops 4e-6 below it.
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-5)
    assert fit.phi == pytest.approx(expected["phi"], abs=1e-5)
    assert fit.innovation == pytest.approx(expected["Q"], rel=1e-3)
    assert fit.noise == pytest.approx(expected["H"], rel=1e-3, abs=1e-5)


def test_charts_statespace_individuals_mr(name: str) -> None:
    entry, base = charted(name)
    expected = entry["individuals_MR"]
    assert base.center == pytest.approx(expected["center"], rel=1e-12)
    assert base.sd == pytest.approx(expected["std_dev"], rel=1e-12)
    assert base.center - 3.0 * base.sd == pytest.approx(expected["lcl"], rel=1e-12)
    assert base.center + 3.0 * base.sd == pytest.approx(expected["ucl"], rel=1e-12)
    assert (beyond_limits(entry["x"], base, 3.0) + 1).tolist() == sorted(expected["beyond_limits"])
    assert (runs(entry["x"], base.center, 7) + 1).tolist() == expected["violating_runs"]


def test_charts_statespace_individuals_sd(name: str) -> None:
    entry, _ = charted(name)
    expected = entry["individuals_SD"]
    base = baseline(entry["x"], ChartSpread.SD)
    assert base.sd == pytest.approx(expected["std_dev"], rel=1e-12)
    assert base.center - 3.0 * base.sd == pytest.approx(expected["lcl"], rel=1e-12)
    assert (beyond_limits(entry["x"], base, 3.0) + 1).tolist() == sorted(expected["beyond_limits"])
    assert (runs(entry["x"], base.center, 7) + 1).tolist() == expected["violating_runs"]


def test_charts_statespace_individuals_mr_2sigma(name: str) -> None:
    entry, base = charted(name)
    expected = entry["individuals_MR_2sigma"]
    assert base.center - 2.0 * base.sd == pytest.approx(expected["lcl"], rel=1e-12)
    assert base.center + 2.0 * base.sd == pytest.approx(expected["ucl"], rel=1e-12)
    assert (beyond_limits(entry["x"], base, 2.0) + 1).tolist() == sorted(expected["beyond_limits"])


def test_charts_statespace_phase2(name: str) -> None:
    entry, _ = charted(name)
    expected = entry["phase2"]
    base = baseline(entry["x"][: expected["n_baseline"]], ChartSpread.MOVING_RANGE)
    assert base.center == pytest.approx(expected["center"], rel=1e-12)
    assert base.sd == pytest.approx(expected["std_dev"], rel=1e-12)
    assert base.center - 3.0 * base.sd == pytest.approx(expected["lcl"], rel=1e-12)
    assert (beyond_limits(entry["x"], base, 3.0) + 1).tolist() == sorted(expected["beyond_limits"])


def test_charts_statespace_ewma_02(name: str) -> None:
    entry, base = charted(name)
    expected = entry["ewma_02"]
    smooth, low, high = ewma(entry["x"], base, weight=0.2, sigmas=3.0)
    assert smooth == pytest.approx(expected["y"], rel=1e-12)
    assert low == pytest.approx(expected["lcl"], rel=1e-12)
    assert high == pytest.approx(expected["ucl"], rel=1e-12)
    outside = np.flatnonzero((smooth < low) | (smooth > high)) + 1
    assert outside.tolist() == expected["violations"]


def test_charts_statespace_cusum(name: str) -> None:
    entry, base = charted(name)
    expected = entry["cusum"]
    upper, lower = cusum(entry["x"], base, allowance=expected["k"])
    assert upper == pytest.approx(expected["pos"], abs=1e-12)
    assert lower == pytest.approx(expected["neg"], abs=1e-12)
    assert (np.flatnonzero(upper > expected["h"]) + 1).tolist() == expected["upper"]
    assert (np.flatnonzero(lower < -expected["h"]) + 1).tolist() == expected["lower"]
