"""``openalliance export``: take everything out, one client's record, or numbers for research."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import json_text, progress
from openalliance.cli.options import data_folder, one_document
from openalliance.core.errors import InputError
from openalliance.files.cells import guarded_row

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Practice

_EXAMPLES = """\b
Examples:
  openalliance export out/
  openalliance export out/ --client K7RM2P
  openalliance export out/ --research
  openalliance import out/numbers.csv --mapping out/numbers.mapping.json
  openalliance import-record out/clients/*.json --therapist amara@practice.example
"""
_MAPPING = {
    "format": "openalliance-mapping/1",
    "about": "Numbers taken out of OpenAlliance, with the time of each.",
    "columns": {
        name: name
        for name in (
            "client",
            "therapist",
            "episode",
            "modality",
            "session",
            "date",
            "rater",
            "instrument",
            "scale",
            "value",
        )
    },
    "time": {"kind": "datetime"},
}


@click.command(epilog=_EXAMPLES)
@click.argument("dest", type=click.Path(path_type=Path, file_okay=False))
@click.option("--client", "code", metavar="CODE", help="Only one client’s record.")
@click.option(
    "--research", is_flag=True,
    help="Only numbers, only of clients who agreed to research, under made-up names.",
)  # fmt: skip
@click.option("--practice", "named", help="Name of the practice, where there are several.")
@data_folder
@one_document
def export(
    dest: Path, *, code: str | None, research: bool, named: str | None, data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Write what the practice holds into DEST, a new or empty folder.

    Each client’s record is one JSON file, named by the client’s code, with their plans beside it as
    FHIR; numbers.csv has all scores, as “openalliance import” reads them; practice.json has the
    public pages and the requests of those who knocked. What is sealed, and what a client keeps for
    themselves, is not in it. These files are not encrypted: whoever has them can
    read them.
    """
    from openalliance.site.config.installation import open_installation

    if code and research:
        raise click.UsageError("Choose one: --client or --research.")
    open_installation(data_dir)
    practice = _practice(named)
    _prepare(dest)
    counts = _research(dest, practice) if research else _everything(dest, practice, code)
    if as_json:
        click.echo(json_text({"folder": str(dest.absolute()), **counts}))
        return
    click.echo(f"{', '.join(f'{n:,} {what}' for what, n in counts.items())} written to {dest}.")
    click.echo("These files are not encrypted. Delete them when you need them no more.")


def _practice(named: str | None) -> Practice:
    from openalliance.site.records.practice.access import practices

    there = practices()
    chosen = [one for one in there if named in {None, one.name}]
    if len(chosen) != 1:
        names = ", ".join(f"“{one.name}”" for one in there) or "none yet"
        raise InputError(f"say which practice with --practice; there are: {names}")
    return chosen[0]


def _prepare(dest: Path) -> None:
    try:
        dest.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(dest.iterdir()):
            raise InputError("is not empty; choose a new folder", where=str(dest))
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=str(dest)) from None


def _everything(dest: Path, practice: Practice, code: str | None) -> dict[str, int]:
    from openalliance.site.records.rights import numbers
    from openalliance.site.records.rights.erasure import records
    from openalliance.site.records.rights.plan_files import plans_for_practice
    from openalliance.site.records.rights.practice_record import portraits, practice_record
    from openalliance.site.records.rights.record import record_for_practice

    now = datetime.now(UTC)
    chosen = [one for one in records(practice.pk) if code in {None, one.code}]
    if code and not chosen:
        raise InputError(f"no client of this practice has the code {code}")
    folder = dest / "clients"
    folder.mkdir(mode=0o700)
    with progress("Writing records", len(chosen)) as advance:
        for one in chosen:
            document = record_for_practice(one.client_id, practice.pk, now=now)
            _write(folder / f"{one.code}.json", json_text(document))
            plans = plans_for_practice(one.client_id, practice.pk, now=now)
            if plans["entry"]:
                _write(folder / f"{one.code}.plan.json", json_text(plans))
            advance(1)
    if code:
        return {"records": len(chosen)}
    rows = _table(
        dest / "numbers.csv", numbers.OWN_COLUMNS, numbers.own_numbers(practice.pk, now=now)
    )
    _write(dest / "numbers.mapping.json", json.dumps(_MAPPING, indent=2))
    held = practice_record(practice.pk, now=now)
    _write(dest / "practice.json", json_text(held))
    for name, picture in portraits(practice.pk):
        with os.fdopen(_new(dest / name), "wb") as file:
            file.write(picture)
    return {"records": len(chosen), "rows": rows, "requests": len(held["requests"])}


def _research(dest: Path, practice: Practice) -> dict[str, int]:
    from openalliance.site.records.rights import numbers

    rows = numbers.research_numbers(practice.pk, now=datetime.now(UTC))
    return {"rows": _table(dest / "research.csv", numbers.RESEARCH_COLUMNS, rows)}


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with os.fdopen(_new(path), "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow(guarded_row(row))
            count += 1
    return count


def _write(path: Path, text: str) -> None:
    with os.fdopen(_new(path), "w", encoding="utf-8") as file:
        file.write(text)


def _new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
