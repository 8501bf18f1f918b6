"""Couples' diaries against lme4 1.1-31, psych 2.2.9 and base R: both partners rate each day."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.core.course.within_between.multilevel import lagged_model, same_session_model
from openalliance.core.estimation.mixed import MixedFit, fit

SHARED = Path(__file__).parents[3] / "shared"
FILE = SHARED / "reference" / "congruence_couples.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the couples' diaries are not here")

Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@cache
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


@cache
def diary() -> Columns:
    """Couple, day, the man's sadness (the client's part), the woman's (the therapist's)."""
    frame = pl.read_csv(SHARED / reference()["meta"]["csv"])
    return (
        frame["ID"].to_numpy().astype(np.int64),
        frame["DIARYDAY"].to_numpy().astype(np.float64),
        frame["M_Sad."].to_numpy(),
        frame["W_Sad."].to_numpy(),
    )


def agrees(found: MixedFit, expected: dict[str, Any]) -> None:
    assert found.n_rows == expected["n"]
    assert found.loglik >= expected["logLik"] - 1e-6
    assert found.loglik == pytest.approx(expected["logLik"], abs=1e-6)
    assert found.estimate == pytest.approx(expected["fixef"], abs=1e-6)
    assert found.se == pytest.approx(expected["se"], abs=1e-6)
    variances = np.sqrt([v for v, w in zip(expected["vcov"], expected["vc_var2"], strict=True)
                         if w is None])  # fmt: skip
    assert [*found.random_sd, found.residual_sd] == pytest.approx(list(variances), abs=1e-5)


def test_congruence_couples_within_between() -> None:
    couple, day, man, woman = diary()
    agrees(same_session_model(couple, day, woman, man), reference()["within_between"])


def test_congruence_couples_lagged() -> None:
    couple, day, man, woman = diary()
    agrees(lagged_model(couple, day, woman, man, 1), reference()["lagged"])


def test_congruence_couples_icc_null() -> None:
    couple, _, _, woman = diary()
    agrees(fit(woman, np.ones((woman.size, 1)), couple), reference()["icc_null"])
