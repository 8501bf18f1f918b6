"""``openalliance restore``: bring a backup back, once it has proven itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from openalliance.cli.delivery import json_text
from openalliance.cli.options import data_folder, one_document
from openalliance.cli.stopping import stoppable
from openalliance.core.errors import InputError

_EXAMPLES = """\b
Examples:
  openalliance restore /mnt/backups/openalliance-20260302T020000Z.backup \\
      --key /media/usb/openalliance-private-key.txt
  openalliance restore newest.backup --key private-key.txt --try
"""


@click.command(epilog=_EXAMPLES)
@click.argument("src", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--key", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the private half of the key the backup was sealed to.",
)  # fmt: skip
@data_folder
@click.option("--try", "only_try", is_flag=True, help="Prove that it could be, and change nothing.")
@click.option(
    "--force", is_flag=True,
    help="Even while the practice is being served, or although not everything in it is whole.",
)  # fmt: skip
@one_document
def restore(
    src: Path, key: Path, data_dir: Path, *, only_try: bool, force: bool, as_json: bool
) -> None:
    """Bring the backup SRC back.

    It is opened and proven beside what is there: its checksum, every row, the database’s integrity,
    the access log from its first entry, every encrypted field. Only then the two change places;
    what was there is kept beside it. Stop the program first.
    """
    from openalliance.site.config.backups.restoring import restore as bring_back
    from openalliance.site.config.backups.sealing import check_private

    try:
        private_key = key.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("is no key for backups", where=str(key)) from None
    check_private(private_key, where=str(key))
    with stoppable():
        done = bring_back(
            src, data_dir, private_key=private_key, now=datetime.now(UTC), force=force,
            only_try=only_try,
        )  # fmt: skip
    if as_json:
        document = {
            "made_at": done.made_at.isoformat(), "rows": done.rows, "migrated": done.migrated,
            "erased": done.erased,
            "faults": list(done.faults), "replaced": list(done.replaced), "swapped": not only_try,
        }  # fmt: skip
        click.echo(json_text(document))
        return
    did = "It can be restored, and nothing was changed" if only_try else "Restored"
    click.echo(f"{did}: the practice as of {done.made_at:%Y-%m-%d %H:%M} UTC, {done.rows:,} rows.")
    if done.migrated:
        click.echo("It was of an older version and has been brought up to date.")
    if done.erased:
        click.echo(f"{done.erased:,} records that were erased since then were erased again.")
    for fault in done.faults:
        click.echo(f"Not whole: {fault}")
    for name in done.replaced:
        click.echo(f"What was there before is kept: {name}")
    if not only_try:
        click.echo("Everybody has to sign in again.")
