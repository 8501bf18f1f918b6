"""``openalliance restore``: bring a backup back, once it has proven itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

_EXAMPLES = """\b
Examples:
  openalliance restore /mnt/backups/openalliance-20260302T020000Z.backup \\
      --key /media/usb/openalliance-private-key.txt
"""


@click.command(epilog=_EXAMPLES)
@click.argument("src", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--key", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the private half of the key the backup was sealed to.",
)  # fmt: skip
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="OPENALLIANCE_DATA_DIR",
    default=Path("openalliance-data"),
    show_default=True,
    help="Folder of database and keys (or set OPENALLIANCE_DATA_DIR).",
)
def restore(src: Path, key: Path, data_dir: Path) -> None:
    """Bring the backup SRC back.

    It is opened and proven beside what is there: its checksum, every row, the database’s integrity,
    the access log from its first entry, every encrypted field. Only then the two change places;
    what was there is kept beside it. Stop the program first.
    """
    from openalliance.site.config.backups.restoring import restore as bring_back

    done = bring_back(
        src, data_dir, private_key=key.read_text(encoding="utf-8"), now=datetime.now(UTC)
    )
    click.echo(
        f"Restored: the practice as of {done.made_at:%Y-%m-%d %H:%M} UTC, {done.rows:,} rows."
    )
    if done.replaced:
        click.echo(f"What was there before is kept: {done.replaced}")
