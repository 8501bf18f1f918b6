"""``openalliance backup`` and ``restore``: sealed, consistent, proven before it is swapped in."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.site.config.backups.making import retired
from openalliance.site.config.backups.sealing import OpeningReader, SealingWriter, new_keys

OLD = Path(__file__).parent / "old_databases" / "before-the-chain"
DATABASE = "practice.sqlite3"
KEYS = new_keys()


def _sealed(content: bytes, public: str = KEYS[0]) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, public)
    writer.write(content)
    writer.close()
    return file.getvalue()


def _opened(sealed: bytes, private: str = KEYS[1]) -> bytes:
    return OpeningReader(io.BytesIO(sealed), private).read()


LARGE = os.urandom(1 << 20) * 2 + b"end"
SEALED = _sealed(LARGE)
PIECE = (1 << 20) + 16
HEAD = len(SEALED) - 2 * PIECE - 3 - 16


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_with_the_private_key(content: bytes) -> None:
    sealed = _sealed(content)
    assert _opened(sealed) == content
    body = sealed.split(b"}\n", 1)[1]
    assert len(content) < 8 or content not in body


def test_large_content_goes_in_pieces() -> None:
    reader = OpeningReader(io.BytesIO(SEALED), KEYS[1])
    assert b"".join(iter(lambda: reader.read(100_000), b"")) == LARGE


@given(place=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_any_changed_bit_is_refused(place: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1 << bit
    with pytest.raises(InputError):
        _opened(bytes(changed))


@given(st.integers(0, len(SEALED) - 1))
def test_any_truncation_is_refused(length: int) -> None:
    with pytest.raises(InputError):
        _opened(SEALED[:length])


@pytest.mark.parametrize(
    "changed",
    [
        SEALED[: HEAD + PIECE] + SEALED[HEAD + 2 * PIECE :],
        SEALED[:HEAD] + SEALED[HEAD + PIECE : HEAD + 2 * PIECE] + SEALED[HEAD : HEAD + PIECE]
        + SEALED[HEAD + 2 * PIECE :],
        SEALED[: HEAD + 2 * PIECE],
        SEALED + SEALED[HEAD + 2 * PIECE :],
    ],
    ids=["a piece left out", "two pieces exchanged", "cut after a piece", "the last one twice"],
)  # fmt: skip
def test_pieces_out_of_place_are_refused(changed: bytes) -> None:
    with pytest.raises(InputError, match="changed, damaged or cut off"):
        _opened(changed)


def test_another_key_is_told() -> None:
    with pytest.raises(InputError, match="for another key"):
        _opened(SEALED, new_keys()[1])
    with pytest.raises(InputError, match="begins with"):
        _opened(SEALED, KEYS[0])


DAYS = [datetime(2026, 6, 30, 2, tzinfo=UTC) - timedelta(days=day) for day in range(200)]


@given(st.lists(st.sampled_from(DAYS), min_size=1, unique=True), st.integers(0, 9),
       st.integers(0, 6), st.integers(0, 5))  # fmt: skip
def test_retention_keeps_the_newest_of_each_period_and_always_the_newest(
    days: list[datetime], daily: int, weekly: int, monthly: int
) -> None:
    stamps = {Path(f"{day:%F}"): day for day in days}
    gone = retired(stamps, {"daily": daily, "weekly": weekly, "monthly": monthly})
    kept = set(stamps) - gone
    newest = sorted(stamps, key=lambda path: stamps[path], reverse=True)
    assert newest[0] in kept
    assert set(newest[:daily]) <= kept
    for month in sorted({f"{day:%Y-%m}" for day in days}, reverse=True)[:monthly]:
        assert any(f"{stamps[path]:%Y-%m}" == month for path in kept)
    assert len(kept) <= max(1, daily + weekly + monthly)


class Practice:
    """A data folder made by an earlier version, and the program run on it as an administrator."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "data"
        self.home.mkdir(mode=0o700)
        with gzip.open(f"{OLD}.database.gz") as packed:
            (self.home / DATABASE).write_bytes(packed.read())
        shutil.copy(f"{OLD}.secrets.json", self.home / "secrets.json")

    def run(
        self, *arguments: str | Path, home: Path | None = None, **how: object
    ) -> tuple[int, str]:
        kept = {"PATH": os.environ["PATH"], "OPENALLIANCE_DEMONSTRATION": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "openalliance", *map(str, arguments),
             "--data-dir", str(home or self.home)],
            env=kept, capture_output=True, text=True, check=False, **how,  # type: ignore[call-overload]
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def bring_up_to_date(self) -> None:
        ready = "from pathlib import Path; from openalliance.site.config.preparation import prepare"
        subprocess.run(
            [sys.executable, "-c", f"{ready}; prepare(Path({str(self.home)!r}))"],
            check=True,
            env={"PATH": os.environ["PATH"], "OPENALLIANCE_DEMONSTRATION": "1"},
        )

    def count(self, table: str, home: Path | None = None) -> int:
        with closing(sqlite3.connect((home or self.home) / DATABASE)) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    made = Practice(tmp_path_factory.mktemp("backups"))
    before = {table: made.count(table) for table in ("care_client", "checkins_askedform")}
    status, said = made.run("backup", made.folder)
    assert status == 1
    assert "of an older version" in said
    made.bring_up_to_date()
    assert before == {table: made.count(table) for table in before}
    assert made.run("backup", "--new-key", made.folder / "private.txt")[0] == 0
    return made


def _backup(practice: Practice, folder: Path) -> Path:
    status, said = practice.run("backup", folder, "--json")
    assert status == 0, said
    return Path(json.loads(said)["file"])


@pytest.mark.slow
def test_an_old_database_keeps_its_records_through_the_upgrade_and_verifies(
    practice: Practice,
) -> None:
    assert practice.count("care_client") == 3
    practice.run("verify")
    status, said = practice.run("verify")
    # Entries from before the chain wait for their seal until the site runs.
    assert status == 1
    assert "never sealed" in said
    assert "Encrypted fields of care_client: 3 of 3 open" in said


@pytest.mark.slow
def test_a_backup_taken_while_others_write_comes_back_whole(
    practice: Practice, tmp_path: Path
) -> None:
    _seal(practice)
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(practice.home / DATABASE, timeout=30)) as database:
            number = 0
            while not stop.is_set():
                number += 1
                with database:
                    database.execute(
                        "INSERT INTO django_session VALUES (?, 'x', '2030-01-01')",
                        (f"{number:08d}",),
                    )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = _backup(practice, tmp_path)
    finally:
        stop.set()
        writer.join()
    new = tmp_path / "new"
    new.mkdir()
    key = practice.folder / "private.txt"
    status, said = practice.run("restore", made, "--key", key, home=new)
    assert status == 1
    assert "the keys are missing" in said
    assert not (new / DATABASE).exists()
    shutil.copy(practice.home / "secrets.json", new)
    status, said = practice.run("restore", made, "--key", key, home=new)
    assert status == 0, said
    assert practice.count("care_client", new) == 3
    status, said = practice.run("verify", home=new)
    assert status == 0, said


def _seal(practice: Practice) -> None:
    code = (
        "from pathlib import Path; from openalliance.site.config.installation import *; "
        f"open_installation(Path({str(practice.home)!r})); "
        "from openalliance.site.records.trust.chain import seal_everything; seal_everything()"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PATH": os.environ["PATH"], "OPENALLIANCE_DEMONSTRATION": "1"},
    )


@pytest.mark.slow
def test_what_is_restored_over_is_kept(practice: Practice, tmp_path: Path) -> None:
    _seal(practice)
    made = _backup(practice, tmp_path)
    status, said = practice.run("restore", made, "--key", practice.folder / "private.txt")
    assert status == 0, said
    assert list(practice.home.glob(f"{DATABASE}.before-*"))
    assert not list(practice.home.glob(".restore-*"))


@pytest.mark.slow
def test_a_damaged_backup_leaves_everything_as_it_was(practice: Practice, tmp_path: Path) -> None:
    made = _backup(practice, tmp_path)
    content = bytearray(made.read_bytes())
    content[len(content) // 2] ^= 1
    made.write_bytes(content)
    before = (practice.home / DATABASE).read_bytes()
    key = practice.folder / "private.txt"
    status, said = practice.run("restore", made, "--key", key)
    assert status == 1
    assert "checksum" in said
    made.with_name(f"{made.name}.sha256").unlink()
    status, said = practice.run("restore", made, "--key", key)
    assert status == 1
    assert "changed, damaged or cut off" in said
    assert (practice.home / DATABASE).read_bytes() == before
    assert not list(practice.home.glob(".restore-*"))


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_half_written(practice: Practice, tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    status, said = practice.run("backup", tmp_path, preexec_fn=little_room)
    assert status == 1
    assert "could not be written" in said
    assert list(tmp_path.iterdir()) == []
    assert not list(practice.home.glob(".backup-*"))


@pytest.mark.slow
def test_old_backups_are_removed_and_nothing_else(practice: Practice, tmp_path: Path) -> None:
    other = tmp_path / "holiday.backup"
    other.touch()
    for day in range(1, 9):
        old = tmp_path / f"openalliance-202601{day:02d}T020000Z.backup"
        old.touch()
        old.with_name(f"{old.name}.sha256").touch()
    status, said = practice.run("backup", tmp_path, "--keep", "daily=3")
    assert status == 0, said
    left = sorted(path.name for path in tmp_path.glob("*.backup"))
    assert left[:3] == ["holiday.backup", "openalliance-20260107T020000Z.backup",
                        "openalliance-20260108T020000Z.backup"]  # fmt: skip
    assert len(left) == 4
    assert len(list(tmp_path.glob("*.sha256"))) == 3


@pytest.mark.slow
def test_while_it_is_served_nothing_is_restored(practice: Practice, tmp_path: Path) -> None:
    made = _backup(practice, tmp_path)
    import fcntl

    with (practice.home / ".in-use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        status, said = practice.run("restore", made, "--key", practice.folder / "private.txt")
    assert status == 1
    assert "is being served" in said
