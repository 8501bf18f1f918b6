"""Whatever a command meets, it says what and where, and nothing that anybody wrote or a password.

Every encrypted field of a practice, every cell of a file and every secret in the surroundings is
planted with words that occur nowhere else; commands are run on what is whole, what is damaged and
what is misspelt, and none of their output may hold one of them.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "kanari-planted"
_MAKE = """
import json, sys
from pathlib import Path
from openalliance.site.config.preparation import prepare
prepare(Path(sys.argv[1]))
from tests.site.fuzz.world import build
world = build()
print(json.dumps([*world.secrets.values(), *world.tokens.values(), *world.codes.values()]))
"""
_RUN = """
import json, sys
from openalliance.cli.main import main
print(json.dumps([main(arguments) for arguments in json.loads(sys.argv[1])]), file=sys.__stderr__)
"""
RECORDS = f"""\
client,therapist,episode,session,date,rater,instrument,scale,value
{PLANTED},{PLANTED}@x.example,{PLANTED},{PLANTED},{PLANTED},{PLANTED},{PLANTED},{PLANTED},{PLANTED}
{PLANTED},tomas@harbour.example,1,1,2025-09-01,client,oa-check-in,life,{PLANTED}
{PLANTED},tomas@harbour.example,1,1,2025-09-01,client,oa-check-in,{PLANTED},4
{PLANTED},tomas@harbour.example,1,1,{PLANTED},client,oa-check-in,life,4
"""
SCORES = f"client,time,score\n{PLANTED},1,{PLANTED}\n{PLANTED},1,4\n"

pytestmark = pytest.mark.slow


def _python(program: str, *arguments: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENALLIANCE_", "DJANGO_", "DATABASE_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'harness'}", **surroundings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Practice:
    """A folder with a practice in it, and the words that must stay there."""

    def __init__(self, folder: Path, planted: list[str]) -> None:
        self.folder = folder
        self.planted = [*planted, PLANTED]

    def run(self, *commands: list[str], **surroundings: str) -> tuple[list[int], str]:
        """Run commands one after the other; return their statuses and all they said."""
        own = [[*one, "--data-dir", str(self.folder)] for one in commands]
        done = _python(_RUN, json.dumps(own), **surroundings)
        told = done.stdout + done.stderr
        for words in self.planted:
            assert words not in told, told
        assert "Traceback" not in told, told
        return json.loads(done.stderr.splitlines()[-1]), told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    folder = tmp_path_factory.mktemp("canary") / "data"
    done = _python(_MAKE, str(folder))
    assert done.returncode == 0, done.stderr
    return Practice(folder, json.loads(done.stdout))


@pytest.fixture
def practice(made: Practice, tmp_path: Path) -> Practice:
    return Practice(shutil.copytree(made.folder, tmp_path / "data"), made.planted)


def test_on_a_practice_that_is_whole(practice: Practice, tmp_path: Path) -> None:
    backup, key, wrong = (str(tmp_path / name) for name in ("a.backup", "key.txt", "wrong.csv"))
    Path(wrong).write_text(RECORDS, encoding="utf-8")
    statuses, _told = practice.run(
        ["verify"], ["verify", "--json"], ["verify", "--head"], ["check"], ["check", "--json"],
        ["keys", "list"], ["keys", "retire", "k9"], ["backup", backup],
        ["backup", "--new-key", key], ["backup", backup], ["backup", str(tmp_path / "no" / "x")],
        ["restore", backup, "--key", key, "--try"], ["restore", wrong, "--key", key, "--try"],
        ["restore", backup, "--key", wrong, "--try"],
        ["import", wrong, "--practice", "Harbour Practice"],
        ["import", wrong, "--practice", "Harbour Practice", "--apply"],
        ["verify", "--anchor", wrong], ["erase"], ["erase", PLANTED[:6], "--yes"],
        ["export", str(tmp_path / "out"), "--practice", "Harbour Practice"],
        ["export", str(tmp_path / "out"), "--practice", "Harbour Practice"],
        ["export", str(tmp_path / "one"), "--practice", "Harbour Practice", "--client", "NOBODY"],
    )  # fmt: skip
    assert statuses[:17] == [0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 2, 0, 1, 1, 1, 1, 1]
    assert statuses[17:] == [0, 1, 0, 1, 1]


def test_on_fields_that_were_damaged_moved_or_written_without_a_key(
    practice: Practice, tmp_path: Path
) -> None:
    database = sqlite3.connect(practice.folder / "practice.sqlite3")
    with database:
        database.execute(f"UPDATE care_client SET name = '{PLANTED}'")
        database.execute("UPDATE practice_contactrequest SET name = message")
    database.close()
    backup, key = (str(tmp_path / name) for name in ("a.backup", "key.txt"))
    statuses, told = practice.run(
        ["verify"], ["verify", "--json"], ["check"], ["backup", "--new-key", key],
        ["backup", backup], ["restore", backup, "--key", key, "--try"],
    )  # fmt: skip
    assert statuses[0] == 1
    assert "care_client.name, row" in told


def test_on_a_database_or_keys_that_were_overwritten(practice: Practice, tmp_path: Path) -> None:
    whole = (practice.folder / "practice.sqlite3").read_bytes()
    (practice.folder / "practice.sqlite3").write_bytes(whole[:9_000] + PLANTED.encode() * 9_000)
    statuses, told = practice.run(["verify"], ["check"], ["backup", str(tmp_path / "a")], ["serve"])
    assert 0 not in statuses
    assert "DatabaseError" in told
    (practice.folder / "secrets.json").write_text(f'{{"{PLANTED}": "{PLANTED}', encoding="utf-8")
    statuses, told = practice.run(["verify"], ["check"], ["serve"])
    assert statuses == [1, 1, 1]
    assert "the file is damaged" in told


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", f"postgres://u:{PLANTED}@127.0.0.1:1/x", "OperationalError"),
        ("DATABASE_URL", f"postgres://u:{PLANTED}/{PLANTED}@127.0.0.1:1/x", "DATABASE_URL: write"),
        ("DATABASE_URL", f"{PLANTED}://u:{PLANTED}@127.0.0.1/x", "DATABASE_URL: write"),
        ("OPENALLIANCE_MAIL_URL", f"smtp://u:{PLANTED}/x@h:587", "OPENALLIANCE_MAIL_URL: write"),
        ("OPENALLIANCE_MAIL_URL", f"{PLANTED}", "OPENALLIANCE_MAIL_URL: write"),
        ("OPENALLIANCE_MASTER_KEYS", f"k1:{PLANTED}", "OPENALLIANCE_MASTER_KEYS: write"),
    ],
)
def test_what_is_misspelt_in_the_surroundings_is_not_repeated(
    practice: Practice, name: str, value: str, told: str
) -> None:
    statuses, said = practice.run(["verify"], **{name: value})
    assert statuses == [1]
    assert told in said


def test_on_files_to_be_analysed(made: Practice, tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_text(SCORES, encoding="utf-8")
    long = ["--client", "client", "--time", "time", "--score", "score"]
    commands = [
        ["change", *long, "--reliability", "0.8"], ["gains", *long, "--cutoff", "7"],
        ["trajectory", *long], ["maintenance", *long], ["reliability", "--items", "score,time"],
        ["alliance", "--client", "client", "--session", "time", "--score", "score"],
    ]  # fmt: skip
    done = _python(
        _RUN, json.dumps([["analyse", one, str(file), *rest] for one, *rest in commands])
    )
    assert PLANTED not in done.stdout + done.stderr
    assert 0 not in json.loads(done.stderr.splitlines()[-1])
