"""``openalliance meta``: the document of the contract, words first, faults with their place."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.meta.command import meta
from openalliance.core.errors import TableError

REFERENCE = Path(__file__).parents[1] / "reference"
ALLIANCE = str(REFERENCE / "alliance_outcome.csv")
OF_ALLIANCE = [ALLIANCE, "--r", "ri", "--n", "ni", "--study", "study", "--id", "esid"]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "meta"

PROMISED = {
    "k", "studies", "model", "method", "test", "coefficients", "tau2", "tau2_ci", "sigma2",
    "sigma2_levels", "I2", "H2", "Q", "QM", "prediction_interval", "loglik", "AIC", "BIC",
    "robust", "diagnostics", "bias",
}  # fmt: skip
NOT_EFFECTS = {
    "aloe2013.csv", "bonett2010.csv", "dmetar_bdiscores.csv", "linde2015.csv",
    "metapsy_depression_psyctr.csv",
}  # fmt: skip
"""Files without an effect and its error; the last has every comparison in both directions."""


def _run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(meta, list(arguments), input=stdin)


def _document(*arguments: str, stdin: str | None = None) -> dict[str, Any]:
    done = _run(*arguments, "--json", stdin=stdin)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    path = REFERENCE / "meta_alliance_outcome.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _districts(path: Path) -> str:
    """Write effects of two schools in each of eight districts."""
    lines = ["yi,vi,district,school"]
    lines += [
        f"{0.1 * (at % 7) + 0.05 * (at // 4):.3f},{0.01 + 0.002 * (at % 5)},d{at // 4},s{at // 2}"
        for at in range(32)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_robust_errors_by_what_holds_several_studies(tmp_path: Path) -> None:
    file = _districts(tmp_path / "districts.csv")
    named = ["--effect", "yi", "--variance", "vi", "--robust", "CR2"]
    inner = _document(file, *named, "--study", "school")
    outer = _document(file, *named, "--study", "school", "--cluster", "district")
    assert (inner["robust"]["clusters"], outer["robust"]["clusters"]) == (16, 8)
    assert (inner["robust"]["cluster"], outer["robust"]["cluster"]) == ("school", "district")
    assert outer["coefficients"] == inner["coefficients"]
    assert outer["robust"]["coefficients"][0]["se"] > inner["robust"]["coefficients"][0]["se"]
    alone = _document(file, *named, "--cluster", "district", "--model", "random")
    nested = _document(file, *named, "--study", "district", "--model", "random")
    ours, same = alone["robust"]["coefficients"][0], nested["robust"]["coefficients"][0]
    assert ours == pytest.approx(same)
    said = _run(file, *named, "--study", "school", "--cluster", "district")
    assert "8 clusters by “district”" in said.stdout
    refused = _run(file, *named, "--study", "district", "--cluster", "school")
    assert isinstance(refused.exception, TableError)
    assert "whole studies" in str(refused.exception)
    useless = _run(file, "--effect", "yi", "--variance", "vi", "--cluster", "district")
    assert useless.exit_code == 2
    assert "belongs to --robust" in useless.output


def test_the_document_has_what_was_promised_and_agrees(reference: dict[str, Any]) -> None:
    expected = reference["two_level"]["methods"]["REML"]
    document = _document(*OF_ALLIANCE, "--model", "random")
    assert set(document) >= PROMISED
    assert (document["k"], document["studies"]) == (93, 30)
    assert (document["model"], document["method"], document["test"]) == ("random", "REML", "z")
    (only,) = document["coefficients"]
    assert only["term"] == "Intercept"
    assert only["estimate"] == pytest.approx(expected["beta"][0], rel=1e-6)
    assert only["ci_lower"] == pytest.approx(expected["ci_lb"][0], rel=1e-6)
    assert only["df"] is None
    assert document["tau2"] == pytest.approx(expected["tau2"], rel=1e-6)
    intervals = reference["two_level"]["confint_tau2_QP"]
    assert document["tau2_ci"] == pytest.approx([intervals["lb"][0], intervals["ub"][0]], rel=1e-6)
    further = reference["two_level"]["predict"]
    assert document["prediction_interval"][1] == pytest.approx(further["pi_ub"][0], rel=1e-6)
    assert document["Q"]["statistic"] == pytest.approx(expected["QE"], rel=1e-6)
    assert [document[name] for name in ("sigma2", "sigma2_levels", "QM", "robust", "bias")] == [
        None, None, None, None, None,
    ]  # fmt: skip


def test_three_levels_robust_and_moderators(reference: dict[str, Any]) -> None:
    expected = reference["three_level"]
    document = _document(*OF_ALLIANCE, "--robust", "CR2")
    assert document["model"] == "three-level"
    assert document["sigma2"] == pytest.approx(expected["REML"]["sigma2"], rel=1e-4)
    assert document["sigma2_levels"] == ["study", "study/esid"]
    assert document["tau2"] is None
    sure = document["robust"]
    assert (sure["type"], sure["clusters"]) == ("CR2", 30)
    assert sure["coefficients"][0]["se"] == pytest.approx(expected["CR2"]["se"][0], rel=1e-4)
    assert sure["coefficients"][0]["df"] == pytest.approx(expected["CR2"]["df"][0], rel=1e-4)
    both = expected["moderators"]["m2"]
    moderated = _document(*OF_ALLIANCE, "--moderators", "modality + rater")
    assert moderated["QM"]["statistic"] == pytest.approx(both["QM"], rel=1e-4)
    assert moderated["prediction_interval"] is None
    che = _document(*OF_ALLIANCE, "--model", "three-level", "--rho", "0.6")
    assert che["coefficients"][0]["se"] == pytest.approx(expected["CHE"]["se"][0], rel=1e-4)


def test_bias_agrees_and_fail_safe_warns(reference: dict[str, Any]) -> None:
    expected = reference["two_level"]
    bias = _document(*OF_ALLIANCE, "--model", "random", "--bias")["bias"]
    assert set(bias) >= {"egger", "pet", "peese", "trim_fill"}
    assert bias["egger"]["p"] == pytest.approx(expected["pet_wls"]["slope_p"], rel=1e-6)
    assert bias["pet"]["estimate"] == pytest.approx(expected["pet_wls"]["intercept"], rel=1e-6)
    assert bias["peese"]["se"] == pytest.approx(expected["peese_wls"]["intercept_se"], rel=1e-6)
    mixed = expected["egger"]["mixed_sei"]
    assert bias["random_effects"]["egger"]["p"] == pytest.approx(mixed["pval"], rel=1e-6)
    assert bias["trim_fill"]["k0"] == expected["trimfill_auto_side"]["k0"]
    chosen = expected["selmodel_3psm_greater"]
    assert bias["selection"]["estimate"] == pytest.approx(chosen["estimate"], rel=1e-4)
    assert "do not take" in bias["fail_safe"]["warning"]
    nested = _document(*OF_ALLIANCE, "--bias")["bias"]
    p = expected["egger"]  # the multilevel test has its own reference
    assert nested["egger"]["p"] != p["lm_sei"]["pval"]
    theirs = reference["three_level"]["egger_multilevel"]["CR2"]
    assert nested["egger"]["p"] == pytest.approx(theirs["p"][1], rel=1e-3)


def test_diagnostics_leave_out_effects_or_studies(reference: dict[str, Any]) -> None:
    expected = reference["two_level"]["leave1out"]
    rows = _document(*OF_ALLIANCE, "--model", "random", "--diagnostics")["diagnostics"]
    assert len(rows) == 93
    assert [row["estimate"] for row in rows] == pytest.approx(expected["estimate"], rel=1e-6)
    assert (rows[1]["study"], rows[1]["row"]) == (2, 2)
    nested = _document(*OF_ALLIANCE, "--diagnostics")["diagnostics"]
    theirs = reference["three_level"]["leave_one_study_out"]
    assert [row["estimate"] for row in nested] == pytest.approx(theirs["beta"], rel=1e-4)
    assert set(nested[0]["dfbetas"]) == {"Intercept"}
    said = " ".join(_run(*OF_ALLIANCE, "--diagnostics").stdout.split())
    assert "Without any one study the average lies between" in said


def test_words_come_first_and_say_what_was_found() -> None:
    said = " ".join(_run(*OF_ALLIANCE, "--back-transform", "--bias", "--profile").stdout.split())
    assert said.startswith("Three-level model (REML): 93 effects of 30 studies")
    assert "On average 0.288" in said
    assert "As r: 0.281" in said
    assert "prediction interval" in said
    assert "Trim-and-fill" in said
    assert "profile-likelihood interval" in said


def test_values_are_turned_back() -> None:
    document = _document(*OF_ALLIANCE, "--back-transform", "--model", "random")
    back, average = document["back_transformed"], document["coefficients"][0]["estimate"]
    assert back["scale"] == "r"
    assert back["estimate"] == pytest.approx(math.tanh(average))


def test_means_and_counts_become_effects(tmp_path: Path) -> None:
    means = "m1,s1,a,m2,s2,b\n12,4,20,10,4,20\n11,5,30,10,4,28\n9,4,25,9.5,4,24\n"
    flags, columns = (
        ("mean1", "sd1", "n1", "mean2", "sd2", "n2"),
        ["m1", "s1", "a", "m2", "s2", "b"],
    )
    pairs = zip(flags, columns, strict=True)
    options = [word for flag, name in pairs for word in (f"--{flag}", name)]
    document = _document("-", *options, stdin=means)
    assert document["scale"] == "Hedges’ g"
    counts = "e1,n1,e2,n2\n10,30,5,30\n4,20,6,22\n8,40,3,39\n"
    document = _document("-", stdin=counts.replace("e1", "events1").replace("e2", "events2"))
    assert document["scale"] == "log odds ratio"
    assert "events1" in document["notes"][0]
    others = counts.replace("n1", "x1").replace("n2", "x2")
    named = ["--events1", "e1", "--others1", "x1", "--events2", "e2", "--others2", "x2"]
    ratio = _document("-", *named, "--measure", "RR", "--back-transform", stdin=others)
    assert ratio["back_transformed"]["scale"] == "risk ratio"


@pytest.mark.parametrize("kind", ["forest", "funnel", "profile", "baujat", "bubble"])
def test_every_picture_is_drawn(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "picture.svg"
    extra = ["--moderators", "year"] if kind == "bubble" else []
    done = _run(*OF_ALLIANCE, "--bias", "--plot", str(target), "--plot-kind", kind, *extra)
    assert done.exit_code == 0, done.output
    assert target.read_text(encoding="utf-8").startswith("<svg")


def test_groups_in_the_forest_need_studies_that_lie_in_one(tmp_path: Path) -> None:
    target = tmp_path / "picture.svg"
    asked = [*OF_ALLIANCE, "--subgroup", "rater", "--plot", str(target)]
    fault = _run(*asked).exception
    assert isinstance(fault, TableError)
    assert fault.column == "rater"
    assert not target.exists()
    assert _run(*asked, "--label", "study").exit_code == 0
    assert "rater: client" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "options", "row", "column"),
    [
        ("yi,vi\n0.1,0.01\n0.2,x\n", [], 2, "vi"),
        ("yi,vi\n0.1,0.01\n0.2,0\n", [], 2, "vi"),
        ("yi,vi\n0.1,0.01\n0.2,0.01\n", ["--effect", "d", "--variance", "vi"], None, "d"),
        ("ri,ni\n0.1,40\n1.2,40\n", [], 2, "ri"),
        ("ri,ni\n0.1,40\n0.2,3\n", [], 2, "ni"),
        ("yi,vi\n,0.01\n0.2,\n", [], None, "yi"),
        ("study,e,yi,vi\na,1,1,1\na,1,2,1\n", ["--study", "study", "--id", "e", "--effect", "yi",
                                                "--variance", "vi"], 2, "e"),
        ("events1,n1,events2,n2\n3,9,1,8\n9,8,1,9\n", [], 2, "n1"),
    ],
)  # fmt: skip
def test_faults_name_file_column_and_row(
    content: str, options: list[str], row: int | None, column: str
) -> None:
    fault = _run("-", *options, stdin=content).exception
    assert isinstance(fault, TableError)
    assert fault.row == row
    assert column in (fault.column or "") + str(fault)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--effect", "yi"], "--variance is missing"),
        (["--effect", "yi", "--variance", "vi", "--n", "n"], "leave no room for --n"),
        (["--model", "three-level"], "needs --study"),
        (["--robust", "CR2"], "needs --study or --cluster"),
        (["--plot-kind", "bubble"], "needs --moderators"),
        (["--model", "fixed", "--profile"], "no variance"),
        (["--study", "s", "--model", "three-level", "--method", "DL"], "REML or ML"),
        (["--level", "0.95"], "50"),
    ],
)
def test_what_does_not_go_together_is_refused(options: list[str], said: str) -> None:
    done = _run("-", *options, stdin="s,yi,vi\n1,0.1,0.1\n")
    assert done.exit_code == 2
    assert said in done.stderr


def test_names_of_effects_need_no_studies(tmp_path: Path) -> None:
    rows = "name,yi,vi\nfirst,0.1,0.02\nsecond,0.3,0.01\nthird,0.2,0.04\n"
    target = tmp_path / "forest.svg"
    assert _document("-", "--id", "name", "--plot", str(target), stdin=rows)["k"] == 3
    assert "third" in target.read_text(encoding="utf-8")
    fault = _run("-", "--id", "name", stdin=rows.replace("third", "first")).exception
    assert isinstance(fault, TableError)
    assert (fault.row, "name" in str(fault)) == (3, True)


def test_one_effect_and_equal_effects_have_an_answer() -> None:
    alone = _document("-", "--bias", "--diagnostics", stdin="yi,vi\n0.3,0.04\n")
    assert alone["coefficients"][0]["se"] == pytest.approx(0.2)
    assert alone["bias"]["egger"] is None
    assert alone["diagnostics"][0]["estimate"] is None
    equal = _document("-", "--bias", "--profile", stdin="yi,vi\n" + "0.3,0.04\n" * 5)
    assert equal["tau2"] == 0.0
    assert "equally exact" in " ".join(equal["notes"])
    said = _run("-", "--bias", "--diagnostics", stdin="yi,vi\n0.3,0.04\n").stdout
    assert "nan" not in said
    assert "1 effect," in said
    fault = _run("-", "--profile", stdin="yi,vi\n0.3,0.04\n").exception
    assert isinstance(fault, TableError)


def test_rows_are_chosen_by_their_values() -> None:
    document = _document(*OF_ALLIANCE, "--where", "rater=client", "--where", "year=2015")
    assert 1 < document["k"] < 93
    fault = _run(*OF_ALLIANCE, "--where", "rater=nobody").exception
    assert isinstance(fault, TableError)
    assert fault.column == "rater"
    assert _run(*OF_ALLIANCE, "--where", "rater").exit_code == 2


def test_comparisons_listed_in_both_directions_are_refused() -> None:
    rows = "".join(
        f"{sign * (0.1 + 0.01 * at)},0.0{at + 1}\n" for at in range(8) for sign in (1, -1)
    )
    fault = _run("-", stdin=f"yi,vi\n{rows}").exception
    assert isinstance(fault, TableError)
    assert "both directions" in str(fault)


def test_authors_of_several_years_are_several_studies() -> None:
    rows = "A,2001,0.1,0.01\nA,2004,0.2,0.02\nB,2001,0.4,0.01\n"
    assert _document("-", stdin=f"author,year,yi,vi\n{rows}")["studies"] == 3


def test_a_file_that_says_nothing_is_told_what_to_name() -> None:
    fault = _run("-", stdin="a,b\n1,2\n").exception
    assert isinstance(fault, TableError)
    assert "--effect with --variance" in str(fault)
    assert "“a”, “b”" in str(fault)


@pytest.mark.skipif(not SHARED.exists(), reason="the published data are not here")
def test_every_published_file_is_fitted_or_told_what_is_missing() -> None:
    refused = set()
    for path in sorted(SHARED.glob("*.csv")):
        done = _run(str(path), "--json")
        if done.exception is None or done.exit_code == 0:
            document = json.loads(done.stdout)
            assert document["converged"], path.name
            assert math.isfinite(document["coefficients"][0]["se"])
            continue
        assert isinstance(done.exception, TableError), (path.name, done.exception)
        refused.add(path.name)
        assert str(path) in str(done.exception)
    assert refused == NOT_EFFECTS


def test_rows_of_one_author_are_not_one_study_where_an_id_tells_them_apart() -> None:
    rows = "1,A,0.1,0.01\n2,A,0.2,0.02\n3,B,0.4,0.01\n"
    document = _document("-", stdin=f"id,author,yi,vi\n{rows}")
    assert (document["studies"], document["model"]) == (3, "random")
    assert any("--study author" in note for note in document["notes"])


def test_an_outer_cluster_is_taken_or_spoken_of() -> None:
    rows = "".join(f"{1 + at // 2},{at},0.{at},0.01\n" for at in range(1, 8))
    table = f"district,study,yi,vi\n{rows}"
    document = _document("-", stdin=table)
    assert (document["studies"], document["model"]) == (4, "three-level")
    named = _document("-", "--effect", "yi", "--variance", "vi", "--study", "study", stdin=table)
    assert (named["studies"], named["model"]) == (7, "random")
    for one in (document, named):
        assert any("“district”" in note for note in one["notes"])


def test_effects_come_in_by_a_column() -> None:
    table = "study,year,yi,vi\nA,2003,0.1,0.01\nB,2001,0.3,0.02\nC,2002,0.7,0.01\n"
    rows = _document("-", "--cumulative", "year", stdin=table)["cumulative"]
    assert [row["added"] for row in rows] == ["B", "C", "A"]
    two = _document("-", stdin="study,yi,vi\nB,0.3,0.02\nC,0.7,0.01\n")
    assert rows[1]["estimate"] == pytest.approx(two["coefficients"][0]["estimate"], abs=1e-12)
    assert rows[0]["estimate"] == pytest.approx(0.3)
    assert "As results came in, by “year”" in _run("-", "--cumulative", "year", stdin=table).stdout
    fault = _run("-", "--cumulative", "year", stdin=table.replace("2001", "")).exception
    assert isinstance(fault, TableError)
    assert (fault.row, fault.column) == (2, "year")
