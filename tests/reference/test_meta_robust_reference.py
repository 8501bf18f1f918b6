"""Cluster-robust tests against clubSandwich 0.6.0, one test per published analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, OWN, VAN_DER_POL, Analysis
from meta_references import numbers as of

from openalliance.core.evidence.meta.robust import Correction, Robust, robust
from openalliance.core.evidence.meta.three_level import fit_three_level


def agrees(found: Robust, expected: dict[str, Any]) -> None:
    assert found.estimate == pytest.approx(of(expected["beta"]), rel=1e-5, abs=1e-6)
    assert found.se == pytest.approx(of(expected["se"]), rel=1e-5)
    assert found.statistic == pytest.approx(of(expected["tstat"]), rel=1e-4, abs=1e-6)
    assert found.df == pytest.approx(of(expected["df"]), rel=1e-5)
    assert found.p == pytest.approx(of(expected["p"]), rel=1e-4, abs=1e-9)
    assert found.vcov == pytest.approx(np.atleast_2d(expected["vcov"]), rel=1e-4, abs=1e-8)


def everything_agrees(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    data, expected = analysis.data(), analysis.result["three_level"]
    fit = fit_three_level(data)
    for correction in Correction:
        agrees(robust(fit, correction), expected[correction.value])
    theirs = expected["robust_metafor_default"]
    assert robust(fit, Correction.CR1).se == pytest.approx(of(theirs["se"]), rel=1e-5)
    correlated = fit_three_level(data, rho=expected["CHE"]["rho"])
    agrees(robust(correlated), expected["CHE"]["CR2"])
    for moderated in expected["moderators"].values():
        found = robust(fit_three_level(analysis.data(moderated["formula"])))
        agrees(found, moderated["CR2"])
        assert found.joint is not None
        tested = moderated["wald_HTZ"]
        assert found.joint.statistic == pytest.approx(tested["Fstat"], rel=1e-4)
        assert found.joint.df1 == tested["df_num"]
        assert found.joint.df2 == pytest.approx(tested["df_denom"], rel=1e-4)
        assert found.joint.p == pytest.approx(tested["p"], rel=1e-4)


def test_own_alliance_and_outcome() -> None:
    everything_agrees(OWN)


def test_assink_and_wibbelink_2016() -> None:
    everything_agrees(ASSINK)


def test_konstantopoulos_2011() -> None:
    everything_agrees(KONSTANTOPOULOS)


def test_van_der_pol_2017() -> None:
    everything_agrees(VAN_DER_POL)
