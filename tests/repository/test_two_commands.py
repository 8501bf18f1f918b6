"""The README gives exactly two commands that set themselves up, and they are there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

TWO = ["make demo", "make test"]


def test_the_readme_gives_exactly_these_two(project: Path) -> None:
    blocks = re.findall(
        r"```(?:bash|sh|shell)?\n(.*?)```", (project / "README.md").read_text(), re.DOTALL
    )
    commands = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    assert [command for command in commands if command] == TWO


def test_the_makefile_has_them(project: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "check"} <= set(targets)


def test_demo_hands_its_options_over(project: Path) -> None:
    would_run = subprocess.run(
        ["make", "--dry-run", "demo", "ARGS=--port 8765 --fresh"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    ).stdout
    assert ".venv/bin/openalliance demo --port 8765 --fresh" in would_run


def test_continuous_integration_runs_the_second_and_skips_nothing(project: Path) -> None:
    script = (project / ".ci/run").read_text()
    assert script.splitlines()[-1] == "exec make test"
    assert "export CI=true" in script
    assert os.access(project / ".ci/run", os.X_OK)
