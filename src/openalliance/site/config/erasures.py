"""The list of erasures beside the database: what is erased stays so when a backup is brought back.

A backup made before an erasure still holds the key that the erasure destroyed. So the ids of erased
records are also kept in a file of the data folder, and a restored database is erased anew by it.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

FILE = "erasures.txt"


def note_erasures(data_dir: Path) -> int:
    """Add every erasure the database knows of to the list; return how many it holds then."""
    from openalliance.site.records.care.models import Client

    known = noted_erasures(data_dir)
    erased = Client.objects.exclude(erased_at=None).values_list("pk", "erased_at")
    together = {**{pk: at for pk, at in erased if at is not None}, **known}
    if together != known:
        _write(data_dir / FILE, together)
    return len(together)


def noted_erasures(data_dir: Path) -> dict[UUID, datetime]:
    """Return the records that were erased, and when."""
    path = data_dir / FILE
    if not path.exists():
        return {}
    parts = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {UUID(pk): datetime.fromisoformat(at) for pk, at in parts}


def repeat_erasures(data_dir: Path) -> int:
    """Erase again what the list names and the database still holds; return how many."""
    from openalliance.site.records.rights.erasure import erase_again

    return erase_again(noted_erasures(data_dir))


def _write(path: Path, erased: dict[UUID, datetime]) -> None:
    lines = sorted(f"{at.astimezone(UTC).isoformat()} {pk}" for pk, at in erased.items())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with draft.open("x", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.writelines(f"{pk} {at}\n" for at, pk in (line.split() for line in lines))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
