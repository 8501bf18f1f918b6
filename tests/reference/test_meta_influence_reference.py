"""Predictions, leave-one-out, influence, cumulative against metafor 5.1.12, a test per analysis.

Where the package's own fit without a study fails and Cook's distance is missing, there is nothing
to compare.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, MCDANIEL, MOLLOY, OWN, VAN_DER_POL, Analysis
from meta_references import numbers as of

from openalliance.core.evidence.meta.influence import influence, leverages, standardised
from openalliance.core.evidence.meta.predictions import study_deviations, true_effects
from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.without import By, cumulative


def close(ours: Any, theirs: Any, *, to: float = 1e-7) -> None:
    assert np.squeeze(ours) == pytest.approx(np.squeeze(of(theirs)), rel=to, abs=to)


def two_levels_agree(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    expected = analysis.result["two_level"]
    fit = fit_random(analysis.data())
    predicted, theirs = true_effects(fit), expected["blup"]
    close(predicted.estimate, theirs["pred"])
    close(predicted.se, theirs["se"])
    close(predicted.low, theirs["pi_lb"])
    close(predicted.high, theirs["pi_ub"])
    found, theirs = influence(fit), expected["leave1out"]
    close(found.dfbetas, expected["dfbs"], to=1e-6)
    for ours, name in (
        ("estimate", "estimate"),
        ("se", "se"),
        ("statistic", "zval"),
        ("q", "Q"),
        ("tau2", "tau2"),
        ("i2", "I2"),
        ("h2", "H2"),
    ):
        close(found.refits.values(ours), theirs[name])
    grown, theirs = cumulative(fit), expected["cumulative"]
    for name in ("estimate", "se", "tau2"):
        close(grown.values(name), theirs[name])


def three_levels_agree(analysis: Analysis) -> None:
    expected = analysis.result["three_level"]
    fit = fit_three_level(analysis.data())
    predicted, theirs = study_deviations(fit), expected["ranef_study"]
    names = list(dict.fromkeys(str(name) for name in analysis.frame.texts(analysis.study or "")))
    order = [theirs["level"].index(name) for name in names]
    close(predicted.estimate, of(theirs["intrcpt"])[order], to=1e-5)
    close(predicted.se, of(theirs["se"])[order], to=1e-5)
    close(leverages(fit), expected["hat"], to=1e-5)
    close(standardised(fit), expected["rstandard_z"], to=1e-5)
    found, theirs = influence(fit, by=By.STUDY), expected["leave_one_study_out"]
    order = [[str(name) for name in theirs["study"]].index(name) for name in names]
    close(found.refits.values("estimate"), of(theirs["beta"])[order], to=1e-5)
    close(found.refits.values("se"), of(theirs["se"])[order], to=1e-5)
    sigma2 = found.refits.values("sigma2")
    close(sigma2[:, 0], of(theirs["sigma2_study"])[order], to=1e-5)
    close(sigma2[:, 1], of(theirs["sigma2_effect"])[order], to=1e-5)
    cook = of(expected["cooks_study"])[order]
    there = np.isfinite(cook)
    close(found.cook[there], cook[there], to=1e-4)


def test_own_alliance_and_outcome() -> None:
    two_levels_agree(OWN)
    three_levels_agree(OWN)


def test_assink_and_wibbelink_2016() -> None:
    two_levels_agree(ASSINK)
    three_levels_agree(ASSINK)


def test_konstantopoulos_2011() -> None:
    two_levels_agree(KONSTANTOPOULOS)
    three_levels_agree(KONSTANTOPOULOS)


def test_mcdaniel_1994() -> None:
    two_levels_agree(MCDANIEL)


def test_molloy_2014() -> None:
    two_levels_agree(MOLLOY)


def test_van_der_pol_2017() -> None:
    two_levels_agree(VAN_DER_POL)
    three_levels_agree(VAN_DER_POL)
