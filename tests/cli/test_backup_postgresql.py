"""Backup and restore on PostgreSQL: one snapshot, proven in a database of its own, then renamed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
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
    status, said = _run(url, *program, "backup", tmp_path, "--json", *here)
    assert status == 0, said
    made = json.loads(said[said.index("{") : said.rindex("}") + 1])["file"]

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE practice_practice SET name = 'Spoilt'")
    status, said = _run(url, *program, "restore", made, "--key", key, *here)
    assert status == 0, said
    assert "database harbour_before_" in said
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT name FROM practice_practice").fetchall()
        databases = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert found == [("Harbour",)]
    assert sum(name.startswith("harbour_before_") for (name,) in databases) == 1
    assert not any("_restored_" in name for (name,) in databases)
    status, said = _run(url, *program, "verify", *here)
    assert status == 0, said
