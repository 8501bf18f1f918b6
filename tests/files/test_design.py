"""Formulas over a table's columns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from openalliance.core.errors import InputError, TableError
from openalliance.files.design import additive, design_of, width_of
from openalliance.files.frame import Frame


@pytest.fixture
def frame() -> Frame:
    cells = {
        "week": ["0", "1", "2", "3", "4"],
        "bdi.pre": ["20", "20", "31", "31", ""],
        "arm": ["TAU", "BtheB", "TAU", "BtheB", "TAU"],
        "first name": ["2", "3", "5", "7", "11"],
        "mixed": ["1", "x", "2", "3", "4"],
        "still": ["1", "1", "1", "1", "1"],
    }
    return Frame(file="scores.csv", polars=pl.DataFrame(cells))


def test_terms_are_named_after_the_columns(frame: Frame) -> None:
    made = design_of(frame, "week * bdi.pre")
    assert made.terms == ("Intercept", "week", "bdi.pre", "week:bdi.pre")
    assert made.kept.tolist() == [True] * 4 + [False]
    assert made.matrix[3].tolist() == [1.0, 3.0, 31.0, 93.0]


def test_text_is_a_category_with_a_reference(frame: Frame) -> None:
    made = design_of(frame, "week + arm")
    assert made.terms == ("Intercept", "week", "arm[T.TAU]")
    assert made.matrix[:, 2].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0]


def test_functions_and_columns_made_outside(frame: Frame) -> None:
    made = design_of(frame, "log1p(week) + time", given={"time": np.arange(5.0) ** 2})
    assert made.terms == ("Intercept", "log1p(week)", "time")
    assert made.matrix[:, 1] == pytest.approx(np.log1p(np.arange(5.0)))


def test_powers_are_written_either_way(frame: Frame) -> None:
    for formula in ("week + I(week^2)", "week + I(week ** 2)"):
        made = design_of(frame, formula)
        assert made.terms == ("Intercept", "week", "I(week ** 2)")
        assert made.matrix[:, 2].tolist() == [0.0, 1.0, 4.0, 9.0, 16.0]
    assert design_of(frame, "(week + bdi.pre)^2").terms[-1] == "week:bdi.pre"


@pytest.mark.parametrize(
    "formula",
    [
        "week + I(9 ** 9 ** 9 ** 9)", "I(week ** 9 ** 9 ** 9)", "I((9) ** 9)",
        "I(((9)^9)^9) + week",
        "week ^ 99", "I(week ^ 99)", "((week + arm + still + mixed2) ^ 9) ^ 9 ^ 9",
        "(week + bdi.pre) ^ 9 * (week + bdi.pre) ^ 9", "I(((week))) ^ 10", "(week",
    ],
)  # fmt: skip
def test_what_would_never_end_is_refused_at_once(frame: Frame, formula: str) -> None:
    with pytest.raises((InputError, TableError)):
        design_of(frame, formula)


def test_a_bracket_with_a_column_may_be_raised(frame: Frame) -> None:
    assert design_of(frame, "I((week - 2) ^ 2)").matrix[:, 1].tolist() == [4.0, 1.0, 0.0, 1.0, 4.0]


def test_more_columns_than_there_is_room_for_are_refused_before_they_are_made() -> None:
    names = [f"x{at}" for at in range(40)]
    cells = {name: [f"{at}.5", "1", "2"] for at, name in enumerate(names)}
    many = Frame(file="wide.csv", polars=pl.DataFrame(cells))
    for formula in (" * ".join(names), f"({' + '.join(names)}) ^ 9", "C(x1) * C(x2)"):
        text = {f"c{at}": [f"v{row}" for row in range(99)] for at in range(3)}
        with pytest.raises(InputError, match="more than 2,000 columns"):
            design_of(many, formula) if "C(" not in formula else design_of(
                Frame(file="c.csv", polars=pl.DataFrame(text)), "c0 * c1"
            )
    assert width_of(many, "x1 * x2 + x3") >= 5


def test_numbers_made_categories_are_named_as_in_the_file(frame: Frame) -> None:
    assert design_of(frame, "C(week)").terms[1:] == tuple(f"C(week)[T.{k}]" for k in (1, 2, 3, 4))


def test_any_column_name_can_be_added(frame: Frame) -> None:
    assert design_of(frame, additive(["week", "first name"])).terms[2] == "first name"
    assert design_of(frame, "week + first name").terms[2] == "first name"


def test_without_an_intercept(frame: Frame) -> None:
    assert design_of(frame, "0 + week").terms == ("week",)


def test_rows_outside_are_not_used(frame: Frame) -> None:
    some = np.array([True, False, True, True, True])
    assert design_of(frame, "week", rows=some).matrix.shape == (4, 2)


def test_other_rows_are_coded_as_those_of_the_table(frame: Frame) -> None:
    made = design_of(frame, "week * arm")
    more = made.like(np.array([1, 1, 0]), {"week": np.array([7.0, 8.0, 9.0])})
    assert made.terms == ("Intercept", "week", "arm[T.TAU]", "week:arm[T.TAU]")
    assert more.tolist() == [[1.0, 7.0, 0.0, 0.0], [1.0, 8.0, 0.0, 0.0], [1.0, 9.0, 1.0, 9.0]]
    assert design_of(frame, "1").like(np.array([0, 0]), {}).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("formula", "error", "words"),
    [
        ("week + weight", TableError, "no such column"),
        ("week + mixed", TableError, "not a number"),
        ("week + still", TableError, "“still” is constant"),
        ("week + I(week + week)", TableError, "follows from"),
        ("open(week)", InputError, "no function here"),
        ("week + {week}", InputError, "cannot be read"),
        ("week + 'x'", InputError, "cannot be read"),
        ("week +* arm", InputError, "cannot be read"),
        ("log(week)", InputError, "finite number"),
    ],
)
def test_faults_are_named(frame: Frame, formula: str, error: type[InputError], words: str) -> None:
    with pytest.raises(error, match=words):
        design_of(frame, formula)


def test_a_stray_text_names_its_row(frame: Frame) -> None:
    with pytest.raises(TableError) as caught:
        design_of(frame, "mixed")
    assert (caught.value.column, caught.value.row) == ("mixed", 2)
