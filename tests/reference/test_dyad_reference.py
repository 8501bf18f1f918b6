"""Couples' diaries against lme4 1.1-31, psych 2.2.9 and base R: both partners rate each day."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.core.course.dyad.agreement import agreement_of
from openalliance.core.course.dyad.gap import gap_of
from openalliance.core.course.dyad.ratings import DyadRatings, dyad_ratings
from openalliance.core.course.dyad.tracking import tracking_of
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


def rated() -> DyadRatings:
    couple, _, man, woman = diary()
    return dyad_ratings(couple, man, woman)


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


def test_congruence_couples_truth_and_bias() -> None:
    found = tracking_of(rated())
    agrees(found.model, reference()["truth_and_bias"])


def test_congruence_couples_per_dyad() -> None:
    expected = reference()["per_dyad"]
    dyads = gap_of(rated()).dyads
    assert [one.code for one in dyads] == expected["ID"]
    assert [one.n for one in dyads] == expected["n"]
    theirs = [np.nan if r is None else r for r in expected["r"]]
    assert [one.correlation for one in dyads] == pytest.approx(theirs, rel=1e-9, nan_ok=True)
    assert [one.mean for one in dyads] == pytest.approx(expected["diff"], rel=1e-12, abs=1e-14)
    assert [one.distance for one in dyads] == pytest.approx(expected["rmsd"], rel=1e-12)


def test_congruence_couples_congruence_means() -> None:
    expected = reference()["congruence_means"]
    found, gap = agreement_of(rated()), gap_of(rated())
    ours = [found.pearson, found.spearman, found.kendall, found.client_mean, found.therapist_mean,
            found.client_sd, found.therapist_sd, gap.t, gap.df, gap.p, gap.mean, gap.sd,
            gap.limits_low, gap.limits_high, found.concordance]  # fmt: skip
    names = ["pearson", "spearman", "kendall", "mean_p", "mean_t", "sd_p", "sd_t", "paired_t",
             "paired_df", "paired_p", "diff_mean", "diff_sd", "loa_lower", "loa_upper",
             "lin_ccc"]  # fmt: skip
    for name, value in zip(names, ours, strict=True):
        assert value == pytest.approx(expected[name], rel=1e-10), name


def test_congruence_couples_congruence_means_icc() -> None:
    expected = reference()["congruence_means"]["icc"]
    found = agreement_of(rated()).intraclass
    assert [one.kind for one in found] == expected["type"]
    for name, key in (("value", "ICC"), ("f", "F"), ("df1", "df1"), ("df2", "df2"), ("p", "p"),
                      ("low", "lower"), ("high", "upper")):  # fmt: skip
        assert [getattr(one, name) for one in found] == pytest.approx(expected[key], rel=1e-9), key
