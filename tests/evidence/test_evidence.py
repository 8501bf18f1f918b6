"""Meta-analysis from Python: tables of every kind in, tidy tables out."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from openalliance import evidence
from openalliance.core.errors import InputError
from openalliance.core.evidence.meta import two_level

FILE = Path(__file__).parents[1] / "reference" / "alliance_outcome.csv"


def found(**asked: object) -> evidence.Found:
    settings = {"r": "ri", "n": "ni", "study": "study"} | asked
    return evidence.fit(FILE, **settings)  # type: ignore[arg-type]


def test_a_table_of_any_kind_gives_the_same() -> None:
    by_file = found(moderators="rater + year")
    frame = pl.read_csv(FILE)
    pandas = pd.DataFrame(frame.to_dict(as_series=False))
    for table in (frame, pandas, frame.to_dict(as_series=False)):
        other = evidence.fit(table, r="ri", n="ni", study="study", moderators="rater + year")
        assert other.frame().equals(by_file.frame())


def test_three_levels_where_studies_have_several_effects() -> None:
    assert found().model_frame()["model"].item() == "three-level"
    assert found(test="knha").model_frame()["model"].item() == "random"
    assert found(study=None).model_frame()["model"].item() == "random"
    assert found(model="fixed").model_frame()["method"].item() is None


def test_tables_are_tidy() -> None:
    whole = found(moderators="rater", robust_errors="CR2")
    assert whole.frame().columns == [
        "term", "estimate", "se", "statistic", "df", "p", "ci_low", "ci_high",
    ]  # fmt: skip
    assert whole.frame()["df"].null_count() == 0
    effects = whole.effects_frame()
    assert effects.height == whole.k
    assert effects["hat"].sum() == pytest.approx(len(whole.frame()))
    assert whole.studies_frame().height == whole.studies
    assert whole.studies_frame()["effects"].sum() == whole.k
    variances = whole.variance_frame()
    assert (variances["low"] <= variances["estimate"]).all()
    by_q = found(model="random").variance_frame(by="Q")
    assert by_q.height == 1


def test_leaving_out_and_cumulating() -> None:
    whole = found()
    left = whole.influence(by="study")
    assert left.height == whole.studies
    assert set(left["study"]) == set(whole.names)
    single = found(model="random")
    assert single.influence().height == single.k
    years = pl.read_csv(FILE)["year"].to_list()
    grown = whole.cumulative(years, by="study")
    assert grown["estimate"][-1] == pytest.approx(whole.estimate, abs=1e-6)
    assert single.cumulative()["estimate"][-1] == pytest.approx(single.estimate, abs=1e-9)


def test_predictions_for_settings_of_the_moderators() -> None:
    whole = found(moderators="rater * year")
    raters = sorted(set(pl.read_csv(FILE)["rater"]))
    at = whole.predict(rater=raters, year=2010)
    assert at["rater"].to_list() == raters
    first = whole.fit.estimate @ np.array(
        [{"Intercept": 1.0, "year": 2010.0}.get(term, 0.0) for term in whole.fit.data.terms]
    )
    assert at["estimate"][0] == pytest.approx(first)
    assert (at["true_low"] < at["low"]).all()
    assert found().predict().height == 1
    assert found().predict(wider=True)["true_low"][0] < found().predict()["true_low"][0]
    for wrong in ({"rater": "nobody", "year": 2010}, {"rater": raters[0]}, {"colour": 1}):
        with pytest.raises(InputError):
            whole.predict(**wrong)
    with pytest.raises(InputError, match="as many"):
        whole.predict(rater=raters[:2], year=[2010.0, 2011.0, 2012.0])


def test_selection_and_robust_tests_follow() -> None:
    whole = found(model="random")
    assert whole.selection().weights[0] == 1.0
    assert whole.robustly("CR1").clusters == whole.studies


def test_pictures_of_every_kind(tmp_path: Path) -> None:
    plain = found(model="random")
    for kind in ("forest", "funnel", "profile", "baujat"):
        assert plain.plot(kind).words  # type: ignore[arg-type]
    assert found().plot().svg().startswith("<svg")
    line = found(moderators="year + rater").plot("bubble", term="year", back_transform=True)
    assert line.words
    assert found(moderators="rater").plot("forest").words
    assert found(model="fixed").plot()._repr_svg_().startswith("<svg")
    for suffix in ("svg", "png", "pdf", "html"):
        assert line.save(tmp_path / f"line.{suffix}").stat().st_size > 1_000
    with pytest.raises(InputError, match="ends in"):
        line.save(tmp_path / "line.gif")
    with pytest.raises(InputError, match="there are forest"):
        plain.plot("pie")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="only Fisher"):
        found(transform="none").plot(back_transform=True)
    with pytest.raises(InputError, match="moderator"):
        plain.plot("bubble")


def test_a_summary_says_what_was_done_and_found() -> None:
    text = found(moderators="rater", robust_errors="CR2", rho=0.6).summary()
    assert text.startswith("Three levels by REML: ")
    for word in ("CR2 errors", "between studies", "All moderators together: F(", "guess"):
        assert word in text
    assert "A further true effect" in str(found(model="random"))
    assert "One true effect:" in found(model="fixed").summary()


def test_rows_without_what_is_needed_are_left_out_and_said() -> None:
    table = {"y": [0.1, None, 0.3, 0.2], "s": [0.1, 0.1, 0.2, 0.1], "a": ["x", "y", None, "y"]}
    plain = evidence.fit(table, effect="y", se="s")
    assert plain.k == 3
    assert plain.effects_frame()["row"].to_list() == [1, 3, 4]
    moderated = evidence.fit(table, effect="y", se="s", moderators="a")
    assert moderated.k == 2
    assert len([note for note in moderated.notes if "left out" in note]) == 2


@pytest.mark.parametrize(
    ("table", "asked", "said"),
    [
        ({"y": [0.1, 0.2]}, {"effect": "y"}, "name effect with"),
        ({"y": [0.1, 0.2], "v": [0.1, -0.1]}, {"effect": "y", "variance": "v"}, "above 0"),
        ({"y": [None], "v": [0.1]}, {"effect": "y", "variance": "v"}, "no row"),
        ({"r": [1.0], "n": [20]}, {"r": "r", "n": "n"}, "between"),
        ({"r": [0.1], "n": [3]}, {"r": "r", "n": "n"}, "3 persons"),
        ({"y": [], "v": []}, {"effect": "y", "variance": "v"}, "no rows"),
    ],
)
def test_what_cannot_be_fitted_is_said(
    table: dict[str, list[float]], asked: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        evidence.fit(table, **asked)  # type: ignore[arg-type]


def test_examples_in_the_words_of_modules_hold() -> None:
    for module in (evidence, two_level):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


def test_nothing_is_imported_before_it_is_used() -> None:
    code = "import sys; from openalliance import evidence; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert "fit" in dir(evidence)
    with pytest.raises(AttributeError):
        _ = evidence.nothing


def test_columns_with_usual_names_need_no_naming() -> None:
    whole = evidence.fit(FILE)
    assert whole.notes[0] == "Columns were taken by their names: r ri, n ni, study study."
    assert whole.estimate == found().estimate


def test_two_groups_are_read_as_on_the_command_line() -> None:
    rows = {"m1": [3.0, 4.0], "s": [1.0, 2.0], "n": [20, 30], "m2": [2.0, 3.5]}
    groups = {"mean1": "m1", "sd1": "s", "n1": "n", "mean2": "m2", "sd2": "s", "n2": "n"}
    by_means = evidence.fit(rows, groups=groups)
    assert (by_means.k, by_means.measure) == (2, "Hedges’ g")
    events = {"e1": [3, 4], "n1": [20, 30], "e2": [5, 9], "n2": [20, 30]}
    named = {"events1": "e1", "n1": "n1", "events2": "e2", "n2": "n2"}
    ratios = evidence.fit(events, groups=named, measure="RR")
    assert ratios.measure == "Log risk ratio"
    assert "Average 0.50" in ratios.plot(back_transform=True).words
    with pytest.raises(InputError, match="all of two groups"):
        evidence.fit(rows, groups={"mean1": "m1"})
    with pytest.raises(InputError, match="“n” may be sample sizes"):
        evidence.fit({"n": [3]})
