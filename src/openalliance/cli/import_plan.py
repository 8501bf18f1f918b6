"""``openalliance import-plan``: a plan that a client brings along becomes a proposal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from openalliance.cli.delivery import json_text
from openalliance.cli.options import data_folder, one_document
from openalliance.core.errors import InputError

LARGEST_BYTES = 5_000_000
_EXAMPLES = """\b
Examples:
  openalliance import-plan my-plan.json --client K7RM2P --dry-run
  openalliance import-plan my-plan.json --client K7RM2P
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--client", "code", metavar="CODE", required=True, help="Code of the client whose plan it is."
)
@click.option("--dry-run", is_flag=True, help="Only read the file and say what is in it.")
@data_folder
@one_document
def import_plan(file: Path, *, code: str, dry_run: bool, data_dir: Path, as_json: bool) -> None:
    """Read the plan in FILE (FHIR R4) and propose it in a client’s running therapy.

    It is a proposal and no agreement: both talk about it, and it holds when both have said yes. Who
    agreed to it elsewhere, and how it was rated there, is not read.
    """
    from openalliance.fhir import read_plan
    from openalliance.site.config.installation import open_installation
    from openalliance.site.records.plans.imports import propose_imported
    from openalliance.site.records.practice.access import practices
    from openalliance.site.records.rights.erasure import records

    document = _document(file)
    try:
        plan = read_plan(document)
    except InputError as fault:
        raise InputError(fault.what, where=f"{file}: {fault.where}") from None
    open_installation(data_dir)
    known = [(one, record) for one in practices() for record in records(one.pk)]
    chosen = [(one, record) for one, record in known if record.code == code]
    if len(chosen) != 1:
        raise InputError(f"no client has the code {code}", where="--client")
    practice, record = chosen[0]
    if not dry_run:
        propose_imported(record.client_id, practice.pk, plan, now=datetime.now(UTC))
    counts = {
        "goals": len(plan.goals),
        "strategies": len(plan.strategies),
        "ways_of_working": len(plan.preferences),
    }
    if as_json:
        click.echo(json_text({**counts, "proposed": not dry_run}))
        return
    held = ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in counts.items())
    done = "Nothing was written." if dry_run else "It waits for both as a proposal."
    click.echo(f"Read: {held}. {done}")


def _document(file: Path) -> Any:
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=str(file)) from None
    if len(raw) > LARGEST_BYTES:
        raise InputError("is too large for a plan", where=str(file))
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError("is not valid JSON in UTF-8", where=str(file)) from None
