"""What was acknowledged outlives a server that is killed: the short form of the benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "durability.py"


def test_a_server_killed_under_load_loses_doubles_and_halves_nothing() -> None:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    database = "postgresql" if engine == "postgresql" else "sqlite"
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENALLIANCE_", "DJANGO_", "DATABASE_", "PYTEST_"))
    }
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--kills", "4", "--database", database],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing lost, doubled or half-written." in done.stdout
