"""PostgreSQL's own programs and databases, as backup and restore need them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from openalliance.core.errors import ConflictError, InputError

if TYPE_CHECKING:
    import psycopg

_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",  # a name  # nosec B105
    "dbname": "PGDATABASE", "service": "PGSERVICE", "passfile": "PGPASSFILE",
    "options": "PGOPTIONS", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip
_INSTALLED = Path("/usr/lib/postgresql")
_MAINTENANCE = ("postgres", "template1")
_KNOWN = {
    r"server version mismatch": "install the postgresql-client of the server’s version",
    r"permission denied": "the account of DATABASE_URL may not read every table",
    r"connection to server": "the server cannot be reached",
    r"No space left|File too large": "the disk is full",
}

Parameters = Mapping[str, str]
"""Where a database is, in libpq's words."""


def parameters_of(settings: Mapping[str, Any]) -> Parameters:
    """Return where a database is, from Django's settings of it."""
    named = {
        "host": settings.get("HOST"), "port": settings.get("PORT"), "user": settings.get("USER"),
        "password": settings.get("PASSWORD"), "dbname": settings.get("NAME"),
    }  # fmt: skip
    found = {**settings.get("OPTIONS", {}), **{name: one for name, one in named.items() if one}}
    return {name: str(value) for name, value in found.items() if name in _VARIABLES}


def from_environment() -> Parameters:
    """Return where the database of ``DATABASE_URL`` is.

    Raises
    ------
    InputError
        The variable names no database.
    """
    import dj_database_url

    found = parameters_of(dict(dj_database_url.parse(os.environ["DATABASE_URL"])))
    if "dbname" not in found:
        raise InputError("names no database; write postgresql://…/name", where="DATABASE_URL")
    return found


def url_for(name: str) -> str:
    """Return ``DATABASE_URL`` with another database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(path=f"/{quote(name, safe='')}").geturl()


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, the newest version first.

    Raises
    ------
    ConflictError
        It is not installed.
    """

    def version(folder: Path) -> float:
        found = re.fullmatch(r"\d+(\.\d+)?", folder.parent.name)
        return float(found.group()) if found else 0.0

    folders = sorted(_INSTALLED.glob("*/bin"), key=version, reverse=True)
    installed = [str(folder / name) for folder in folders if (folder / name).exists()]
    found = installed[0] if installed else shutil.which(name)
    if found is None:
        raise ConflictError(
            f"PostgreSQL’s program {name} is missing: sudo apt-get install postgresql-client"
        )
    return found


def run(name: str, where: Parameters, arguments: Sequence[str], failing: str) -> None:
    """Run one of PostgreSQL's programs; where to is in its environment, which others cannot read.

    What it says is not repeated, as it may hold records; what is known is said in other words.

    Raises
    ------
    ConflictError
        It is missing or failed.
    """
    environment = {**os.environ, **{_VARIABLES[one]: value for one, value in where.items()}}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs  # nosec B603
        [program(name), *arguments], env={**environment, "LC_ALL": "C"}, capture_output=True,
        check=False, stdin=subprocess.DEVNULL, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode != 0:
        why = next((words for sign, words in _KNOWN.items() if re.search(sign, done.stderr)), "")
        raise ConflictError(f"{failing}: {why or f'{name} ended with {done.returncode}'}")


@contextmanager
def beside(where: Parameters) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the same server, but to another database than the one that is spoken of.

    Raises
    ------
    ConflictError
        There is none that can be reached, or the server refuses what is asked.
    """
    import psycopg
    from psycopg import errors

    for name in _MAINTENANCE:
        if name != where["dbname"]:
            try:
                server = psycopg.connect(autocommit=True, **{**where, "dbname": name})  # type: ignore[arg-type]
                break
            except psycopg.OperationalError:
                continue
    else:
        raise ConflictError(
            "the database server cannot be reached; look at DATABASE_URL, and whether it runs"
        )
    try:
        with server:
            yield server
    except errors.InsufficientPrivilege:
        raise ConflictError(
            "the account of DATABASE_URL must own the database and be allowed to make another:"
            f" ALTER ROLE {where.get('user', '…')} CREATEDB"
        ) from None
    except errors.ObjectInUse:
        raise ConflictError("others use the database; stop them first") from None
    except psycopg.Error as fault:
        raise ConflictError(f"the database server refused ({type(fault).__name__})") from None


@contextmanager
def scratch_database(where: Parameters, dump: Path, name: str) -> Iterator[Parameters]:
    """Restore a dump into a database of its own; it is removed unless it was renamed meanwhile.

    Raises
    ------
    ConflictError
        The server refuses a new database, or the dump cannot be restored.
    """
    from psycopg.sql import SQL, Identifier

    there = {**where, "dbname": name}
    with beside(where) as server:
        server.execute(_creating(server, where, name))
        try:
            run(
                "pg_restore", there,
                ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                 f"--dbname={name}", str(dump)],
                "the database in the backup could not be restored",
            )  # fmt: skip
            yield there
        finally:
            server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def others(where: Parameters) -> int:
    """Return how many connections there are to a database."""
    with beside(where) as server:
        found = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [where["dbname"]]
        ).fetchone()
    return int(found[0]) if found else 0


def swap(new: str, live: Parameters, aside: str, *, force: bool) -> bool:
    """Give a database the name of the live one, which is kept as ``aside``; both at once or none.

    Returns whether there was a live one. ``force`` ends what others do with it.
    """
    from psycopg.sql import SQL, Identifier

    rename = SQL("ALTER DATABASE {} RENAME TO {}")
    name = live["dbname"]
    with beside(live) as server, server.transaction():
        had_one = _details(server, name) is not None
        if had_one:
            if force:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [name],
                )
            server.execute(rename.format(Identifier(name), Identifier(aside)))
        server.execute(rename.format(Identifier(new), Identifier(name)))
    return had_one


def _details(server: psycopg.Connection[Any], name: str) -> tuple[str, str, str] | None:
    """Return encoding and order of letters of a database, if there is one."""
    return server.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database"
        " WHERE datname = %s",
        [name],
    ).fetchone()


def _creating(server: psycopg.Connection[Any], where: Parameters, name: str) -> Any:
    """Return the statement that makes a database like the live one."""
    from psycopg.sql import SQL, Identifier, Literal

    encoding, *order = _details(server, where["dbname"]) or ("UTF8",)
    like_it = " LC_COLLATE {} LC_CTYPE {}" if order else ""
    statement = SQL(f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING {{}}{like_it}")
    return statement.format(Identifier(name), Literal(encoding), *map(Literal, order))
