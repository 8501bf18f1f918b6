"""Local level with exact diffuse start against KFAS."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from openalliance.core.course import filter_and_smooth

SHARED = Path(__file__).parents[3] / "shared" / "reference" / "charts_statespace.json"
SERIES = (
    "therapy_positiveAffect", "therapy_intimacy", "enrichd_ID72", "enrichd_ID18", "enrichd_ID20",
)  # fmt: skip


@pytest.mark.skipif(not SHARED.exists(), reason="the series of published data are not here")
@pytest.mark.parametrize("name", SERIES)
def test_filter_smoother_and_likelihood(name: str) -> None:
    entry = json.loads(SHARED.read_text())["state_space"][name]
    expected = entry["local_level"]
    found = filter_and_smooth(entry["x"], noise=expected["H"], drift=expected["Q"])
    assert found.filtered == pytest.approx(expected["filtered"], abs=1e-5)
    assert found.filtered_variance == pytest.approx(expected["filtered_var"], abs=1e-5)
    assert found.smoothed == pytest.approx(expected["smoothed"], abs=1e-5)
    assert found.smoothed_variance == pytest.approx(expected["smoothed_var"], abs=1e-5)
    assert found.innovation[1:] == pytest.approx(expected["innovation"][1:], abs=1e-5)
    assert found.loglik == pytest.approx(expected["logLik"], abs=1e-6)


def test_likelihood_of_three_values_by_hand() -> None:
    found = filter_and_smooth([1.0, 2.0, 0.0], noise=1.0, drift=1.0)
    first, second = 3.0, 1.0 / 3.0 * 2.0 + 2.0
    level = 1.0 + 2.0 / 3.0
    terms = [np.log(2 * np.pi * first) + 1.0 / first]
    terms.append(np.log(2 * np.pi * second) + level**2 / second)
    assert found.loglik == pytest.approx(-0.5 * sum(terms), rel=1e-12)
