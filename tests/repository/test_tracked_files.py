"""What no file of the project may hold, and how long one may be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

LONGEST = 400
CODE = {".py", ".js", ".css", ".html", ".sh"}
# Put together here, so that this file does not hold what it looks for.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|(?i:coming" r" soon)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)" r"/[\w.]")
INDEX_OPTION = re.compile(r"--(?:extra-)?index" r"-url|--find" r"-links|\bregistry\s*=\s*http")


def _holding(texts: dict[Path, str], pattern: re.Pattern[str], project: Path) -> list[str]:
    return [
        f"{path.relative_to(project)}: {found[0]}"
        for path, text in texts.items()
        if (found := pattern.search(text))
    ]


@pytest.mark.parametrize("pattern", [UNFINISHED, MACHINE_PATH, INDEX_OPTION])
def test_nothing_unfinished_and_nothing_of_one_machine(
    texts: dict[Path, str], pattern: re.Pattern[str], project: Path
) -> None:
    assert _holding(texts, pattern, project) == []


def test_files_of_the_program_stay_short(texts: dict[Path, str], project: Path) -> None:
    lengths = {
        str(path.relative_to(project)): text.count("\n")
        for path, text in texts.items()
        if path.suffix in CODE
        and project / "src" in path.parents
        and not {"vendor", "migrations"} & set(path.parts)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_is_a_drawer_for_everything(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.stem in {"utils", "helpers", "misc"}] == []


def test_every_dependency_is_pinned_by_its_hash_and_names_no_host(project: Path) -> None:
    lock = (project / "requirements.lock").read_text()
    assert "://" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert [entry for entry in entries if not re.match(r"[\w.\[\]-]+==\S+", entry)] == []


def test_the_lock_of_the_browser_tests_names_no_host(project: Path) -> None:
    lock = json.loads((project / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert all("integrity" in package for package in packages)
    assert not any("resolved" in package for package in packages)


def test_the_licence_is_apache_2(project: Path) -> None:
    text = (project / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
