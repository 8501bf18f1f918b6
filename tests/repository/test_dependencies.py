"""What is installed is what was locked, and none of it is known here to be vulnerable.

This works without a network, and so knows what `advisories.csv` knows: advisories found by hand, on
the day that its first line says. It finds a package that is turned back to an old version; it does
not find an advisory of yesterday. Before a release the list is brought up to date.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from packaging.version import Version

_PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def locked(project: Path) -> str:
    return (project / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def advisories() -> list[dict[str, str]]:
    lines = (Path(__file__).parent / "advisories.csv").read_text(encoding="utf-8").splitlines()
    assert re.search(r"Looked up on \d{4}-\d\d-\d\d\.$", lines[0])
    return list(csv.DictReader(lines[1:]))


def test_every_locked_package_is_pinned_and_has_hashes(locked: str) -> None:
    requirements = [one for one in locked.replace("\\\n", " ").splitlines() if one.strip()]
    assert len(requirements) > 80
    for one in requirements:
        assert _PINNED.match(one), one[:60]
        assert "--hash=sha256:" in one, one[:60]


def test_nothing_is_installed_without_its_hash(project: Path) -> None:
    assert "--require-hashes" in (project / "tools/make_venv.sh").read_text(encoding="utf-8")


def test_what_the_browser_tests_load_has_hashes_too(project: Path) -> None:
    packages = json.loads((project / "package-lock.json").read_text())["packages"]
    named = {name: one for name, one in packages.items() if name}
    assert named
    assert all(one["integrity"].startswith("sha512-") for one in named.values())


def test_no_locked_version_is_known_to_be_vulnerable(
    locked: str, advisories: list[dict[str, str]]
) -> None:
    versions = _PINNED.findall(locked)
    for row in advisories:
        found = [Version(version) for name, version in versions if name == row["package"]]
        assert found, f"{row['package']} is no longer locked: take its rows out"
        assert min(found) >= Version(row["fixed in"]), row["advisory"]
        assert row["source"].startswith("https://")
