"""On SQLite writers take turns: each gets one, and a writer that was killed holds nobody up."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from openalliance.site.config.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db
HOLD_A_TURN = """
import fcntl, os, sys, time
turn = os.open(sys.argv[1], os.O_RDONLY | os.O_CREAT, 0o600)
fcntl.flock(turn, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def database(path: Path) -> DatabaseWrapper:
    settings: dict[str, Any] = {
        "NAME": str(path), "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 5},
        "TIME_ZONE": None, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False, "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False, "TEST": {"NAME": None},
    }  # fmt: skip
    return DatabaseWrapper(settings, alias="turns")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = database(tmp_path / "turns.sqlite3")
    with made.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("CREATE TABLE count (n INTEGER)")
        cursor.execute("INSERT INTO count VALUES (0)")
    made.close()
    return tmp_path / "turns.sqlite3"


def add_one(own: DatabaseWrapper) -> None:
    own.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with own.cursor() as cursor:
        cursor.execute("SELECT n FROM count")
        (n,) = cursor.fetchone()
        cursor.execute("UPDATE count SET n = %s", [n + 1])
    own.commit()
    own.set_autocommit(True)


def test_every_writer_gets_a_turn_and_none_is_lost(path: Path) -> None:
    def write() -> None:
        own = database(path)
        for _ in range(20):
            add_one(own)
        own.close()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(30)
    with database(path).cursor() as cursor:
        assert cursor.execute("SELECT n FROM count").fetchone() == (120,)


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_a_transaction_that_is_undone_ends_its_turn(path: Path, end: str) -> None:
    first = database(path)
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    getattr(first, end)()
    done = threading.Thread(target=lambda: add_one(database(path)), daemon=True)
    done.start()
    done.join(10)
    assert not done.is_alive()


def test_a_writer_that_was_killed_holds_nobody_up(path: Path) -> None:
    waits = threading.Thread(target=lambda: add_one(database(path)), daemon=True)
    command = [sys.executable, "-c", HOLD_A_TURN, f"{path}-turn"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waits.start()
        waits.join(0.3)
        assert waits.is_alive()
        holder.kill()
    waits.join(10)
    assert not waits.is_alive()


def test_where_no_turn_can_be_kept_sqlite_alone_decides(path: Path) -> None:
    Path(f"{path}-turn").unlink(missing_ok=True)
    Path(f"{path}-turn").symlink_to(path.parent / "nowhere" / "turn")
    add_one(database(path))
    with database(path).cursor() as cursor:
        assert cursor.execute("SELECT n FROM count").fetchone() == (1,)
