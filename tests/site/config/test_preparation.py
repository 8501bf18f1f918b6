"""Making a data folder ready, and refusing what would lose or mix records.

Each case is a process of its own, because settings are read once in a process.
"""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

_CALL = """
import sys
from pathlib import Path
from openalliance.core.errors import OpenAllianceError
from openalliance.site.config.server import prepare
try:
    prepare(Path(sys.argv[1]), demonstration=sys.argv[2] == "demo", tell=print)
except OpenAllianceError as fault:
    sys.exit(str(fault))
{after}
"""
_SET_UP = """
from datetime import UTC, datetime
from openalliance.site.records.practice.services import NewPractice, set_up_practice
set_up_practice(
    NewPractice(name="P", time_zone="UTC", language="en", crisis_information="112",
                is_demonstration=sys.argv[2] == "demo"),
    administrator_email="a@p.example", administrator_name="A", password=None,
    now=datetime.now(UTC),
)
"""
_AGAIN = "prepare(Path(sys.argv[1]), demonstration=True)"

pytestmark = pytest.mark.slow


def prepare(
    folder: Path, *, kind: str = "real", after: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _CALL.format(after=after), str(folder), kind],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_the_first_time_makes_everything_and_the_second_nothing(folder: Path) -> None:
    first = prepare(folder)
    assert first.returncode == 0, first.stderr
    assert "Preparing the database" in first.stdout
    assert "Preparing styles" in first.stdout
    assert (folder / "static" / "staticfiles.json").exists()
    assert (folder / "generated" / "vega.js").exists()
    for name in (".", "secrets.json", "practice.sqlite3"):
        mode = stat.S_IMODE((folder / name).stat().st_mode)
        assert mode & (stat.S_IRWXG | stat.S_IRWXO) == 0, f"others can read {name}"
    before = (folder / "secrets.json").read_bytes()
    second = prepare(folder)
    assert (second.returncode, second.stdout) == (0, "")
    assert (folder / "secrets.json").read_bytes() == before
    (folder / "prepared.json").write_text("[damaged")
    third = prepare(folder)
    assert (third.returncode, third.stdout) == (0, "Preparing styles and scripts …\n")


def test_without_its_keys_a_database_is_never_given_new_ones(folder: Path) -> None:
    prepare(folder, after=_SET_UP)
    kept = (folder / "secrets.json").rename(folder.parent / "kept.json")
    refused = prepare(folder)
    assert refused.returncode == 1
    assert "put secrets.json back" in refused.stderr
    assert not (folder / "secrets.json").exists()
    kept.rename(folder / "secrets.json")
    assert prepare(folder).returncode == 0


def test_a_real_practice_is_never_opened_as_a_demonstration(folder: Path) -> None:
    prepare(folder, after=_SET_UP)
    refused = prepare(folder, kind="demo")
    assert refused.returncode == 1
    assert "holds a real practice" in refused.stderr


def test_a_demonstration_opens_as_one(folder: Path) -> None:
    assert prepare(folder, kind="demo", after=_SET_UP + _AGAIN).returncode == 0


def test_a_database_of_a_newer_version_is_left_alone(folder: Path) -> None:
    newer = (
        "from django.db.migrations.recorder import MigrationRecorder\n"
        "from django.db import connection\n"
        "MigrationRecorder(connection).record_applied('practice', '9999_from_the_future')"
    )
    prepare(folder, after=newer)
    refused = prepare(folder)
    assert refused.returncode == 1
    assert "newer OpenAlliance" in refused.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = prepare(tmp_path / "file" / "data")
    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr
    assert "--data-dir" in refused.stderr


def test_two_that_start_at_once_wait_for_each_other(folder: Path) -> None:
    command = [sys.executable, "-c", _CALL.format(after=""), str(folder), "real"]
    both = [
        subprocess.Popen(
            command, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [one.communicate() for one in both]
    assert [one.returncode for one in both] == [0, 0], outputs
