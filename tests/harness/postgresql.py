"""Runs a command with ``DATABASE_URL`` set to a PostgreSQL that lives as long as the command.

::

    python tests/harness/postgresql.py pytest tests/site

The server listens on a socket in a folder only its own user can enter, never on the network.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

_OWNER = "openalliance"
_SETTINGS = ("listen_addresses=", "max_connections=50", "timezone=UTC")
# The records are thrown away with the folder: speed matters, surviving a power cut does not.
_HURRIED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class MissingError(RuntimeError):
    """PostgreSQL's programs are not installed."""


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, the newest version first."""

    def version(folder: Path) -> float:
        return float(folder.parent.name)

    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path is None:
        raise MissingError("PostgreSQL is not installed: sudo apt-get install postgresql")
    return Path(on_path).resolve().parent


def _account() -> dict[str, Any]:
    """Return the account to run the server as; its programs refuse to be run by root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise MissingError("no account to run PostgreSQL as: create one called “postgres”")


def restart(url: str, *, away: float = 0.0) -> None:
    """Stop a `temporary_server` as a maintenance would, and start it again after some seconds."""
    home = Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))
    control = [str(programs() / "pg_ctl"), "--pgdata", str(home / "data"), "--wait"]
    options: dict[str, Any] = {
        "cwd": home, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL, **_account(),
    }  # fmt: skip
    settings = (home / "data" / "postmaster.opts").read_text().split(maxsplit=1)[1]
    subprocess.run([*control, "--mode", "fast", "stop"], check=True, **options)
    time.sleep(away)
    subprocess.run(
        [*control, "--log", str(home / "log"), "--options", settings.replace('"', "'"), "start"],
        check=True,
        **options,
    )


@contextmanager
def temporary_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a new folder, yield its URL, stop it and remove the folder.

    ``durable``: commits wait for the disk, as they do in a real practice.
    """
    binaries, account = programs(), _account()
    home = Path(tempfile.mkdtemp(prefix="oa-postgresql-"))
    try:
        if account:
            os.chown(home, account["user"], account["group"])

        def run(*command: str) -> None:
            done = subprocess.run(
                [str(binaries / command[0]), *command[1:]],
                cwd=home,
                env={"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                **account,
            )
            if done.returncode != 0:
                raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")

        data = str(home / "data")
        run(
            "initdb", "--pgdata", data, "--username", _OWNER, "--auth", "trust",
            "--encoding", "UTF8", "--no-sync",
        )  # fmt: skip
        hurried = () if durable else _HURRIED
        options = " ".join(f"-c {setting}" for setting in (*_SETTINGS, *hurried))
        server = ("pg_ctl", "--pgdata", data, "--wait", "--timeout", "60")
        run(
            *server, "--log", str(home / "log"),
            "--options", f"{options} -c unix_socket_directories={home}",
            "start",
        )  # fmt: skip
        try:
            yield f"postgresql://{_OWNER}@{quote(str(home), safe='')}/postgres"
        finally:
            run(*server, "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main(command: Sequence[str]) -> int:
    """Run ``command`` beside a server and return its exit status."""
    if not command:
        print("usage: postgresql.py COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        with temporary_server() as url:
            environment = {**os.environ, "DATABASE_URL": url}
            return subprocess.run(command, env=environment, check=False).returncode
    except MissingError as missing:
        print(missing, file=sys.stderr)
        if os.environ.get("CI") == "true":
            return 1
        print("Skipped: the tests on PostgreSQL.", file=sys.stderr)
        return 0


def _stop(_signal: int, _frame: object) -> None:
    # Leaving the ordinary way stops the server and removes its folder.
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
