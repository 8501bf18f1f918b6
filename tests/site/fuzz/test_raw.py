"""Bytes that are not quite HTTP, to a real server: the short form of the benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "fuzz.py"


@pytest.mark.slow
def test_a_real_server_refuses_what_is_not_quite_http_and_repeats_none_of_it() -> None:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    database = "postgresql" if engine == "postgresql" else "sqlite"
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENALLIANCE_", "DJANGO_", "DATABASE_", "PYTEST_"))
    }
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--requests", "0", "--raw", "300", "--database", database],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing found." in done.stdout
