"""Opens an installation that is already there, for commands that look at it or keep it."""

from __future__ import annotations

import os
from pathlib import Path

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.secrets import DATABASE_FILE
from openalliance.site.config.secrets import FILE as SECRETS_FILE


def find_installation(data_dir: Path) -> Path:
    """Return the folder, made absolute.

    Raises
    ------
    InputError
        There is no practice in it.
    """
    data_dir = data_dir.expanduser().resolve()
    if not data_dir.is_dir() or not (
        os.environ.get("DATABASE_URL") or (data_dir / DATABASE_FILE).exists()
    ):
        raise InputError(
            "there is no practice here yet; start it once with “openalliance serve”",
            where=str(data_dir),
        )
    return data_dir


def set_up(data_dir: Path) -> None:
    """Set Django up on the folder."""
    os.environ["OPENALLIANCE_DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openalliance.site.config.settings")
    import django

    django.setup()


def open_installation(data_dir: Path) -> Path:
    """Set Django up on a practice whose database is as this version needs it.

    Raises
    ------
    InputError
        There is no practice in the folder, or its keys are missing.
    ConflictError
        The database was made by an older or a newer version.
    """
    data_dir = find_installation(data_dir)
    if not (data_dir / SECRETS_FILE).exists():
        raise InputError(
            "secrets.json is missing; put it back from its backup", where=str(data_dir)
        )
    set_up(data_dir)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise ConflictError(
            "the database is of an older version; start “openalliance serve” once, which brings it"
            " up to date"
        )
    return data_dir
