"""Fixed and random-effects models against metafor 5.1.12, one test per published analysis."""

from __future__ import annotations

import math
from typing import Any

import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, MCDANIEL, MOLLOY, OWN, VAN_DER_POL, Analysis
from meta_references import numbers as of

from openalliance.core.evidence.meta.heterogeneity import profile_interval, q_profile
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.two_level import explained, fit_fixed, fit_random
from openalliance.core.evidence.meta.values import MetaFit, Method, Test


def close(ours: Any, theirs: Any) -> None:
    assert ours == pytest.approx(of(theirs), rel=1e-8, abs=1e-8)


def agrees(found: MetaFit, expected: dict[str, Any]) -> None:
    close(found.estimate, expected["beta"])
    close(found.se, expected["se"])
    close(found.statistic, expected["stat"])
    close(found.p, expected["pval"])
    close(found.ci_low, expected["ci_lb"])
    close(found.ci_high, expected["ci_ub"])
    assert found.vcov == pytest.approx(
        of([row for line in expected["vcov"] for row in line]).reshape(found.vcov.shape), rel=1e-6
    )
    close(found.heterogeneity.q, expected["QE"])
    close(found.heterogeneity.i2, expected["I2"])
    close(found.heterogeneity.h2, expected["H2"])
    if not math.isnan(found.tau2):
        close(found.tau2, expected["tau2"])
    if not math.isnan(found.tau2_se):
        close(found.tau2_se, expected["se_tau2"])
    if found.joint is not None:
        assert found.joint.statistic == pytest.approx(expected["QM"], rel=1e-6)
        assert found.joint.p == pytest.approx(expected["QMp"], rel=1e-6)
    kind = "REML" if found.method is Method.REML else "ML"
    for ours, theirs in ((found.loglik, "logLik"), (found.aic, "AIC"), (found.bic, "BIC")):
        close(ours, expected["fit"][f"{theirs}_{kind}"])


def everything_agrees(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    data, expected = analysis.data(), analysis.result["two_level"]
    agrees(fit_fixed(data), expected["methods"]["EE"])
    for method in Method:
        agrees(fit_random(data, method=method), expected["methods"][method.value])
    hartung = fit_random(data, test=Test.KNHA)
    agrees(hartung, expected["knha"])
    found = fit_random(data)
    for interval, name in ((q_profile, "QP"), (profile_interval, "PL")):
        theirs = expected[f"confint_tau2_{name}"]
        close(interval(found), [theirs["lb"][0], theirs["ub"][0]])
    for fit, name in ((found, "predict"), (hartung, "predict_knha_HTS")):
        further = predict(fit)
        close(further.true_low, expected[name]["pi_lb"])
        close(further.true_high, expected[name]["pi_ub"])
    riley = predict(found, wider=True)
    close(riley.true_low, expected["predict_z_Riley"]["pi_lb"])
    close(riley.true_high, expected["predict_z_Riley"]["pi_ub"])
    for moderated in expected["moderators"].values():
        with_them = analysis.data(moderated["formula"])
        fit = fit_random(with_them)
        agrees(fit, moderated["REML"])
        agrees(fit_random(with_them, method=Method.ML), moderated["ML"])
        agrees(fit_random(with_them, test=Test.KNHA), moderated["knha"])
        if moderated["REML"]["R2"] is not None:
            assert explained(fit) == pytest.approx(moderated["REML"]["R2"], abs=1e-6)


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
