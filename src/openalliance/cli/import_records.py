"""``openalliance import``: bring existing records in from a table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from openalliance.core.errors import InputError
from openalliance.files.cells import guarded_row

if TYPE_CHECKING:
    from openalliance.core.instruments import Instrument
    from openalliance.files.mapping import Mapping
    from openalliance.files.records import Reading
    from openalliance.files.rows import Refusal
    from openalliance.site.records.checkins.imports import Examined
    from openalliance.site.records.practice.models import Practice

TEMPLATE = """\
client,therapist,episode,session,date,rater,instrument,scale,value
A-17,amara@practice.example,1,1,2025-09-01,client,oa-check-in,life,4.2
A-17,amara@practice.example,1,1,2025-09-01,client,oa-check-out-client,alliance,7.5
A-17,amara@practice.example,1,1,2025-09-01,therapist,oa-check-out-therapist,alliance,7
A-17,amara@practice.example,1,2,2025-09-08,client,oa-check-in,life,4.6
"""
_SHOWN = 20
_PROGRESS_FROM = 20_000


def _report_suffix(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in {".csv", ".json"}:
        raise click.BadParameter("the report must end in .csv or .json")
    return path


@click.command(
    name="import",
    epilog="\n".join(
        [
            "\b",
            "Examples:",
            "  openalliance import --template > records.csv",
            "  openalliance import records.csv --report refused.csv",
            "  openalliance import records.csv --apply",
            "  openalliance import trial.csv --mapping trial.json --apply",
        ]
    ),
)
@click.argument("file", required=False)
@click.option("--template", is_flag=True, help="Print an example file and stop.")
@click.option("--practice", "named", help="Name of the practice, where there are several.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="OPENALLIANCE_DATA_DIR",
    default=Path("openalliance-data"),
    show_default=True,
    help="Folder of the practice.",
)
@click.option(
    "--mapping", "mapping_path", type=click.Path(path_type=Path, dir_okay=False),
    help="How to read a file that does not follow the template.",
)  # fmt: skip
@click.option("--therapist", help="E-mail of the therapist of every row.")
@click.option(
    "--dry-run/--apply", "dry_run", default=True, show_default=True,
    help="Only say what would happen, or do it.",
)  # fmt: skip
@click.option("--skip-refused", is_flag=True, help="Go on without the rows that are refused.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), callback=_report_suffix,
    help="Where every row that is refused or left out is listed: .csv or .json.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def import_records(file: str | None, template: bool, **options: Any) -> int:
    """Bring existing records in from FILE: CSV, TSV or Parquet, one row per value.

    Without --apply nothing is written: it is said what would happen, and each row that is refused,
    with the reason. All rows are taken in or none. The same file twice changes nothing, and a
    value that is already there is never overwritten.
    """
    if template:
        click.echo(TEMPLATE, nl=False)
        return 0
    if file is None:
        raise click.UsageError("name a FILE, or ask for --template")
    return 0 if _run(file, **options) else 1


def _run(
    file: str,
    *,
    named: str | None,
    data_dir: Path,
    mapping_path: Path | None,
    therapist: str | None,
    dry_run: bool,
    skip_refused: bool,
    report: Path | None,
    as_json: bool,
) -> bool:
    from openalliance.files.mapping import read_mapping
    from openalliance.files.tables import read_table

    table = read_table(file)
    mapping = read_mapping(mapping_path) if mapping_path else None
    practice = _practice(data_dir, named)
    from openalliance.files.records import mapping_for, read_records

    chosen = mapping_for(table, mapping, therapist=therapist)
    if skip_refused:
        chosen = chosen.model_copy(update={"skip_refused": True})
    known = _instruments(chosen)
    reading = read_records(
        table,
        chosen,
        known,
        zone=ZoneInfo(practice.time_zone),
        progress=_progress("rows read", table.height),
    )
    from openalliance.site.records.checkins.imports import examine

    examined = examine(practice, reading, chosen, known)
    applied = not dry_run and not examined.refused
    if applied:
        _apply(practice, reading, chosen)
    result = _result(file, reading.rows, examined, applied=applied)
    if report is not None:
        _write_report(report, result)
    _show(result, report, as_json=as_json)
    return not examined.refused


def _practice(data_dir: Path, named: str | None) -> Practice:
    data_dir = data_dir.expanduser().resolve()
    from openalliance.site.config.secrets import FILE
    from openalliance.site.config.server import prepare

    if not (data_dir / FILE).exists():
        raise InputError(
            "there is no practice in this folder; set one up with “openalliance serve”",
            where=str(data_dir),
        )
    prepare(data_dir, tell=_tell)
    from openalliance.site.records.practice.access import practices

    found = [one for one in practices() if named in {None, one.name, str(one.pk)}]
    if not found:
        raise InputError("there is no such practice here", where="--practice")
    if len(found) > 1:
        raise InputError("there are several practices here; name one", where="--practice")
    return found[0]


def _instruments(mapping: Mapping) -> dict[str, Instrument]:
    from openalliance.files.mapping import instruments_of
    from openalliance.site.records.checkins.instruments import known_instruments

    return {**known_instruments(), **instruments_of(mapping)}


def _apply(practice: Practice, reading: Reading, mapping: Mapping) -> None:
    """Write the records; instruments the mapping brings along stay only if that succeeds."""
    from django.conf import settings

    from openalliance.files.instruments import store
    from openalliance.files.mapping import instruments_of
    from openalliance.site.records.checkins.imports import take_in

    folder = settings.DATA_DIR / "instruments"
    added: list[Path] = []
    try:
        for instrument in instruments_of(mapping).values():
            is_new = not (folder / f"{instrument.key}.json").exists()
            path = store(folder, instrument)
            if is_new:
                added.append(path)
        take_in(
            practice,
            reading,
            mapping,
            now=datetime.now(UTC),
            progress=_progress("courses read", len(reading.records)),
        )
    except BaseException:
        for path in added:
            path.unlink(missing_ok=True)
        raise


def _result(file: str, rows: int, examined: Examined, *, applied: bool) -> dict[str, Any]:
    return {
        "file": file,
        "rows": rows,
        "applied": applied,
        "new": {
            "clients": examined.clients,
            "episodes": examined.episodes,
            "sessions": examined.sessions,
            "scores": len(examined.new),
        },
        "already_there": examined.already_there,
        "refused": [_line(one) for one in examined.refused],
        "left_out": [_line(one) for one in examined.left_out],
    }


def _line(refusal: Refusal) -> dict[str, Any]:
    return {
        "row": refusal.row,
        "column": refusal.column,
        "why": refusal.why,
        "what_to_do": refusal.what_to_do,
    }


def _write_report(path: Path, result: dict[str, Any]) -> None:
    """Write every row that is not taken in, whole or not at all."""
    lines = [
        {"status": status, **line} for status in ("refused", "left_out") for line in result[status]
    ]
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            if path.suffix.lower() == ".json":
                json.dump(lines, out, ensure_ascii=False, indent=2)
            else:
                fields = ("status", "row", "column", "why", "what_to_do")
                writer = csv.writer(out)
                writer.writerow(fields)
                writer.writerows(guarded_row(line[name] for name in fields) for line in lines)
        part.replace(path)
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=str(path)) from None
    finally:
        part.unlink(missing_ok=True)


def _show(result: dict[str, Any], report: Path | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    new, refused = result["new"], result["refused"]
    click.echo(f"{result['file']}: {result['rows']} rows")
    click.echo(
        f"  new: {new['scores']} scores, {new['clients']} clients, {new['episodes']} episodes,"
        f" {new['sessions']} sessions"
    )
    click.echo(f"  already there: {result['already_there']} scores")
    for title, lines in (("left out", result["left_out"]), ("refused", refused)):
        click.echo(f"  {title}: {len(lines)}")
        for line in lines[:_SHOWN]:
            click.echo(
                f"    row {line['row']}, column “{line['column']}”: {line['why']}."
                f" To do: {line['what_to_do']}."
            )
        if len(lines) > _SHOWN:
            where = f"see {report}" if report else "--report PATH lists them all"
            click.echo(f"    … and {len(lines) - _SHOWN} more; {where}")
    click.echo(_conclusion(applied=result["applied"], refused=bool(refused)))


def _conclusion(*, applied: bool, refused: bool) -> str:
    if applied:
        return "Done: all of it is in."
    if refused:
        return "Nothing was written: mend the refused rows, or use --skip-refused."
    return "Nothing was written: this was a dry run. Use --apply to bring it in."


def _progress(what: str, total: int) -> Callable[[int, int], None] | None:
    if total < _PROGRESS_FROM:
        return None
    return lambda done, of: _tell(f"{done} of {of} {what}")


def _tell(message: str) -> None:
    click.echo(message, err=True)
