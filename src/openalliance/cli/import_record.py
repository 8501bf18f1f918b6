"""``openalliance import-record``: clients' records from another installation are brought in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import json_text
from openalliance.cli.options import data_folder, one_document
from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.files.record_shape import ClientRecord
    from openalliance.site.records.practice.models import Practice

_EXAMPLES = """\b
Examples:
  openalliance import-record K7RM2P.json --therapist amara@practice.example
  openalliance import-record out/clients/*.json --therapist amara@practice.example --apply
"""


@click.command(epilog=_EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--therapist", required=True, help="E-mail of the therapist who takes them on.")
@click.option("--practice", "named", help="Name of the practice, where there are several.")
@click.option(
    "--dry-run/--apply", "dry_run", default=True, show_default=True,
    help="Only say what would happen, or do it.",
)  # fmt: skip
@data_folder
@one_document
def import_record(
    files: tuple[Path, ...], *, therapist: str, named: str | None, dry_run: bool, data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Bring clients in from FILES, their records as “openalliance export” writes them.

    Appointments, scores, the plan with its history and ratings, tasks, ruptures, endings and sheets
    come in as they were. Without --apply nothing is written. All records are taken in or none; a
    client whose code is known here is refused. Consents, single answers and what was hard to say do
    not come along.
    """
    from django.db import transaction

    from openalliance.site.config.installation import open_installation

    records, left_out = _read(files)
    open_installation(data_dir)
    from openalliance.site.records.checkins.instruments import known_instruments
    from openalliance.site.records.rights.arriving import bring_in, look_at, therapist_called

    practice = _practice(named)
    takes_on, known, now = (
        therapist_called(practice, therapist),
        known_instruments(),
        datetime.now(UTC),
    )
    with transaction.atomic():
        for record in records:
            look_at(practice, record, known, now=now)
            if not dry_run:
                bring_in(practice, record, takes_on, known, now=now)
    _say(records, left_out, applied=not dry_run, as_json=as_json)


def _read(files: tuple[Path, ...]) -> tuple[list[ClientRecord], Counter[str]]:
    from openalliance.files.client_record import read_client_record

    records: list[ClientRecord] = []
    left_out: Counter[str] = Counter()
    for path in files:
        record, passed_over = read_client_record(path)
        if record is None:
            left_out["plans in FHIR (the records hold them, too)"] += 1
            continue
        if any(record.about.code == one.about.code for one in records):
            raise InputError("the same client stands in two of the files", where=str(path))
        records.append(record)
        left_out.update(passed_over)
    if not records:
        raise InputError("is none of these files", where="a client’s record")
    return records, left_out


def _practice(named: str | None) -> Practice:
    from openalliance.site.records.practice.access import practices

    found = [one for one in practices() if named in {None, one.name}]
    if len(found) != 1:
        raise InputError("say which practice with --practice", where="--practice")
    return found[0]


def _say(
    records: list[ClientRecord], left_out: Mapping[str, int], *, applied: bool, as_json: bool
) -> None:
    counts = _counts(records)
    if as_json:
        result: dict[str, Any] = {"applied": applied, "new": counts, "left_out": dict(left_out)}
        click.echo(json_text(result))
        return
    click.echo(f"New: {', '.join(f'{n:,} {what}' for what, n in counts.items())}.")
    if left_out:
        click.echo(f"Left out: {', '.join(f'{n:,} {what}' for what, n in left_out.items())}.")
    click.echo(
        "Done: all of it is in. Ask your clients anew for what they agreed to."
        if applied
        else "Nothing was written: this was a dry run. Use --apply to bring it in."
    )


def _counts(records: list[ClientRecord]) -> dict[str, int]:
    episodes = [episode for record in records for episode in record.episodes]
    return {
        "clients": len(records),
        "episodes": len(episodes),
        "sessions": sum(len(one.sessions) for one in episodes),
        "scores": sum(not score.sealed for one in episodes for score in one.scores),
        "plans": sum(len(one.plan) for one in episodes),
        "plan ratings": sum(len(one.plan_ratings) for one in episodes),
        "tasks": sum(len(one.tasks) for one in episodes),
        "ruptures": sum(len(one.ruptures) for one in episodes),
        "looked back": sum(len(one.looked_back) for one in episodes),
        "sheets for staying well": sum(len(one.staying_well) for one in episodes),
    }
