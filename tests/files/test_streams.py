"""Files read client by client: pieces are whole clients, and together they are the file."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openalliance.core.errors import TableError
from openalliance.files import streams
from openalliance.files.streams import Piece, open_stream

COLUMNS = ["t", "s", "y"]


def written(frame: pl.DataFrame, folder: Path, suffix: str) -> Path:
    path = folder / f"rows{suffix}"
    if suffix == ".parquet":
        frame.write_parquet(path, row_group_size=11)
    else:
        frame.write_csv(path, separator="\t" if suffix == ".tsv" else ",")
    return path


def cohort(lengths: list[int]) -> pl.DataFrame:
    rows = sum(lengths)
    client = np.repeat(np.arange(len(lengths)), lengths)
    turn = np.concatenate([np.arange(n) for n in lengths]) if lengths else np.empty(0, int)
    return pl.DataFrame(
        {
            "c": [f"c{number:03d}" for number in client],
            "t": turn,
            "s": turn + 1,
            "y": np.round(np.arange(rows) * 0.1, 1),
        }
    )


def pieces(path: Path | str) -> list[Piece]:
    return list(open_stream(path, client="c", columns=COLUMNS).pieces())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    batch=st.integers(1, 40),
    suffix=st.sampled_from([".csv", ".tsv", ".parquet"]),
)
def test_pieces_are_whole_clients_and_together_the_file(
    lengths: list[int], batch: int, suffix: str, tmp_path: Path
) -> None:
    path = written(cohort(lengths), tmp_path, suffix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BATCH", batch)
        patch.setattr(streams, "SMALL_TEXT", 0)
        stream = open_stream(path, client="c", columns=COLUMNS)
        found = list(stream.pieces())
    assert stream.rows == sum(lengths)
    names = [name for piece in found for name in piece.clients.to_list()]
    assert names == [f"c{number:03d}" for number in range(len(lengths))]
    assert [n for piece in found for n in np.diff(piece.offsets).tolist()] == lengths
    assert [piece.begins for piece in found] == np.cumsum(
        [0, *(piece.frame.rows for piece in found[:-1])]
    ).tolist()
    values = np.concatenate([np.asarray(piece.scores("y"), float) for piece in found])
    np.testing.assert_allclose(values, np.round(np.arange(sum(lengths)) * 0.1, 1))
    assert all(piece.times("t")[1] == "number" for piece in found)
    assert all((piece.sessions("s") >= 1).all() for piece in found)


@pytest.mark.parametrize("batch", [2, 100])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_client_who_comes_again_is_refused(
    batch: int, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BATCH", batch)
    frame = pl.DataFrame({"c": list("aabbcca"), "t": range(7), "s": range(1, 8), "y": range(7)})
    path = written(frame, tmp_path, suffix)
    with pytest.raises(TableError, match=r"row 7, column “c”.*sort the file by client and time"):
        pieces(path)


@pytest.mark.parametrize(
    ("times", "row", "said"),
    [([0, 1, 1], 3, "same client and time"), ([0, 2, 1], 3, "earlier than the one before")],
)
def test_times_out_of_order_are_refused(
    times: list[int], row: int, said: str, tmp_path: Path
) -> None:
    frame = pl.DataFrame({"c": list("aaa"), "t": times, "s": [1, 2, 3], "y": [0, 0, 0]})
    with pytest.raises(TableError, match=rf"row {row}, column “t”.*{said}"):
        pieces(written(frame, tmp_path, ".parquet"))[0].times("t")


def test_faults_name_the_row_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BATCH", 3)
    monkeypatch.setattr(streams, "SMALL_TEXT", 0)
    frame = cohort([2, 2, 2, 2]).with_columns(pl.col("y").cast(pl.String))
    cells = frame["y"].to_list()
    cells[6] = "much"
    path = written(frame.with_columns(y=pl.Series(cells)), tmp_path, ".csv")
    with pytest.raises(TableError, match=r"row 7, column “y”.*not a number"):
        [piece.scores("y") for piece in pieces(path)]
    sessions = cohort([2, 2, 2, 2]).with_columns(s=pl.Series([1, 2, 1, 2, 1, 2, 1, 0]))
    path = written(sessions, tmp_path, ".parquet")
    with pytest.raises(TableError, match=r"row 8, column “s”.*numbered from 1"):
        [piece.sessions("s") for piece in pieces(path)]


def test_an_empty_name_is_refused_by_its_row(tmp_path: Path) -> None:
    frame = cohort([2, 2]).with_columns(c=pl.Series(["a", "a", " ", "b"]))
    for suffix in (".csv", ".parquet"):
        with pytest.raises(TableError, match=r"row 3, column “c”.*a name is needed"):
            pieces(written(frame, tmp_path, suffix))


def test_empty_cells_are_missing_values(tmp_path: Path) -> None:
    frame = cohort([3]).with_columns(y=pl.Series([1.0, None, 2.0]), s=pl.Series([1, None, 3]))
    for suffix in (".csv", ".parquet"):
        (piece,) = pieces(written(frame, tmp_path, suffix))
        np.testing.assert_array_equal(piece.scores("y"), [1.0, np.nan, 2.0])
        np.testing.assert_array_equal(piece.sessions("s"), [1, 0, 3])


def test_days_and_moments_count_days(tmp_path: Path) -> None:
    days = [date(2026, 1, 5), date(2026, 1, 12)]
    moments = [datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(days=7 * n) for n in range(2)]
    for times in (pl.Series(days), pl.Series(moments), pl.Series(["2026-01-05", "2026-01-12"])):
        frame = cohort([2]).with_columns(t=times)
        (piece,) = pieces(written(frame, tmp_path, ".parquet"))
        found, unit = piece.times("t")
        assert (unit, float(found[1]) - float(found[0])) == ("days", 7.0)


def test_semicolons_and_decimal_commas_in_large_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SMALL_TEXT", 0)
    path = tmp_path / "rows.csv"
    path.write_text("c;t;s;y\na;0;1;3,5\na;1;2;4,5\n")
    (piece,) = pieces(path)
    assert piece.scores("y").tolist() == [3.5, 4.5]


def test_standard_input_is_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    given: Any = io.TextIOWrapper(io.BytesIO(b"c,t,s,y\na,0,1,2\n"))
    monkeypatch.setattr(sys, "stdin", given)
    assert pieces("-")[0].scores("y").tolist() == [2.0]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_that_cannot_be_used_are_refused(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SMALL_TEXT", 0)
    path = written(cohort([2]).drop("y"), tmp_path, suffix)
    with pytest.raises(TableError, match=r"column “y”.*no such column"):
        pieces(path)
    path.write_bytes(b"")
    with pytest.raises(TableError):
        pieces(path)
    with pytest.raises(TableError, match="cannot be read"):
        pieces(tmp_path / f"none{suffix}")
    with pytest.raises(TableError, match="must end in"):
        pieces(tmp_path / "rows.xlsx")
    damaged = tmp_path / f"damaged{suffix}"
    damaged.write_bytes(b"c,t,s,y\n\xff\xfe,1,1,1\na,1,1,1,1,1\n")
    with pytest.raises(TableError):
        pieces(damaged)
