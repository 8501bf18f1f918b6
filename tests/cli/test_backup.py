"""``openalliance backup`` and ``restore``: sealed, consistent, proven before it is swapped in."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.cli.stopping import stoppable
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config.backups import postgresql
from openalliance.site.config.backups.making import MANIFEST, retired
from openalliance.site.config.backups.restoring import restore
from openalliance.site.config.backups.sealing import (
    OpeningReader,
    SealingWriter,
    header_of,
    new_keys,
)

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


@pytest.mark.parametrize("line", [b"[" * 4000, b'{"a":' * 700, b"\xff\xfe", b"1" * 4090])
def test_a_header_that_cannot_be_is_told_calmly(line: bytes) -> None:
    with pytest.raises(InputError, match="changed, damaged or cut off"):
        header_of(io.BytesIO(b"OpenAlliance backup 1\n" + line + b"\n"))


_SAID = {
    "made_at": "2026-03-02T09:30:00+00:00", "engine": "sqlite", "sha256": "0", "rows": {"a": 1},
    "access_log": [["0" * 32, 1, "s"]],
}  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "[" * 100_000, "[]", "{}", json.dumps({**_SAID, "rows": {"a": "1"}}),
        json.dumps({**_SAID, "made_at": "yesterday"}), json.dumps({**_SAID, "engine": 7}),
        json.dumps({**_SAID, "access_log": [["x", 1, "s"]]}), json.dumps({**_SAID, "rows": None}),
        json.dumps({**_SAID, "made_at": None}), "1" * 5000,
    ],
)  # fmt: skip
def test_a_backup_that_says_of_itself_what_cannot_be_changes_nothing(
    said: str, tmp_path: Path
) -> None:
    path, packed = tmp_path / "made.backup", io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as pack:
        for name, content in ((MANIFEST, said.encode()), ("database", b"x")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            pack.addfile(entry, io.BytesIO(content))
    path.write_bytes(_sealed(packed.getvalue()))
    with pytest.raises(InputError, match="says of itself what cannot be"):
        restore(path, tmp_path / "home", private_key=KEYS[1], now=datetime.now(UTC))
    assert not list((tmp_path / "home").glob("*.sqlite3*"))


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
        self.before_the_upgrade = folder
        self.home.mkdir(mode=0o700)
        with gzip.open(f"{OLD}.database.gz") as packed:
            (self.home / DATABASE).write_bytes(packed.read())
        shutil.copy(f"{OLD}.secrets.json", self.home / "secrets.json")
        with closing(sqlite3.connect(self.home / DATABASE)) as database:
            tables = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
        self.old = {name: self.count(name) for (name,) in tables}

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
    status, said = made.run("backup", made.folder)
    assert status == 1
    assert "there is no key to seal backups to" in said
    assert made.run("backup", "--new-key", made.folder / "private.txt")[0] == 0
    made.before_the_upgrade = _backup(made, made.folder)
    made.bring_up_to_date()
    assert made.count("care_client") == made.old["care_client"] == 3
    assert made.count("checkins_askedform") == made.old["checkins_askedform"]
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
def test_a_backup_of_before_the_upgrade_comes_back_up_to_date(
    practice: Practice, tmp_path: Path
) -> None:
    new = _new_home(practice, tmp_path)
    key = practice.folder / "private.txt"
    status, said = practice.run(
        "restore", practice.before_the_upgrade, "--key", key, "--json", home=new
    )
    assert status == 0, said
    assert json.loads(said)["migrated"] is True
    with closing(sqlite3.connect(new / DATABASE)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
    assert "trust_chainhead" in tables
    kept = [name for name in practice.old if name not in {"django_migrations", "django_session"}]
    now = {name: practice.count(name, new) for name in kept if name in tables}
    ours = {name: rows for name, rows in now.items() if not name.startswith(("auth_", "django_"))}
    assert ours == {name: practice.old[name] for name in ours}
    assert sum(ours.values()) > 500
    status, said = practice.run("verify", home=new)
    assert status == 0, said


@pytest.mark.slow
def test_a_backup_taken_while_others_write_comes_back_whole(
    practice: Practice, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(practice.home / DATABASE)) as database, database:
        # Enough that the copy takes a while, and an entry that was left without its seal.
        database.execute("CREATE TABLE IF NOT EXISTS ballast (content BLOB)")
        database.executemany(
            "INSERT INTO ballast VALUES (?)", ((os.urandom(4000),) for _ in range(8000))
        )
        database.execute(
            "INSERT INTO trust_accessentry (practice_id, at, actor_kind, actor_id, action, subject,"
            " subject_id, seal) SELECT practice_id, '2026-01-01', actor_kind, actor_id, action,"
            " subject, subject_id, '' FROM trust_accessentry LIMIT 1"
        )
    stop = threading.Event()

    def write(name: str) -> None:
        with closing(sqlite3.connect(practice.home / DATABASE, timeout=30)) as database:
            number = 0
            while not stop.wait(0.002):
                number += 1
                with database:
                    for half in ("one", "other"):
                        database.execute(
                            "INSERT OR REPLACE INTO django_cache VALUES (?, ?, '2030-01-01')",
                            (f"{name} {number}", half),
                        )
                        database.execute("INSERT INTO ballast VALUES (?)", (half,))

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    try:
        made = _backup(practice, tmp_path)
    finally:
        stop.set()
        for writer in writers:
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
    halves = [practice.count(f"ballast WHERE content = '{half}'", new) for half in ("one", "other")]
    assert halves[0] == halves[1] > 0, "a transaction was torn apart"
    status, said = practice.run("verify", home=new)
    assert status == 0, said
    with closing(sqlite3.connect(practice.home / DATABASE)) as database:
        database.execute("DROP TABLE ballast")


def _new_home(practice: Practice, folder: Path) -> Path:
    new = folder / "new"
    new.mkdir()
    shutil.copy(practice.home / "secrets.json", new)
    return new


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
def test_old_backups_of_this_installation_are_removed_and_nothing_else(
    practice: Practice, tmp_path: Path
) -> None:
    made = _backup(practice, tmp_path)
    for day in range(1, 5):
        old = tmp_path / f"openalliance-202601{day:02d}T020000Z.backup"
        shutil.copy(made, old)
        old.with_name(f"{old.name}.sha256").touch()
    kept = [
        tmp_path / "holiday.backup",
        tmp_path / "openalliance-20260105T020000Z.backup",
        tmp_path / "openalliance-20260106T020000Z.backup",
    ]
    kept[0].touch()
    kept[1].write_text("somebody's own")
    kept[2].write_bytes(made.read_bytes().replace(b'"of": "', b'"of": "0', 1))
    (tmp_path / made.name).unlink()
    status, said = practice.run("backup", tmp_path, "--keep", "daily=3")
    assert status == 0, said
    left = sorted(path.name for path in tmp_path.glob("*.backup"))
    assert [name for name in left if name not in {path.name for path in kept}][:2] == [
        "openalliance-20260103T020000Z.backup", "openalliance-20260104T020000Z.backup",
    ]  # fmt: skip
    assert len(left) == 3 + len(kept)
    assert all(path.exists() for path in kept)


@pytest.mark.slow
def test_while_it_is_served_nothing_is_restored(practice: Practice, tmp_path: Path) -> None:
    made = _backup(practice, tmp_path)
    import fcntl

    with (practice.home / ".in-use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        status, said = practice.run("restore", made, "--key", practice.folder / "private.txt")
    assert status == 1
    assert "is being served" in said
    status, said = practice.run("restore", made, "--key", practice.folder / "private.txt", "--try")
    assert status == 0, said
    assert "nothing was changed" in said


@pytest.mark.slow
def test_while_another_program_uses_the_database_it_is_not_replaced(
    practice: Practice, tmp_path: Path
) -> None:
    made = _backup(practice, tmp_path)
    key = practice.folder / "private.txt"
    with closing(sqlite3.connect(practice.home / DATABASE)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("SELECT count(*) FROM care_client").fetchone()
        status, said = practice.run("restore", made, "--key", key)
        assert status == 1
        assert "another program uses" in said
        other.execute("DELETE FROM django_cache")
        other.commit()
        status, said = practice.run("restore", made, "--key", key, "--force")
        assert status == 0, said
    status, said = practice.run("verify")
    assert status == 0, said


@pytest.mark.slow
def test_what_lies_beside_the_database_comes_back_too(practice: Practice, tmp_path: Path) -> None:
    own = practice.home / "instruments"
    own.mkdir()
    (own / "ours.json").write_text("{}")
    made = _backup(practice, tmp_path)
    (own / "ours.json").write_text("[]")
    status, said = practice.run("restore", made, "--key", practice.folder / "private.txt")
    assert status == 0, said
    assert (own / "ours.json").read_text() == "{}"
    (aside,) = practice.home.glob("instruments.before-*")
    assert (aside / "ours.json").read_text() == "[]"
    shutil.rmtree(own)


@pytest.mark.slow
def test_with_other_keys_it_is_refused_unless_it_brings_its_own(
    practice: Practice, tmp_path: Path
) -> None:
    new = _new_home(practice, tmp_path)
    secrets = json.loads((new / "secrets.json").read_text())
    other = {**secrets, "field_keys": {"current": "k1", "keys": {"k1": "A" * 43 + "="}}}
    (new / "secrets.json").write_text(json.dumps(other))
    key = practice.folder / "private.txt"
    status, said = practice.run("restore", _backup(practice, tmp_path), "--key", key, home=new)
    assert status == 1
    assert "the keys at hand do not open" in said
    assert [path.name for path in new.iterdir() if path.name[0] != "."] == ["secrets.json"]
    made = tmp_path / "with-keys.backup"
    assert practice.run("backup", made, "--with-keys")[0] == 0
    status, said = practice.run("restore", made, "--key", key, home=new)
    assert status == 0, said
    assert json.loads((new / "secrets.json").read_text()) == secrets
    (aside,) = new.glob("secrets.json.before-*")
    assert json.loads(aside.read_text()) == other


@pytest.mark.slow
def test_a_backup_of_a_newer_version_is_refused(practice: Practice, tmp_path: Path) -> None:
    def of_the_future(statement: str) -> None:
        with closing(sqlite3.connect(practice.home / DATABASE)) as database, database:
            database.execute(statement)

    of_the_future("INSERT INTO django_migrations (app, name, applied) VALUES ('care', '9999', '')")
    made = _backup(practice, tmp_path)
    of_the_future("DELETE FROM django_migrations WHERE name = '9999'")
    new = _new_home(practice, tmp_path)
    key = practice.folder / "private.txt"
    status, said = practice.run("restore", made, "--key", key, home=new)
    assert status == 1
    assert "newer OpenAlliance" in said
    assert not (new / DATABASE).exists()


@pytest.mark.slow
def test_backups_are_made_one_after_the_other(practice: Practice, tmp_path: Path) -> None:
    import fcntl

    left = practice.home / ".backup-left-by-a-kill"
    left.mkdir()
    with (practice.home / ".backing-up").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, said = practice.run("backup", tmp_path)
    assert status == 1
    assert "another backup is being made" in said
    assert left.exists()
    _backup(practice, tmp_path)
    assert not left.exists()


@pytest.mark.slow
def test_the_key_may_be_named_or_given_but_never_the_private_half(
    practice: Practice, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text(f"{KEYS[0]}\n")
    for number, key in enumerate((other, KEYS[0])):
        made = tmp_path / f"{number}.backup"
        assert practice.run("backup", made, "--to-key", key)[0] == 0
        with made.open("rb") as file:
            assert OpeningReader(file, KEYS[1]).read(2) == b"\x1f\x8b"
    status, said = practice.run("restore", made, "--key", other)
    assert status == 1
    assert f"{other}: is no key for backups" in said
    status, said = practice.run("backup", tmp_path, "--to-key", KEYS[1])
    assert status == 1
    assert "private half" in said
    assert KEYS[1] not in said


def test_the_system_ends_it_as_a_person_would() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    with pytest.raises(KeyboardInterrupt), stoppable():
        work()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_password_never_stands_on_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], env: dict[str, str], **_: object) -> Any:
        seen.update(command=command, env=env)
        return subprocess.CompletedProcess(command, 1, "", 'FATAL: row "of a client"')

    monkeypatch.setenv("DATABASE_URL", "postgresql://ada:hidden@db.example:5433/harbour")
    monkeypatch.setattr(postgresql, "program", lambda name: name)
    monkeypatch.setattr(postgresql.subprocess, "run", run)
    with pytest.raises(ConflictError) as told:
        postgresql.run("pg_dump", postgresql.from_environment(), ["--format=custom"], "no copy")
    assert str(told.value) == "no copy: pg_dump ended with 1"
    assert seen["command"] == ["pg_dump", "--format=custom"]
    assert (seen["env"]["PGPASSWORD"], seen["env"]["PGHOST"]) == ("hidden", "db.example")


def test_a_missing_program_of_postgresql_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgresql, "_INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConflictError, match="pg_dump is missing: sudo apt-get install"):
        postgresql.program("pg_dump")
