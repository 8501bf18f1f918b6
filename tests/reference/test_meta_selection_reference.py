"""Selection by steps against metafor 5.1.12 (selmodel, stepfun), one test per published analysis.

Where no effect lies in the first step, the likelihood rises with the other weight for ever: the
package returns whatever its bound of 100 leaves; ours says that it cannot be fitted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from meta_references import ASSINK, KONSTANTOPOULOS, MCDANIEL, MOLLOY, OWN, VAN_DER_POL, Analysis

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.selection import Side, fit_selection


def close(ours: Any, theirs: float) -> None:
    assert float(np.squeeze(ours)) == pytest.approx(theirs, rel=1e-4, abs=1e-6)


def everything_agrees(analysis: Analysis) -> None:
    if analysis.missing:
        pytest.skip("the published data are not here")
    for side in Side:
        expected = analysis.result["two_level"][f"selmodel_3psm_{side.value}"]
        if expected["delta"][1] > 30.0:
            with pytest.raises(InputError, match="no effect has a p value"):
                fit_selection(analysis.data(), side=side)
            continue
        found = fit_selection(analysis.data(), side=side)
        assert found.converged
        assert found.loglik >= expected["logLik"] - 1e-6
        close(found.loglik, expected["logLik"])
        close(found.estimate, expected["estimate"])
        close(found.se, expected["se"])
        close(found.tau2, expected["tau2"])
        close(found.ratio, expected["LRT"])
        close(found.ratio_p, expected["LRTp"])
        close(found.weights[1], expected["delta"][1])
        close(found.weights_se[1], expected["se_delta"][1])


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
