"""Backup and restore on PostgreSQL: one snapshot, proven in a database of its own, then renamed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from postgresql import MissingError, temporary_server

MAKE = """
from datetime import datetime, UTC
from pathlib import Path
from openalliance.site.config.preparation import prepare
prepare(Path({home!r}))
from openalliance.site.records.practice import services
services.set_up_practice(
    services.NewPractice(name="Harbour", time_zone="UTC", language="en", crisis_information="112"),
    administrator_email="ada@harbour.example", administrator_name="Ada", password=None,
    now=datetime(2026, 1, 1, tzinfo=UTC),
)
from openalliance.site.records.trust.chain import seal_everything
seal_everything()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    try:
        with temporary_server() as url:
            yield url
    except MissingError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


def _run(url: str, *command: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_practice_comes_back_and_what_was_there_is_kept(server: str, tmp_path: Path) -> None:
    home, key = tmp_path / "data", tmp_path / "private.txt"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE harbour")
    url = server.rpartition("/")[0] + "/harbour"
    status, said = _run(url, "-c", MAKE.format(home=str(home)))
    assert status == 0, said
    program = ("-m", "openalliance")
    here = ("--data-dir", home)
    assert _run(url, *program, "backup", "--new-key", key, *here)[0] == 0
    with _writing(url):
        status, said = _run(url, *program, "backup", tmp_path, "--json", *here)
    assert status == 0, said
    made = json.loads(said[said.index("{") : said.rindex("}") + 1])["file"]

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE practice_practice SET name = 'Spoilt'")
        restore = (*program, "restore", made, "--key", key)
        status, said = _run(url, *restore, *here)
        assert status == 1
        assert "others use the database harbour" in said
        status, said = _run(url, *restore, *here, "--try")
        assert status == 0, said
        assert connection.execute("SELECT name FROM practice_practice").fetchone() == ("Spoilt",)
    status, said = _run(url, *restore, *here)
    assert status == 0, said
    assert "database harbour_before_" in said
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT name FROM practice_practice").fetchall()
        halves = connection.execute(
            "SELECT value, count(*) FROM django_cache GROUP BY 1"
        ).fetchall()
        databases = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert found == [("Harbour",)]
    assert {value for value, _ in halves} == {"one", "other"}
    assert len({count for _, count in halves}) == 1, "a transaction was torn apart"
    assert sum(name.startswith("harbour_before_") for (name,) in databases) == 1
    assert not any("_restored_" in name for (name,) in databases)
    status, said = _run(url, *program, "verify", *here)
    assert status == 0, said

    # On a new machine: a folder with the keys alone, and no such database yet.
    new, elsewhere = tmp_path / "new", server.rpartition("/")[0] + "/elsewhere"
    new.mkdir()
    shutil.copy(home / "secrets.json", new)
    status, said = _run(elsewhere, *restore, "--data-dir", new)
    assert status == 0, said
    assert "kept" not in said
    with closing(psycopg.connect(elsewhere, autocommit=True)) as connection:
        connection.execute("SELECT name FROM practice_practice")
        status, said = _run(elsewhere, *restore, "--data-dir", new, "--force")
    assert status == 0, said
    assert "database elsewhere_before_" in said


@contextmanager
def _writing(url: str) -> Iterator[None]:
    """Let others write pairs of rows, each pair in one transaction."""
    stop = threading.Event()

    def write(name: str) -> None:
        with psycopg.connect(url) as connection:
            number = 0
            while not stop.wait(0.002):
                number += 1
                with connection.transaction():
                    for half in ("one", "other"):
                        connection.execute(
                            "INSERT INTO django_cache VALUES (%s, %s, '2030-01-01')",
                            [f"{name} {number} {half}", half],
                        )

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()
