"""Makes a data folder ready to serve: secrets, database, static files. Quick if nothing changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from openalliance.charts.bundle import write_bundle
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.secrets import FILE as SECRETS_FILE
from openalliance.site.config.secrets import LOSING_THEM

if TYPE_CHECKING:
    from django.db.migrations.loader import MigrationLoader

Tell = Callable[[str], None]
_PACKAGE = Path(__file__).resolve().parent.parent.parent
_STAMP = "prepared.json"


def quietly(message: str) -> None:
    """Tell nobody."""


def prepare(data_dir: Path, *, demonstration: bool = False, tell: Tell = quietly) -> None:
    """Set Django up on ``data_dir`` and bring the folder to the state this version needs.

    Calling it again is harmless. Two programs that start at once wait for each other.

    Raises
    ------
    InputError
        The folder cannot be written, or its secrets are missing while its database exists.
    ConflictError
        The database was made by a newer version, or it holds a real practice and a
        demonstration was asked for.
    """
    os.umask(0o077)  # what is made here is for its owner's eyes only
    data_dir = _writable(data_dir)
    with _alone(data_dir):
        had_secrets = (data_dir / SECRETS_FILE).exists()
        _set_django_up(data_dir, demonstration=demonstration)
        if not had_secrets:
            _refuse_new_secrets(data_dir)
        _migrate(tell)
        _refuse_mixing(demonstration=demonstration)
        _static_files(data_dir, tell)
    if not had_secrets and not demonstration:
        tell(LOSING_THEM.format(file=data_dir / SECRETS_FILE))


def _writable(data_dir: Path) -> Path:
    try:
        data_dir = data_dir.expanduser().resolve()
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=data_dir):
            pass
        (data_dir / "generated").mkdir(exist_ok=True)
    except OSError as fault:
        raise InputError(
            f"this data folder cannot be written ({fault.strerror}); choose another with"
            " --data-dir, or give yourself the right to write there",
            where=str(data_dir),
        ) from None
    return data_dir


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    with (data_dir / ".preparing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _set_django_up(data_dir: Path, *, demonstration: bool) -> None:
    os.environ["OPENALLIANCE_DATA_DIR"] = str(data_dir)
    os.environ["OPENALLIANCE_DEMONSTRATION"] = "1" if demonstration else "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openalliance.site.config.settings")
    import django
    from django.conf import settings

    django.setup()
    if data_dir != settings.DATA_DIR:
        raise ConflictError(f"this program already works on {settings.DATA_DIR}")


def _refuse_new_secrets(data_dir: Path) -> None:
    """Take back keys that were just made for a database which was encrypted with others."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    if "practice_practice" not in tables:
        return
    from openalliance.site.records.practice.access import public_practice

    if public_practice() is not None:
        (data_dir / SECRETS_FILE).unlink()
        raise InputError(
            "the keys are missing while the database has records; put secrets.json back from"
            " its backup: new keys could not open what is there",
            where=str(data_dir / SECRETS_FILE),
        )


def _migrate(tell: Tell) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    if newer_migrations(loader):
        raise ConflictError(
            "this database was made by a newer OpenAlliance; install that version to open it"
        )
    if executor.migration_plan(loader.graph.leaf_nodes()):
        tell("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def newer_migrations(loader: MigrationLoader) -> list[tuple[str, str]]:
    """Return what was applied to the database and is not known to this version."""
    ours = {app for app, _ in loader.disk_migrations}
    return [
        name
        for name in loader.applied_migrations
        if name[0] in ours and name not in loader.disk_migrations and name not in loader.graph.nodes
    ]


def _refuse_mixing(*, demonstration: bool) -> None:
    """A demonstration signs people in without a password: never over real records."""
    from openalliance.site.records.practice.access import public_practice

    practice = public_practice()
    if demonstration and practice is not None and not practice.is_demonstration:
        raise ConflictError(
            "this data folder holds a real practice; choose another folder for a demonstration"
        )


def _static_files(data_dir: Path, tell: Tell) -> None:
    from django.core.management import call_command

    stamp_file, stamp = data_dir / _STAMP, _stamp()
    if _read_stamp(stamp_file) == stamp and (data_dir / "static" / "staticfiles.json").exists():
        return
    tell("Preparing styles and scripts …")
    chart_program = data_dir / "generated" / "vega.js"
    chart_program.unlink(missing_ok=True)
    write_bundle(chart_program)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp_file.write_text(json.dumps({"static": stamp}), encoding="utf-8")


def _read_stamp(path: Path) -> str | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found.get("static") if isinstance(found, dict) else None


def _stamp() -> str:
    """Return a digest of everything static files are made from."""
    digest = hashlib.sha256()
    for package in ("openalliance", "django", "django-htmx", "vl-convert-python", "whitenoise"):
        digest.update(f"{package}={metadata.version(package)};".encode())
    sources = [*(_PACKAGE / "site").glob("**/static/**/*"), *(_PACKAGE / "charts").glob("*.py")]
    for path in sorted(sources):
        if path.is_file():
            state = path.stat()
            digest.update(f"{path}:{state.st_size}:{state.st_mtime_ns};".encode())
    return digest.hexdigest()
