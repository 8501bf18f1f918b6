"""``openalliance verify``: whether records, access log and keys are whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openalliance.cli.delivery import json_text, progress
from openalliance.cli.options import data_folder, one_document

if TYPE_CHECKING:
    from openalliance.site.config.verification import Check

_EXAMPLES = """\b
Examples:
  openalliance verify
  openalliance verify --head > access-log-2026-03.txt
  openalliance verify --mail-head notary@elsewhere.example
  openalliance verify --anchor access-log-2026-03.txt
"""


@click.command(epilog=_EXAMPLES)
@data_folder
@click.option(
    "--head", is_flag=True,
    help="Only print the newest seal of each practice’s access log, to be kept elsewhere.",
)  # fmt: skip
@click.option(
    "--mail-head", metavar="ADDRESS",
    help="Mail that seal to somebody outside of the practice, and print nothing.",
)  # fmt: skip
@click.option(
    "--anchor", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file that --head wrote earlier: the log must still contain it.",
)  # fmt: skip
@one_document
def verify(
    *, data_dir: Path, head: bool, mail_head: str | None, anchor: Path | None, as_json: bool
) -> int:
    """Look whether records, access log and keys are whole; nothing is changed.

    The database is asked for its integrity, every entry of the access log must follow from the one
    before, and every encrypted field must open. Exit status 1: something is not whole; what is
    said first, with the entry or the row.
    """
    from openalliance.site.config import verification
    from openalliance.site.config.installation import open_installation

    open_installation(data_dir)
    if head:
        click.echo(verification.anchor_text(datetime.now(UTC)))
        return 0
    if mail_head:
        verification.mail_anchor(mail_head, now=datetime.now(UTC))
        return 0
    anchors = {}
    if anchor is not None:
        anchors = verification.read_anchor(anchor.read_text(encoding="utf-8"), str(anchor))
    checks = [verification.verify_database(), *verification.verify_chains(anchors)]
    with progress("Opening encrypted fields", verification.count_fields()) as advance:
        checks += verification.verify_fields(advance)
    whole = not any(check.faults for check in checks)
    if as_json:
        click.echo(json_text({"whole": whole, "checks": [_row(check) for check in checks]}))
    else:
        _say(checks, whole=whole)
    return 0 if whole else 1


def _row(check: Check) -> dict[str, object]:
    return {
        "about": check.about,
        "looked_at": check.looked_at,
        "found": check.found,
        "faults": list(check.faults),
    }


def _say(checks: list[Check], *, whole: bool) -> None:
    for check in checks:
        click.echo(f"{'[ NO ]' if check.faults else '[ ok ]'} {check.about}: {check.found}")
        for fault in check.faults:
            click.echo(f"       {fault}")
    click.echo("\nAll is whole." if whole else "\nSomething is not whole.")
