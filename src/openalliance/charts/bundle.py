"""The chart program for browsers: one file, made here, fetched from nowhere.

It is written once at installation (``python -m openalliance.charts.bundle FILE``) and served
as a static file. Making it starts the drawing engine, which must not run in a process that will
fork; `write_bundle` therefore makes it in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from openalliance.core.errors import OpenAllianceError


def bundle() -> str:
    """Return Vega, Vega-Lite and their mounting function as one script."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def write_bundle(path: Path) -> Path:
    """Write the script to ``path`` unless it is there already; all of it or nothing.

    Raises
    ------
    OpenAllianceError
        The script could not be made.
    """
    if path.exists():
        return path
    command = [sys.executable, "-m", "openalliance.charts.bundle", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 - our own command  # nosec B603
    if done.returncode:
        raise OpenAllianceError(f"the chart program could not be made: {done.stderr.strip()}")
    return path


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(bundle(), encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
