"""Internal consistency against psych 2.2.9 and CECPfuns, on complete forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from openalliance.core.course import standard_error_of_measurement
from openalliance.core.evidence.reliability import Reliability, reliability

HERE = Path(__file__).parent
SHARED = HERE.parents[1].parent / "shared"


def _both(document: dict[str, Any], folder: Path, scale: str) -> tuple[dict[str, Any], Reliability]:
    theirs = document["scales"][scale]
    table = pl.read_csv(folder / document["meta"]["csv"], infer_schema=False)
    columns = [pl.col(name).cast(pl.Float64, strict=False) for name in theirs["items"]]
    responses = table.select(columns).to_numpy()
    complete = responses[np.isfinite(responses).all(axis=1)]
    assert len(complete) == theirs["n_complete"]
    return theirs, reliability(complete, items=theirs["items"])


def _shared(name: str) -> dict[str, Any]:
    path = SHARED / "reference" / name
    if not path.exists():
        pytest.skip(f"shared/reference/{name} is not beside the project")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _compare_totals(theirs: dict[str, Any], ours: Reliability) -> None:
    assert ours.alpha == pytest.approx(theirs["CECP_alpha"], rel=1e-12)
    assert ours.split_half == pytest.approx(theirs["odd_even"]["spearman_brown"], rel=1e-12)
    omega = theirs["omega_1factor"]
    assert ours.omega_total == pytest.approx(omega["omega_t_from_1factor"], abs=1e-6)
    loadings = [one.loading for one in ours.items]
    assert loadings == pytest.approx(omega["loadings_minres"], abs=1e-4)
    total = theirs["total"]
    for name in ("mean", "sd", "sem"):
        assert getattr(ours, name) == pytest.approx(total[name], rel=1e-12)
    change = dict(zip(total["conf"], total["rci"], strict=True))
    assert ours.reliable_change == pytest.approx(change[0.95], rel=1e-12)


def _compare_items(theirs: dict[str, Any], ours: Reliability) -> None:
    alpha = theirs["alpha"]
    assert (ours.alpha_low, ours.alpha_high) == pytest.approx(
        (alpha["feldt_lower"], alpha["feldt_upper"]), rel=1e-12
    )
    assert ours.alpha_standardised == pytest.approx(alpha["std"], rel=1e-12)
    assert ours.mean_correlation == pytest.approx(alpha["average_r"], rel=1e-12)
    for ours_name, name in (
        ("item_rest", "r_drop"), ("alpha_if_dropped", "alpha_drop"), ("mean", "item_mean"),
        ("sd", "item_sd"),
    ):  # fmt: skip
        found = [getattr(one, ours_name) for one in ours.items]
        assert found == pytest.approx(alpha[name], rel=1e-11)


def test_psychometrics_items_items6() -> None:
    theirs, ours = _both(
        json.loads((HERE / "psychometrics_items.json").read_text()), HERE, "items6"
    )
    _compare_totals(theirs, ours)
    _compare_items(theirs, ours)


@pytest.mark.parametrize("scale", ["QIDS16", "YBOCS10"])
def test_psychometrics_rogers(scale: str) -> None:
    theirs, ours = _both(_shared("psychometrics_rogers.json"), SHARED, scale)
    _compare_totals(theirs, ours)
    _compare_items(theirs, ours)


def test_psychometrics_bfi_neuro_n() -> None:
    """Items with gaps: psych works pairwise, we with complete forms; those figures are compared."""
    theirs, ours = _both(_shared("psychometrics_bfi_neuro.json"), SHARED, "N")
    _compare_totals(theirs, ours)
    assert ours.alpha == pytest.approx(theirs["alpha_complete"], rel=1e-12)
    assert ours.alpha != pytest.approx(theirs["alpha"]["raw"], rel=1e-5)


def test_psychometrics_cecp_formulas_rci() -> None:
    theirs = _shared("psychometrics_cecp_formulas.json")["rci"]
    from scipy.special import ndtri

    for sd, r, confidence, expected in zip(
        *(theirs[k] for k in ("SD", "rel", "conf", "RCI")), strict=True
    ):
        sem = standard_error_of_measurement(sd, r)
        found = float(ndtri(0.5 + confidence / 2)) * np.sqrt(2.0) * sem
        assert found == pytest.approx(expected, rel=1e-12)
