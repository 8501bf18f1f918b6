"""``openalliance keys``: the keys that what clients write is sealed with."""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openalliance.cli.delivery import json_text, progress
from openalliance.cli.options import data_folder, one_document
from openalliance.cli.stopping import stoppable
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config import secrets

if TYPE_CHECKING:
    from openalliance.site.records.trust.keys_rotation import MasterState

_EXAMPLES = """\b
Examples:
  openalliance keys list
  openalliance keys sheet /media/usb/recovery-sheet.txt
  openalliance keys rotate
  openalliance keys retire k1
  openalliance keys restore typed-in.txt --data-dir /srv/openalliance
"""


@click.group(epilog=_EXAMPLES)
def keys() -> None:
    """Keep, change and bring back the keys that what clients write is sealed with.

    Every client has a data key of their own in the database. The data keys are wrapped by a master
    key, which is not in the database: it lies in secrets.json or comes in OPENALLIANCE_MASTER_KEYS.
    """


@keys.command("list", epilog="Example: openalliance keys list")
@data_folder
@one_document
def list_keys(data_dir: Path, *, as_json: bool) -> None:
    """Say which master keys there are, and what lies under each."""
    states = _rotation(data_dir).master_states()
    if as_json:
        click.echo(json_text({"keys": [_row(one) for one in states]}))
        return
    if not states:
        click.echo("Nothing was sealed yet; the first key is noted with the first client.")
    for one in states:
        sheet = f"sheet of {one.sheet_made_at:%Y-%m-%d}" if one.sheet_made_at else "no sheet yet"
        click.echo(
            f"{one.id:<6}{_standing(one):<10}{one.data_keys:>8,} data keys  "
            f"since {one.added_at:%Y-%m-%d}  {sheet}{'' if one.at_hand else '  NOT AT HAND'}"
        )


@keys.command(epilog="Example: openalliance keys rotate")
@data_folder
@click.option(
    "--data-keys", is_flag=True,
    help="Replace every client’s data key too, and seal all their words anew: takes longer.",
)  # fmt: skip
def rotate(data_dir: Path, *, data_keys: bool) -> None:
    """Change to a new master key, while the practice is in use.

    May be stopped at any time and called again: it goes on where it was. At the end every field is
    opened once, as proof.
    """
    rotation = _rotation(data_dir)
    with stoppable():
        waiting = rotation.waiting_data_keys()
        name = _interrupted(rotation) if waiting else rotation.next_master()
        click.echo(f"The current key is {name}.")
        with progress("Wrapping data keys", rotation.waiting_data_keys()) as advance:
            wrapped = rotation.rewrap(advance)
        click.echo(f"{wrapped:,} data keys are wrapped under it.")
        rotation.retire_replaced(now=datetime.now(UTC))
        if data_keys:
            click.echo(f"{rotation.replace_data_keys():,} data keys were replaced.")
        with progress("Sealing fields anew", rotation.stale_rows()) as advance:
            click.echo(f"{rotation.reseal(advance):,} fields were sealed anew.")
        _prove()
    click.echo(
        "\nMake a new recovery sheet now: openalliance keys sheet FILE\n"
        "Keep the old sheet for as long as you keep backups from before this change."
    )


@keys.command(epilog="Example: openalliance keys retire k1")
@click.argument("key_id", metavar="KEY")
@data_folder
def retire(key_id: str, data_dir: Path) -> None:
    """Take an old master key out of secrets.json, once nothing needs it."""
    _rotation(data_dir).retire_master(key_id, now=datetime.now(UTC))
    click.echo(
        f"{key_id} is out of use. Backups from before the change still need it: keep its sheet as"
        " long as you keep them."
    )


@keys.command(epilog="Example: openalliance keys sheet recovery-sheet.txt")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@data_folder
def sheet(file: Path | None, data_dir: Path) -> None:
    """Write the recovery sheet, to be printed and kept away from the machine.

    Without FILE it goes to the screen. With OPENALLIANCE_MASTER_KEYS the keys on the sheet are
    those of secrets.json alone; keep the others where they come from.
    """
    from openalliance.site.config.installation import find_installation
    from openalliance.site.config.recovery_sheet import sheet_text

    rotation = _rotation(data_dir)
    content = secrets.read(find_installation(data_dir))
    text = sheet_text(content, made_at=datetime.now(UTC))
    if file is None:
        click.echo(text)
    else:
        _write_new(file, text)
        click.echo(f"Written: {file}. Print it, put it away, and delete the file.")
    rotation.note_sheet(tuple(content["field_keys"]["keys"]), now=datetime.now(UTC))


@keys.command(epilog="Example: openalliance keys restore typed-in.txt")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@data_folder
def restore(file: Any, data_dir: Path) -> None:
    """Make secrets.json again from a recovery sheet that was typed into FILE (- for the screen)."""
    from openalliance.site.config.recovery_sheet import read_sheet

    content = read_sheet(file.read(), where=file.name)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = secrets.put_back(data_dir, content)
    click.echo(f"{path} is there again. See whether everything opens: openalliance verify")


@keys.command(epilog="Example: openalliance keys new")
def new() -> None:
    """Print a new key, to be put before the others in OPENALLIANCE_MASTER_KEYS."""
    at_hand = tuple(secrets.from_environment())
    click.echo(f"{secrets.name_after(at_hand)}:{b64encode(secrets.new_key()).decode()}")


def _rotation(data_dir: Path) -> Any:
    from openalliance.site.config.installation import open_installation

    open_installation(data_dir)
    from openalliance.site.records.trust import keys_rotation

    return keys_rotation


def _interrupted(rotation: Any) -> str:
    name = next((one.id for one in rotation.master_states() if one.is_current), "")
    click.echo("A change of keys was interrupted; it goes on.", err=True)
    return str(name)


def _prove() -> None:
    from openalliance.site.config import verification

    with progress("Opening encrypted fields", verification.count_fields()) as advance:
        faults = [one for check in verification.verify_fields(advance) for one in check.faults]
    if faults:
        raise ConflictError(f"not every field opens: {'; '.join(faults[:3])}")
    click.echo("Every field was opened: the change is proven.")


def _standing(one: MasterState) -> str:
    if one.is_current:
        return "current"
    return "retired" if one.retired_at else "old"


def _row(one: MasterState) -> dict[str, object]:
    return {
        "key": one.id,
        "standing": _standing(one),
        "at_hand": one.at_hand,
        "data_keys": one.data_keys,
        "added_at": one.added_at.isoformat(),
        "sheet_made_at": one.sheet_made_at.isoformat() if one.sheet_made_at else None,
    }


def _write_new(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}", where=str(file)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(text)
