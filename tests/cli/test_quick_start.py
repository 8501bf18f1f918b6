"""What must answer at once loads no large library: help on every level, and the site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LARGE = ("formulaic", "lifelines", "numba", "pandas", "polars", "scipy", "vl_convert")

_HELP = """
import contextlib, importlib.util, io, json, sys
from openalliance.cli.analyse import ANALYSES
from openalliance.cli.main import main
there = [name for name, command in ANALYSES.items() if importlib.util.find_spec(command.module)]
asked = [["--help"], ["analyse", "--help"]]
asked += [["analyse", name, "--help"] for name in there]
for arguments in asked:
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(arguments) == 0
print(json.dumps(sorted(sys.modules)))
"""

_SITE = """
import json, sys
import django
django.setup()
from django.urls import get_resolver
assert get_resolver().url_patterns
print(json.dumps(sorted(sys.modules)))
"""


def loaded(program: str, folder: Path) -> set[str]:
    surroundings = {
        **os.environ,
        "OPENALLIANCE_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "openalliance.site.config.settings",
    }
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("library", LARGE)
@pytest.mark.parametrize("program", [_HELP, _SITE], ids=["help", "site"])
def test_no_large_library_is_loaded(
    program: str, library: str, modules: dict[str, set[str]]
) -> None:
    assert library not in modules[program]


def test_help_loads_nothing_of_the_site(modules: dict[str, set[str]]) -> None:
    assert "django" not in modules[_HELP]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = tmp_path_factory.mktemp("data")
    return {program: loaded(program, folder) for program in (_HELP, _SITE)}
