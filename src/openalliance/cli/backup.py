"""``openalliance backup``: a consistent copy of everything, sealed to one key."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openalliance.cli.delivery import json_text, progress
from openalliance.cli.options import data_folder, one_document
from openalliance.cli.stopping import stoppable
from openalliance.core.errors import InputError
from openalliance.site.config.secrets import FILE as SECRETS_FILE

if TYPE_CHECKING:
    from openalliance.site.config.backups.making import Made

_EXAMPLES = """\b
Examples:
  openalliance backup --new-key /media/usb/openalliance-private-key.txt
  openalliance backup /mnt/backups
  openalliance backup /mnt/backups --keep daily=7,weekly=5,monthly=12
"""
_PERIODS = ("daily", "weekly", "monthly")


def _keep(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, int] | None:
    if value is None:
        return None
    found = {}
    for part in value.split(","):
        period, _sign, count = part.strip().partition("=")
        if period not in _PERIODS or not (count.isascii() and count.isdigit()):
            raise click.BadParameter("write for instance daily=7,weekly=5,monthly=12")
        found[period] = int(count)
    if not any(found.values()):
        raise click.BadParameter("nothing would be kept; write for instance daily=7")
    return found


@click.command(epilog=_EXAMPLES)
@click.argument("dest", required=False, type=click.Path(path_type=Path))
@data_folder
@click.option(
    "--new-key", type=click.Path(path_type=Path, dir_okay=False),
    help="Make a pair of keys: the public half stays here, the private half goes to this new file.",
)  # fmt: skip
@click.option(
    "--to-key", metavar="PUBLICKEY",
    help="Another public key than the one kept here: itself, or a file with it.",
)  # fmt: skip
@click.option(
    "--keep", metavar="daily=N,weekly=N,monthly=N", callback=_keep,
    help="Remove backups in DEST that no longer are the newest of so many days, weeks and months.",
)  # fmt: skip
@click.option(
    "--with-keys", is_flag=True,
    help="Put secrets.json into the backup too: whoever opens it can then read everything.",
)  # fmt: skip
@one_document
def backup(
    *, dest: Path | None, data_dir: Path, new_key: Path | None, to_key: str | None,
    keep: dict[str, int] | None, with_keys: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a backup in DEST, a folder or a new file, while the practice is in use.

    A backup is sealed to a public key; only the private half opens it. Make the pair once with
    --new-key, and keep the private half away from this machine. secrets.json is not in a backup
    unless you say so: keep a copy of it elsewhere, too. Without it nothing that was written in
    confidence can be read again, by anybody.
    """
    from openalliance.site.config.backups import making
    from openalliance.site.config.installation import find_installation, set_up

    if (dest is None) == (new_key is None):
        raise click.UsageError("Say where to: openalliance backup DEST (or make a key: --new-key).")
    data_dir = find_installation(data_dir)
    kept_key = data_dir / making.PUBLIC_KEY_FILE
    if dest is None:
        _make_keys(kept_key, new_key or Path())
        return
    if not (dest.is_dir() or dest.absolute().parent.is_dir()):
        raise click.UsageError(f"There is no folder {dest.absolute().parent}.")
    if keep and not dest.is_dir():
        raise click.UsageError(f"--keep needs a folder, and {dest} is none.")
    if not (data_dir / SECRETS_FILE).exists():
        raise InputError("secrets.json is missing; put it back first", where=str(data_dir))
    recipient = _given_key(to_key) if to_key else _public_key(kept_key)
    # The database may be of another version: a backup belongs before every upgrade.
    set_up(data_dir)
    with stoppable(), progress("Copying the database", 100) as advance:
        told = 0

        def done(bytes_done: int, total: int) -> None:
            nonlocal told
            percent = int(100 * bytes_done / total) if total else 100
            advance(percent - told)
            told = percent

        made = making.make(
            data_dir, dest, recipient=recipient, now=datetime.now(UTC), keep=keep,
            with_keys=with_keys, advance=done,
        )  # fmt: skip
    _say(made, with_keys=with_keys, as_json=as_json)


def _say(made: Made, *, with_keys: bool, as_json: bool) -> None:
    if made.faults:
        click.echo(
            f"The database itself is not whole: {made.faults[0]}. This does not count as a good"
            " backup, and no older one was removed. See “openalliance verify”.",
            err=True,
        )
    if as_json:
        click.echo(
            json_text(
                {"file": str(made.path), "bytes": made.size, "sha256": made.sha256,
                 "rows": made.rows, "faults": list(made.faults),
                 "removed": [str(path) for path in made.removed]}
            )
        )  # fmt: skip
        return
    click.echo(f"{made.path}: {made.size / 1e6:.1f} MB, {made.rows:,} rows.")
    click.echo(f"SHA-256 {made.sha256}")
    for path in made.removed:
        click.echo(f"Removed {path.name}: newer ones cover its day, week and month.")
    if not with_keys:
        click.echo("secrets.json is not in it. Do you have a copy of that elsewhere?", err=True)


def _given_key(given: str) -> str:
    """Return the public key of ``--to-key``, given itself or by the file that holds it."""
    from openalliance.site.config.backups.sealing import PRIVATE, PUBLIC, check_public

    if given.startswith((PUBLIC, PRIVATE)):
        text, where = given, "--to-key"
    else:
        try:
            text, where = Path(given).read_text(encoding="utf-8"), given
        except (OSError, UnicodeDecodeError):
            raise InputError("is neither a public key nor a file with one", where=given) from None
    check_public(text, where=where)
    return text


def _public_key(kept: Path) -> str:
    from openalliance.site.config.backups.sealing import check_public

    if not kept.exists():
        raise InputError(
            "there is no key to seal backups to; make one with openalliance backup --new-key FILE,"
            " FILE being on a medium that you keep elsewhere",
            where=str(kept),
        )
    text = kept.read_text(encoding="utf-8")
    check_public(text, where=str(kept))
    return text


def _make_keys(public_file: Path, private_file: Path) -> None:
    from openalliance.site.config.backups.sealing import new_keys

    if private_file.exists():
        raise click.UsageError(f"{private_file} is there already; it is not overwritten.")
    public, private = new_keys()
    try:
        descriptor = os.open(private_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise click.ClickException(f"{private_file}: {fault.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(private + "\n")
        file.flush()
        os.fsync(file.fileno())
    had_one = public_file.exists()
    public_file.write_text(public + "\n", encoding="utf-8")
    click.echo(f"The public half is in {public_file}: {public}")
    click.echo(
        f"The private half is in {private_file}. Take it away from this machine, and keep it"
    )
    click.echo("safe: without it no backup can be opened, and with it every backup can.")
    if had_one:
        click.echo("Backups made before need the private half you had before.")
