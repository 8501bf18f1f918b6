"""The import contracts of ``pyproject.toml`` hold, and they watch what they should."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path


def test_every_contract_is_kept(project: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_data_app_and_every_audience_is_under_a_contract(project: Path) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text())
    named = str(settings["tool"]["importlinter"]["contracts"])
    site = project / "src/openalliance/site"
    packages = [
        f"openalliance.site.{ring}.{path.parent.name}"
        for ring in ("records", "screens")
        for path in (site / ring).glob("*/__init__.py")
    ]
    assert packages
    assert [package for package in packages if package not in named] == []
