"""Small-study regressions, trim-and-fill and fail-safe N against metafor 5.1.12 and R's lm."""

from __future__ import annotations

from typing import Any

import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, MCDANIEL, MOLLOY, OWN, VAN_DER_POL, Analysis

from openalliance.core.evidence.bias import (
    Estimator,
    Predictor,
    Side,
    fail_safe,
    small_studies,
    trim_and_fill,
)
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Model


def close(ours: Any, theirs: Any) -> None:
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-8)


def everything_agrees(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    data, expected = analysis.data(), analysis.result["two_level"]
    for predictor, name, short in (
        (Predictor.SE, "pet", "sei"), (Predictor.VARIANCE, "peese", "vi"),
    ):  # fmt: skip
        plain = small_studies(data, predictor)
        theirs = expected[f"{name}_wls"]
        for line, which in ((plain.intercept, "intercept"), (plain.slope, "slope")):
            close(line.estimate, theirs[which])
            close(line.se, theirs[f"{which}_se"])
            close(line.statistic, theirs[f"{which}_t"])
            close(line.p, theirs[f"{which}_p"])
            close(line.df, theirs["df"])
        close(plain.intercept.low, expected["egger"][f"lm_{short}"]["limit_lb"])
        mixed = small_studies(data, predictor, model=Model.RANDOM)
        egger = expected["egger"][f"mixed_{short}"]
        close(mixed.slope.statistic, egger["stat"])
        close(mixed.slope.p, egger["pval"])
        close(mixed.intercept.estimate, egger["limit_est"])
        close(mixed.intercept.high, egger["limit_ub"])
    fit = fit_random(data)
    for estimator in Estimator:
        for side in Side:
            theirs = expected["trimfill"][f"{estimator.value}_{side.value}"]
            found = trim_and_fill(fit, estimator=estimator, side=side)
            assert (found.missing, found.settled) == (theirs["k0"], True)
            close(found.missing_se, theirs["se_k0"])
            # metafor stops these fits once τ² changes by less than 1e-5
            assert found.fit.tau2 == pytest.approx(theirs["tau2"], abs=1e-5)
            assert float(found.fit.estimate[0]) == pytest.approx(theirs["estimate"], rel=1e-4)
            filled = sorted(found.filled_y)
            assert filled == pytest.approx(sorted(theirs["filled_yi"]), rel=1e-4, abs=1e-6)
    assert trim_and_fill(fit).side.value == expected["trimfill_auto_side"]["side"]
    numbers = fail_safe(data)
    assert (numbers.rosenthal, numbers.rosenberg) == (
        expected["fsn"]["rosenthal"], expected["fsn"]["rosenberg"],
    )  # fmt: skip
    if "egger_multilevel" in analysis.result.get("three_level", {}):
        nested = analysis.result["three_level"]
        for predictor, name in ((Predictor.SE, "egger"), (Predictor.VARIANCE, "peese")):
            found_ = small_studies(data, predictor, model=Model.THREE_LEVEL)
            theirs = nested[f"{name}_multilevel"]
            assert found_.slope.estimate == pytest.approx(theirs["beta"][1], rel=1e-4, abs=1e-6)
            assert found_.intercept.se == pytest.approx(theirs["CR2"]["se"][0], rel=1e-4)
            assert found_.slope.df == pytest.approx(theirs["CR2"]["df"][1], rel=1e-4)


def test_own_alliance_and_outcome() -> None:
    everything_agrees(OWN)


def test_assink_and_wibbelink_2016() -> None:
    everything_agrees(ASSINK)


def test_konstantopoulos_2011() -> None:
    everything_agrees(KONSTANTOPOULOS)


def test_mcdaniel_1994() -> None:
    everything_agrees(MCDANIEL)


def test_molloy_2014() -> None:
    everything_agrees(MOLLOY)


def test_van_der_pol_2017() -> None:
    everything_agrees(VAN_DER_POL)
