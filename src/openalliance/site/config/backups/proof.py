"""Proves that a restored database is one: run in a process of its own, on a scratch folder.

::

    OPENALLIANCE_DATA_DIR=scratch python -m openalliance.site.config.backups.proof

The folder holds the backup's manifest and the keys; the database is in it, too, or is the one that
``DATABASE_URL`` names. Prints one JSON document: whether it was brought up to date, what is not
whole (``faults``), and what makes it unusable (``refused``).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from openalliance.core.errors import ConflictError, InputError, OpenAllianceError


def main() -> int:
    """Prove it and print what was found."""
    folder = Path(os.environ["OPENALLIANCE_DATA_DIR"])
    found: dict[str, Any] = {"migrated": False, "erased": 0, "faults": [], "refused": ""}
    try:
        _prove(folder, found)
    except OpenAllianceError as fault:
        found["refused"] = str(fault)
    except Exception as fault:  # its words may hold records: only what kind it is
        found["refused"] = f"it cannot be opened or brought up to date ({type(fault).__name__})"
    print(json.dumps(found))  # noqa: T201 - read by the process that started this one
    return 0


def _prove(folder: Path, found: dict[str, Any]) -> None:
    from openalliance.site.config.backups.making import MANIFEST
    from openalliance.site.config.erasures import repeat_erasures
    from openalliance.site.config.installation import set_up

    about = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    set_up(folder)
    from openalliance.site.config import verification

    _same_rows(about["rows"])
    found["faults"] += verification.verify_database().faults
    found["migrated"] = _brought_up_to_date()
    if found["migrated"]:
        found["faults"] += verification.verify_database().faults
    closed = [fault for check in verification.verify_fields() for fault in check.faults]
    if closed:
        found["faults"] += ["the keys at hand do not open every encrypted field", *closed]
    else:
        _chains(about, found)
        found["erased"] = repeat_erasures(folder)
    _sign_everybody_out()


def _same_rows(expected: dict[str, int]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table, rows in expected.items():
            if table in there:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own table  # nosec B608
            if table not in there or cursor.fetchone()[0] != rows:
                raise InputError(f"it does not hold the rows of {table} that it says")


def _brought_up_to_date() -> bool:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from openalliance.site.config.preparation import newer_migrations

    loader = MigrationExecutor(connection).loader
    if newer_migrations(loader):
        raise ConflictError("it is of a newer OpenAlliance; install that version to bring it back")
    if not MigrationExecutor(connection).migration_plan(loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def _chains(about: dict[str, Any], found: dict[str, Any]) -> None:
    """Seal what waited for its seal when the backup was made, then look from the first entry on."""
    from openalliance.site.config import verification
    from openalliance.site.records.trust.chain import Head, seal_everything

    seal_everything()
    heads = {
        UUID(practice): Head(practice_id=UUID(practice), seq=entries, seal=seal)
        for practice, entries, seal in about["access_log"]
    }
    for check in verification.verify_chains(heads):
        found["faults"] += [f"{check.about}: {fault}" for fault in check.faults]


def _sign_everybody_out() -> None:
    """Forget sessions: one that was ended after the backup must not come back."""
    from django.contrib.sessions.models import Session
    from django.db import connection

    Session.objects.all().delete()
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
