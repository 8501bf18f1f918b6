"""``openalliance erase``: which records need not be kept any more, and erasing them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import json_text
from openalliance.cli.options import data_folder, one_document
from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.site.records.rights.erasure import Record

_EXAMPLES = """\b
Examples:
  openalliance erase                     what may be erased, and when
  openalliance erase K7RM2P              one record, after asking
  openalliance erase --due --yes         all whose time is over
"""


@click.command(epilog=_EXAMPLES)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--due", is_flag=True, help="All records that need not be kept any more.")
@click.option(
    "--despite-retention", is_flag=True,
    help="Also a record that should still be kept: you answer for it.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_folder
@one_document
def erase(
    codes: tuple[str, ...], *, due: bool, despite_retention: bool, yes: bool, data_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Erase clients’ records for good, by their codes; without codes, list them.

    The client’s key is destroyed: nothing that was written can be read again, by anybody. Backups
    from before still hold it until they are removed in their turn; a backup that is brought back is
    erased anew. What a client asked to have erased goes by itself when its time has come.
    """
    from openalliance.site.config.erasures import note_erasures
    from openalliance.site.config.installation import open_installation
    from openalliance.site.records.practice.access import practices
    from openalliance.site.records.rights import erasure
    from openalliance.site.records.trust.actors import system

    folder = open_installation(data_dir)
    now = datetime.now(UTC)
    known = [(one, record) for one in practices() for record in erasure.records(one.pk)]
    if not codes and not due:
        _list([record for _practice, record in known], now=now, as_json=as_json)
        return
    chosen = [(one, record) for one, record in known if _is_meant(record, codes, due=due, now=now)]
    unknown = set(codes) - {record.code for _one, record in chosen}
    if unknown:
        raise InputError(f"no client has the code {', '.join(sorted(unknown))}")
    if chosen and not yes:
        click.confirm(
            f"Erase {', '.join(record.code for _one, record in chosen)} for good?", abort=True
        )
    for one, record in chosen:
        erasure.erase(
            record.client_id, by=system(one.pk), now=now, despite_retention=despite_retention
        )
        note_erasures(folder)
    if as_json:
        click.echo(json_text({"erased": [record.code for _one, record in chosen]}))
    else:
        click.echo(f"{len(chosen):,} records were erased.")


def _is_meant(record: Record, codes: tuple[str, ...], *, due: bool, now: datetime) -> bool:
    return record.code in codes or (due and _may_go(record, now))


def _may_go(record: Record, now: datetime) -> bool:
    return record.kept_until is not None and record.kept_until <= now


def _list(records: list[Record], *, now: datetime, as_json: bool) -> None:
    if as_json:
        click.echo(json_text({"records": [_row(one, now) for one in records]}))
        return
    if not records:
        click.echo("There are no records.")
    for one in sorted(records, key=lambda one: (one.kept_until is None, one.kept_until or now)):
        until = f"keep until {one.kept_until:%Y-%m-%d}" if one.kept_until else "therapy is running"
        standing = "may be erased" if _may_go(one, now) else until
        asked = f"  erasure asked for {one.asked_at:%Y-%m-%d}" if one.asked_at else ""
        click.echo(f"{one.code:<24}{standing}{asked}")


def _row(record: Record, now: datetime) -> dict[str, Any]:
    return {
        "code": record.code,
        "kept_until": record.kept_until.isoformat() if record.kept_until else None,
        "may_be_erased": _may_go(record, now),
        "asked_at": record.asked_at.isoformat() if record.asked_at else None,
    }
