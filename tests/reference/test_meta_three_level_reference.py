"""Effects in studies against metafor 5.1.12, one test per published analysis.

Our log-likelihood is nowhere lower. Where the package gives no end of a profile interval, ours is
held by the likelihood itself, in the tests of the core.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, OWN, VAN_DER_POL, Analysis
from meta_references import numbers as of

from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.three_level import fit_three_level, variance_interval
from openalliance.core.evidence.meta.values import MetaFit, Method, Test


def agrees(found: MetaFit, expected: dict[str, Any]) -> None:
    kind = found.method.value
    assert found.converged
    assert found.loglik >= expected["fit"][f"logLik_{kind}"] - 1e-6
    assert found.loglik == pytest.approx(expected["fit"][f"logLik_{kind}"], abs=1e-6)
    assert found.aic == pytest.approx(expected["fit"][f"AIC_{kind}"], abs=2e-6)
    assert found.bic == pytest.approx(expected["fit"][f"BIC_{kind}"], abs=2e-6)
    assert found.sigma2 == pytest.approx(of(expected["sigma2"]), abs=1e-6)
    for ours, theirs in (
        (found.estimate, "beta"),
        (found.se, "se"),
        (found.ci_low, "ci_lb"),
        (found.ci_high, "ci_ub"),
    ):
        assert ours == pytest.approx(of(expected[theirs]), rel=1e-5, abs=1e-6)
    assert found.p == pytest.approx(of(expected["pval"]), rel=1e-4, abs=1e-9)
    assert found.heterogeneity.q == pytest.approx(expected["QE"], rel=1e-9)
    if found.joint is not None:
        assert found.joint.statistic == pytest.approx(expected["QM"], rel=1e-5)


def shares(found: MetaFit, expected: dict[str, Any]) -> None:
    assert found.heterogeneity.i2 == pytest.approx(expected["total"], abs=1e-4)
    assert found.heterogeneity.i2_levels == pytest.approx(expected["by_level"], abs=1e-4)
    assert found.heterogeneity.typical_variance == pytest.approx(expected["typical_v"], rel=1e-9)


def everything_agrees(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    data, expected = analysis.data(), analysis.result["three_level"]
    found = fit_three_level(data)
    agrees(found, expected["REML"])
    agrees(fit_three_level(data, method=Method.ML), expected["ML"])
    shares(found, expected["I2_multilevel"])
    by_t = fit_three_level(data, test=Test.T)
    agrees(by_t, expected["REML_t_contain"])
    assert by_t.df == pytest.approx(of(expected["REML_t_contain"]["df"]))
    for fit, name in ((found, "predict"), (by_t, "predict_t_contain")):
        assert predict(fit).true_low == pytest.approx(of(expected[name]["pi_lb"]), abs=1e-6)
        assert predict(fit).true_high == pytest.approx(of(expected[name]["pi_ub"]), abs=1e-6)
    if "sigma2_vcov_hessian" in expected:
        theirs = np.array(expected["sigma2_vcov_hessian"])
        assert found.sigma2_vcov == pytest.approx(theirs, rel=1e-5)
    for which in (0, 1):
        profile = expected["confint_profile"][f"sigma2_{which + 1}"]
        ends = of([profile["lb"][0], profile["ub"][0]])
        ours = np.array(variance_interval(found, which))
        there = np.isfinite(ends)
        assert ours[there] == pytest.approx(ends[there], abs=1e-6)
    for name, held in (("no_between", (0.0, None)), ("no_within", (None, 0.0))):
        without = fit_three_level(data, held=held)
        ratio = 2.0 * (found.loglik - without.loglik)
        assert ratio == pytest.approx(expected[f"LRT_{name}"]["LRT"], abs=2e-6)
    correlated = fit_three_level(data, rho=expected["CHE"]["rho"])
    agrees(correlated, expected["CHE"])
    shares(correlated, expected["CHE"]["I2"])
    for moderated in expected["moderators"].values():
        with_them = analysis.data(moderated["formula"])
        agrees(fit_three_level(with_them), moderated)
        agrees(fit_three_level(with_them, method=Method.ML), moderated["ML"])


def test_own_alliance_and_outcome() -> None:
    everything_agrees(OWN)


def test_assink_and_wibbelink_2016() -> None:
    everything_agrees(ASSINK)


def test_konstantopoulos_2011() -> None:
    everything_agrees(KONSTANTOPOULOS)


def test_van_der_pol_2017() -> None:
    everything_agrees(VAN_DER_POL)
