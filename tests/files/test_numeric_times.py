"""Times of a table as numbers: sessions, days, moments; one kind in a column."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openalliance.core.errors import TableError
from openalliance.files.frame import Frame, read_frame
from openalliance.files.times import numeric_times, time_of


def frame_of(*cells: object) -> Frame:
    return Frame(file="scores.csv", polars=pl.DataFrame({"when": list(cells)}))


@pytest.mark.parametrize("cells", [("1", " 2.5", "-3"), (1, 2.5, -3), ("1", "2.50", "-3e0")])
def test_numbers_stay_as_they_are(cells: tuple[object, ...]) -> None:
    found, unit = numeric_times(Frame(file="f", polars=pl.DataFrame({"when": cells}, strict=False)),
                                "when")  # fmt: skip
    assert unit == "number"
    assert found.tolist() == [1.0, 2.5, -3.0]


def test_before_and_after_as_no_and_yes() -> None:
    found, unit = numeric_times(frame_of(False, True), "when")
    assert (found.tolist(), unit) == ([0.0, 1.0], "number")


def test_days_count_from_1970() -> None:
    found, unit = numeric_times(frame_of("1970-01-02", "2024-02-29", "2024-03-01"), "when")
    assert unit == "days"
    assert found.tolist() == [1.0, 19782.0, 19783.0]


def test_moments_have_fractions_and_zones() -> None:
    cells = ("2024-02-29T12:00", "2024-02-29 18:00:00", "2024-03-01T01:00+01:00")
    found, _ = numeric_times(frame_of(*cells), "when")
    assert (found - 19782.0).tolist() == [0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    "cells", [(date(2024, 2, 29), date(2024, 3, 1)), (datetime(2024, 2, 29), datetime(2024, 3, 1))]  # noqa: DTZ001
)  # fmt: skip
def test_native_dates_of_parquet(cells: tuple[date, ...], tmp_path: Path) -> None:
    pl.DataFrame({"when": cells}).write_parquet(tmp_path / "t.parquet")
    found, unit = numeric_times(read_frame(tmp_path / "t.parquet"), "when")
    assert unit == "days"
    assert np.diff(found).tolist() == [1.0]


@pytest.mark.parametrize(
    ("cells", "row"),
    [(("1", "x"), 2), (("1", ""), 2), (("2024-01-01", "soon", "3"), 2), (("", "2024-01-01"), 1),
     (("2024-01-01", "2024-02-30"), 2), (("before", "after"), 1)],
)  # fmt: skip
def test_the_first_wrong_row_is_named(cells: tuple[str, ...], row: int) -> None:
    with pytest.raises(TableError) as fault:
        numeric_times(frame_of(*cells), "when")
    assert (fault.value.row, fault.value.column) == (row, "when")


def test_a_missing_column_is_said() -> None:
    with pytest.raises(TableError, match="no such column"):
        numeric_times(frame_of("1"), "time")


def test_one_time_is_read_as_the_column_is() -> None:
    assert time_of("2024-02-29", "days") == 19782.0
    assert time_of(" 4 ", "number") == 4.0
    for text, unit in (("after", "number"), ("after", "days"), ("nan", "number")):
        with pytest.raises(ValueError, match=r"write it|convert"):
            time_of(text, unit)  # type: ignore[arg-type]
