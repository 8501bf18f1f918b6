"""Every method and approach of change against clinicalsignificance 3.0.0.

One test per result of ``clinsig_change.json`` (our own data) and of ``clinsig_claus_2020_bdi.json``
(where the shared references are). Where the package departs from the primary source, the test
shows both numbers: cut-off b, the hierarchical method.
"""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openalliance.core.course.change_methods import (
    BY_CODE,
    ChangeAnalysis,
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    CutoffType,
    LongScores,
    PrePost,
    Threshold,
    analyse_change,
    between,
    select,
    within,
)
from openalliance.core.instruments import Better

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
METHODS = ("JT", "GLN", "HLL", "EN", "NK", "HA")
COMBINED = tuple(f"{method}_{cutoff}" for method in METHODS for cutoff in "ac")
STATISTICAL = ("JT_a", "JT_c", "HA_a", "HA_c")
FILES = ("clinsig_change", "clinsig_claus_2020_bdi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    reference: dict[str, Any]
    pairs: PrePost
    long: LongScores
    names: np.ndarray
    rows: list[dict[str, str]]

    def analysis(self, **asked: Any) -> ChangeAnalysis:
        meta = self.reference["meta"]
        settings = ChangeSettings(
            reliability=meta["reliability"],
            reliability_post=meta["reliability_post"],
            functional_mean=meta["m_functional"],
            functional_sd=meta["sd_functional"],
            mid_improvement=meta["mid_improvement"],
            mid_deterioration=meta["mid_deterioration"],
            **asked,
        )
        return analyse_change(self.pairs, settings, long=self.long)

    def keyed(self, approach: str, key: str) -> ChangeAnalysis:
        method, _, cutoff = key.partition("_")
        return self.analysis(
            approach=ChangeApproach(approach),
            method=ChangeMethod(method.lower()),
            cutoff=CutoffType(cutoff) if cutoff else None,
        )


@cache
def case_of(name: str) -> Case:
    if name == "clinsig_change":
        reference, data, column = HERE / f"{name}.json", HERE / "change.csv", "y"
    else:
        reference = SHARED / "reference" / f"{name}.json"
        data, column = SHARED / "data/clinical/claus_2020.csv", "bdi"
    if not reference.exists() or not data.exists():
        pytest.skip("the shared reference results are not on this machine")
    read = json.loads(reference.read_text())
    with data.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names, clients = np.unique([int(row["id"]) for row in rows], return_inverse=True)
    times = np.array([float(row["time"]) for row in rows])
    scores = np.array([float(row[column] or "nan") for row in rows])
    meta = read["meta"]
    return Case(
        reference=read,
        pairs=select(clients, times, scores, pre=meta["pre"], post=meta["post"]),
        long=LongScores(clients=clients, times=times, scores=scores),
        names=names,
        rows=rows,
    )


def agrees(found: ChangeAnalysis, case: Case, expected: dict[str, Any]) -> None:
    per_client, summary = expected["per_patient"], expected["summary"]
    summary = summary.get("individual_level_summary", summary)
    assert case.names[found.clients].tolist() == [int(name) for name in per_client["id"]]
    assert found.change == pytest.approx(per_client["change"], rel=1e-12)
    assert categories(found) == [name.lower() for name in per_client["category"]]
    assert [share.category for share in found.summary] == [n.lower() for n in summary["category"]]
    assert [share.n for share in found.summary] == summary["n"]
    shares = [share.proportion for share in found.summary]
    assert shares == pytest.approx(summary["percent"], abs=5e-5)


def categories(found: ChangeAnalysis) -> list[str]:
    return [BY_CODE[int(code)].value for code in found.codes]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("method", METHODS)
def test_distribution(file: str, method: str) -> None:
    case = case_of(file)
    expected = case.reference["distribution"][method]
    found = case.keyed("distribution", method)
    agrees(found, case, expected)
    assert found.index == pytest.approx(expected["per_patient"]["rci"], rel=1e-12, abs=1e-14)
    assert found.critical_value == pytest.approx(expected["critical_value"], rel=1e-12)
    for key in ("s_diff", "se_prediction"):
        if key in expected:
            assert found.error == pytest.approx(expected[key], rel=1e-12)
    if "r_dd" in expected:
        assert found.difference_reliability == pytest.approx(expected["r_dd"], rel=1e-12)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("key", STATISTICAL)
def test_statistical(file: str, key: str) -> None:
    case = case_of(file)
    expected = case.reference["statistical"][key]
    found = case.keyed("statistical", key)
    agrees(found, case, expected)
    assert found.cutoff is not None
    assert found.cutoff.value == pytest.approx(expected["cutoff"]["value"], rel=1e-12)
    assert found.index is None
    if "cs_indiv" in expected["per_patient"]:
        assert found.crossed is not None
        cs = expected["per_patient"]["cs_indiv"]
        assert found.crossed.index == pytest.approx(cs, rel=1e-11)


@pytest.mark.parametrize(
    ("file", "theirs", "ours"),
    [
        ("clinsig_change", 25.422576410696553, 9.0 + 2.0 * 5.0),
        ("clinsig_claus_2020_bdi", 24.317286727696064, 8.0 + 2.0 * 7.0),
    ],
)
def test_statistical_cutoff_b_uses_the_functional_sd(file: str, theirs: float, ours: float) -> None:
    case = case_of(file)
    expected = case.reference["statistical"]["JT_b"]["cutoff"]["value"]
    found = case.keyed("statistical", "JT_b")
    meta = case.reference["meta"]
    assert expected == pytest.approx(theirs, rel=1e-12)
    assert expected == pytest.approx(meta["m_functional"] + 2 * found.sample.pre_sd, rel=1e-12)
    assert found.cutoff is not None
    assert found.cutoff.value == ours


@pytest.mark.parametrize("file", FILES)
def test_statistical_cutoff_b_of_true_scores_uses_the_functional_sd(file: str) -> None:
    case = case_of(file)
    meta = case.reference["meta"]
    found = case.keyed("statistical", "HA_b")
    expected = case.reference["statistical"]["HA_b"]["cutoff"]["value"]
    sem = found.sample.pre_sd * np.sqrt(1 - meta["reliability"])
    clinical, functional = (
        np.sqrt(sd**2 - sem**2) for sd in (found.sample.pre_sd, meta["sd_functional"])
    )
    assert expected == pytest.approx(meta["m_functional"] + 2 * clinical, rel=1e-12)
    assert found.cutoff is not None
    assert found.cutoff.value == pytest.approx(meta["m_functional"] + 2 * functional, rel=1e-12)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("key", COMBINED)
def test_combined(file: str, key: str) -> None:
    case = case_of(file)
    expected = case.reference["combined"][key]
    found = case.keyed("combined", key)
    if key.startswith("HA"):  # the package's table of clients never shows who recovered
        table = expected["per_patient"] | {"category": _with_recovered(expected["per_patient"])}
        expected = expected | {"per_patient": table}
        level = expected["summary"]["group_level_summary"]["percent"]
        assert found.group_level is not None
        assert found.group_level.changed == pytest.approx(level[0], rel=1e-12)
        assert found.group_level.functional == pytest.approx(level[1], rel=1e-12)
    agrees(found, case, expected)
    assert found.cutoff is not None
    assert found.cutoff.value == pytest.approx(expected["cutoff"]["value"], rel=1e-12)
    assert found.index == pytest.approx(expected["per_patient"]["rci"], rel=1e-12, abs=1e-14)


def _with_recovered(table: dict[str, Any]) -> list[str]:
    pairs = zip(table["recovered"], table["category"], strict=True)
    return ["Recovered" if recovered else category for recovered, category in pairs]


@pytest.mark.parametrize("file", FILES)
def test_distribution_hlm_deviation_agrees_and_the_published_index_is_another(file: str) -> None:
    """The package tests the deviation from the average slope; the published index the slope."""
    case = case_of(file)
    expected = case.reference["distribution"]["HLM"]
    found = case.keyed("distribution", "HLM")
    slopes = found.slopes
    assert slopes is not None
    assert case.names[found.clients].tolist() == [int(n) for n in expected["per_patient"]["id"]]
    assert slopes.n.tolist() == expected["per_patient"]["n"]
    assert found.pre.tolist() == expected["per_patient"]["pre"]
    assert found.post.tolist() == expected["per_patient"]["post"]
    assert slopes.average == pytest.approx(expected["lmer"]["fixef"]["time"], abs=1e-6)
    assert slopes.residual_sd == pytest.approx(expected["lmer"]["sigma"], abs=1e-4)
    assert slopes.deviation_index == pytest.approx(expected["per_patient"]["rci"], abs=1e-4)
    # Both samples improve on average, so the slope says more clients improved than the deviation.
    theirs = expected["summary"]["n"]
    ours = [share.n for share in found.summary]
    shown = {
        "clinsig_change": ([4, 47, 2], [23, 30, 0]),
        "clinsig_claus_2020_bdi": ([5, 32, 3], [22, 18, 0]),
    }
    assert (theirs, ours) == shown[file]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("key", ["HLM_a", "HLM_c"])
def test_combined_hlm_has_the_same_cutoff(file: str, key: str) -> None:
    case = case_of(file)
    found = case.keyed("combined", key)
    assert found.cutoff is not None
    expected = case.reference["combined"][key]["cutoff"]["value"]
    assert found.cutoff.value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("key", ["p50", "p30_50", "p20"])
def test_percentage(file: str, key: str) -> None:
    case = case_of(file)
    expected = case.reference["percentage"][key]
    found = case.analysis(
        approach=ChangeApproach.PERCENTAGE,
        percent_improvement=expected["pct_improvement"],
        percent_deterioration=expected["pct_deterioration"],
    )
    agrees(found, case, expected)
    shares = expected["per_patient"]["pct_change"]
    assert found.percent_change == pytest.approx(shares, rel=1e-12)


@pytest.mark.parametrize("file", FILES)
def test_anchor_individual(file: str) -> None:
    case = case_of(file)
    found = case.analysis(approach=ChangeApproach.ANCHOR)
    agrees(found, case, case.reference["anchor"]["individual"])


@pytest.mark.parametrize("file", FILES)
def test_anchor_cwb(file: str) -> None:
    case = case_of(file)
    found = case.analysis(
        approach=ChangeApproach.COMBINED,
        method=ChangeMethod.CLAUS_WAGER_BONNET,
        cutoff=CutoffType.C,
    )
    expected = case.reference["anchor"]["CWB"]
    assert [share.n for share in found.summary] == expected["summary"]["n"]
    recovered = [code == 2 for code in found.codes.tolist()]
    assert recovered == expected["per_patient"]["recovered"]


def _threshold(case: Case) -> Threshold:
    meta = case.reference["meta"]
    return Threshold(
        improvement=meta["mid_improvement"],
        deterioration=meta["mid_deterioration"],
        sign=-1.0,
        confidence=0.95,
    )


@pytest.mark.parametrize("file", FILES)
def test_anchor_group_within(file: str) -> None:
    case = case_of(file)
    expected = case.reference["anchor"]["group_within"]["result"]
    found = within(case.analysis(approach=ChangeApproach.ANCHOR).change, _threshold(case))
    for key in ("difference", "lower", "upper"):
        assert getattr(found, key) == pytest.approx(expected[key][0], rel=1e-11)
    assert [found.effect] == expected["category"]
    assert list(found.n) == expected["n"]


def test_anchor_group_between_claus() -> None:
    case = case_of("clinsig_claus_2020_bdi")
    expected = case.reference["anchor"]["group_between"]["result"]
    post = {
        group: np.array(
            [float(row["bdi"]) for row in case.rows
             if row["treatment"] == group and row["time"] == "4" and row["bdi"]]
        )
        for group in ("TAU", "PA")
    }  # fmt: skip
    found = between(post["TAU"], post["PA"], _threshold(case))
    for key in ("difference", "lower", "upper"):
        assert getattr(found, key) == pytest.approx(expected[key][0], rel=1e-11)
    assert list(found.n) == [expected["n_reference"][0], expected["n_comparison"][0]]
    assert [found.effect] == expected["category"]


@pytest.mark.parametrize(
    ("file", "columns", "ends", "better", "clients"),
    [
        ("jacobson_1989.csv", ("subject", "time", "das"), ("pre", "post"), Better.HIGHER, 30),
        ("hechler_2014.csv", ("patient", "measurement", "disability"), "12", Better.LOWER, 92),
    ],
)
def test_published_samples_client_by_client(
    file: str, columns: tuple[str, str, str], ends: Sequence[str], better: Better, clients: int
) -> None:
    """Couples of Jacobson et al. (1989), children of Hechler et al. (2014), one by one."""
    path = SHARED / "data/clinical" / file
    if not path.exists():
        pytest.skip("the shared data are not on this machine")
    scores: dict[str, dict[str, float]] = {}
    with path.open(newline="") as table:
        for row in csv.DictReader(table):
            who, when, score = (row[column] for column in columns)
            if score:
                scores.setdefault(who, {})[when] = float(score)
    pairs = [(of[ends[0]], of[ends[1]]) for of in scores.values() if len(of) == 2]
    assert len(pairs) == clients
    pre, post = (np.array(column) for column in zip(*pairs, strict=True))
    settings = ChangeSettings(approach=ChangeApproach.DISTRIBUTION, reliability=0.88, better=better)
    found = analyse_change(PrePost(pre=pre, post=post), settings)
    limit = 1.959963984540054 * statistics.stdev(pre.tolist()) * (2.0 * 0.12) ** 0.5
    by_hand = []
    for first, last in pairs:
        gain = last - first if better is Better.HIGHER else first - last
        by_hand.append("improved" if gain > limit else "deteriorated" if gain < -limit else None)
    assert categories(found) == [name or "unchanged" for name in by_hand]
