"""How every analysis hands over its result: to a reader, as JSON, as a table, as a picture."""

from __future__ import annotations

import functools
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.options import one_document

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

TABLE_SUFFIXES = (".csv", ".parquet", ".json")
PLOT_SUFFIXES = (".svg", ".png", ".html", ".pdf")
_WORTH_A_BAR = 1.0
"""Seconds of work after which progress is shown."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an analysis came to.

    Parameters
    ----------
    title
        What a page with the picture is called.
    document
        The JSON document; arrays and numpy numbers are allowed, missing numbers become ``null``.
    tables
        Tables by name; the first is what ``--out`` writes as CSV or Parquet.
    text
        Prints what a person reads.
    chart
        Makes the Vega-Lite specification, only when a picture is wanted.
    """

    title: str
    document: Mapping[str, Any]
    tables: Mapping[str, Rows | pl.DataFrame]
    text: Callable[[Console], None]
    chart: Callable[[], dict[str, Any]] | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def column(flag: str, *, help: str, required: bool = True) -> Callable[..., Any]:  # noqa: A002
    """Return an option that takes the name of a column of FILE."""
    return click.option(flag, metavar="COL", required=required, help=help)


file_argument = click.argument("file", metavar="FILE", type=click.Path(path_type=str))


def confidence(of: str) -> Callable[..., Any]:
    """Return the option for the level of intervals, of which ``of`` says which."""
    return click.option(
        "--confidence", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95,
        show_default=True, help=of,
    )  # fmt: skip


def delivered(command: Callable[..., Result]) -> Callable[..., None]:
    """Add ``--json``, ``--out`` and ``--plot`` to a command that returns a `Result`."""

    @one_document
    @click.option(
        "--out", type=click.Path(path_type=Path, dir_okay=False), callback=target(TABLE_SUFFIXES),
        help="Write the result: .csv or .parquet the table, .json the document.",
    )  # fmt: skip
    @click.option(
        "--plot", type=click.Path(path_type=Path, dir_okay=False), callback=target(PLOT_SUFFIXES),
        help="Draw it: .svg, .png, .html or .pdf.",
    )  # fmt: skip
    @functools.wraps(command)
    def run(*, as_json: bool, out: Path | None, plot: Path | None, **options: Any) -> None:
        result = command(**options)
        document = dict(result.document)
        document.setdefault("notes", list(result.notes))
        made: dict[Path, bytes] = {}
        if out is not None:
            made[out] = _table_bytes(result, document, out.suffix.lower())
        if plot is not None:
            made[plot] = _plot_bytes(result, plot.suffix.lower())
        for path, content in made.items():
            write_whole(path, content)
        if as_json:
            click.echo(json_text(document))
        else:
            _print(result)

    return run


def json_text(document: Mapping[str, Any]) -> str:
    """Return JSON in full double precision; what is missing or not finite is ``null``."""
    return json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that either all of it is there or nothing has changed."""
    with whole(path) as part:
        part.write_bytes(content)


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write a table by the suffix of its path, wholly or not at all."""
    with whole(path) as part:
        match path.suffix.lower():
            case ".csv":
                table.write_csv(part)
            case ".parquet":
                table.write_parquet(part)
            case _:
                table.write_json(part)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside the target; what was written there is then put in its place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as fault:
        raise click.ClickException(f"{path} cannot be written: {fault.strerror}") from fault
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr, on a terminal and only for work of more than a second.

    Yields a function that is told how much more is done.
    """
    if not sys.stderr.isatty():
        yield lambda _more: None
        return
    from rich.console import Console
    from rich.progress import Progress

    began = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True, disable=False) as bar:
        task = bar.add_task(description, total=total, visible=False)

        def advance(more: int) -> None:
            worth = time.monotonic() - began > _WORTH_A_BAR
            bar.update(task, advance=more, visible=worth)

        yield advance


def target(suffixes: tuple[str, ...]) -> Callable[..., Path | None]:
    """Return an option's callback that refuses another suffix, or a folder that is not there."""

    def check(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in suffixes:
            raise click.BadParameter(f"the file must end in {', '.join(suffixes)}")
        if path is not None and not path.absolute().parent.is_dir():
            raise click.BadParameter("its folder does not exist")
        return path

    return check


def _plain(value: Any) -> Any:
    """Return plain JSON values of arrays, numpy numbers, mappings and sequences."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _table_bytes(result: Result, document: Mapping[str, Any], suffix: str) -> bytes:
    if suffix == ".json":
        return (json_text(document) + "\n").encode()
    import io

    import polars as pl

    table = next(iter(result.tables.values()))
    if not isinstance(table, pl.DataFrame):
        rows = [_flat(row) for row in table]
        table = pl.DataFrame(rows, infer_schema_length=None, strict=False)
    written = io.BytesIO()
    if suffix == ".csv":
        table.write_csv(written)
    else:
        table.write_parquet(written)
    return written.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose lists are text, as a table's cell must be one value."""
    plain = {key: _plain(value) for key, value in row.items()}
    return {
        key: json.dumps(value) if isinstance(value, list | dict) else value
        for key, value in plain.items()
    }


def _plot_bytes(result: Result, suffix: str) -> bytes:
    if result.chart is None:
        raise click.ClickException("there is nothing to draw in this result")
    from openalliance.charts import render

    specification = result.chart()
    match suffix:
        case ".svg":
            return render.to_svg(specification).encode()
        case ".png":
            return render.to_png(specification)
        case ".pdf":
            return render.to_pdf(specification)
        case _:
            return render.to_html(specification, title=result.title).encode()


def _print(result: Result) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    result.text(console)
    for note in result.notes:
        console.print(f"Note: {note}", markup=False)
