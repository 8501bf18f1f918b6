"""``openalliance keys``: what a person at the machine does with the keys."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.site.config import secrets
from openalliance.site.config.recovery_sheet import read_sheet, sheet_lines, sheet_text

_MAKE = """
import sys
from pathlib import Path
from openalliance.site.config.preparation import prepare
prepare(Path(sys.argv[1]))
from datetime import UTC, datetime
from openalliance.site.records.intake.models import ContactRequest
from openalliance.site.records.practice.services import NewPractice, set_up_practice
now = datetime.now(UTC)
new = NewPractice(name="Harbour", time_zone="UTC", language="en", crisis_information="112")
made = set_up_practice(
    new, administrator_email="a@harbour.example", administrator_name="Ada", password=None, now=now
).practice
ContactRequest.objects.create(practice=made, name="Nia", reach_me="r", message="m", at=now)
"""


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: text for key, text in os.environ.items() if key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _keys(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    where = [] if arguments[0] == "new" else ["--data-dir", str(folder)]
    return _run("-m", "openalliance", "keys", *arguments, *where)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    made = _run("-c", _MAKE, str(folder))
    assert made.returncode == 0, made.stderr
    return folder


def _content(*names: str) -> dict[str, object]:
    return secrets.new_secrets(masters={name: secrets.new_key() for name in names})


def test_from_the_first_key_to_a_retired_one(installation: Path, tmp_path: Path) -> None:
    listed = json.loads(_keys(installation, "list", "--json").stdout)["keys"]
    assert [(one["key"], one["standing"], one["data_keys"]) for one in listed] == [
        ("k1", "current", 1)
    ]
    rotated = _keys(installation, "rotate", "--data-keys")
    assert rotated.returncode == 0, rotated.stderr
    assert "The current key is k2." in rotated.stdout
    assert "the change is proven" in rotated.stdout
    assert "3 fields were sealed anew" in rotated.stdout
    retired = _keys(installation, "retire", "k1")
    assert retired.returncode == 0, retired.stderr
    sheet = tmp_path / "sheet.txt"
    written = _keys(installation, "sheet", str(sheet))
    assert written.returncode == 0
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert _keys(installation, "sheet", str(sheet)).returncode == 1  # never overwritten
    kept = (installation / secrets.FILE).read_text()
    (installation / secrets.FILE).unlink()
    missing = _run("-m", "openalliance", "verify", "--data-dir", str(installation))
    assert missing.returncode == 1
    restored = _keys(installation, "restore", str(sheet))
    assert restored.returncode == 0, restored.stderr
    again = json.loads((installation / secrets.FILE).read_text())
    assert again == json.loads(kept)
    assert _run("-m", "openalliance", "verify", "--data-dir", str(installation)).returncode == 0
    twice = _keys(installation, "restore", str(sheet))
    assert twice.returncode == 1
    assert "not overwritten" in twice.stderr


def test_a_new_key_for_the_environment_is_named_after_those_at_hand() -> None:
    assert _run("-m", "openalliance", "keys", "new").stdout.startswith("k1:")
    first = "k1:" + "A" * 43 + "="
    made = _run("-m", "openalliance", "keys", "new", **{secrets.VARIABLE: first})
    assert made.stdout.startswith("k2:")


@given(
    masters=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3),
    signing=st.text("abcXYZ019-_", min_size=20, max_size=70),
)
def test_a_sheet_gives_back_what_was_written_on_it(masters: list[bytes], signing: str) -> None:
    named = {f"k{number}": secret for number, secret in enumerate(masters, start=1)}
    content = secrets.new_secrets(masters=named, signing_key=signing)
    text = sheet_text(content, made_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert read_sheet(text, where="sheet") == content
    assert read_sheet(text.lower().replace("0", "o"), where="sheet") == content


def test_a_slip_of_the_pen_is_found_in_its_line() -> None:
    lines = sheet_lines(_content("k1", "k2"))
    found = tried = 0
    for number, line in enumerate(lines):
        name, letters = line.split()[0], line[10:]
        for at, letter in enumerate(letters):
            if letter != " ":
                wrong = (
                    f"{line[:10]}{letters[:at]}{'7' if letter != '7' else '8'}{letters[at + 1 :]}"
                )
                tried += 1
                found += _complains_about(name, [*lines[:number], wrong, *lines[number + 1 :]])
    assert tried > 200
    assert found >= tried - 3  # one slip in 1,024 has the same two last characters


def _complains_about(name: str, lines: list[str]) -> bool:
    return f"({name})" in _fault(lines)


def test_a_slip_that_passes_its_lines_check_still_makes_no_key() -> None:
    """Letters that are tried until the two last characters let them pass, as one in 1,024 does."""
    content = secrets.new_secrets(masters={"k1": secrets.new_key()}, signing_key="0aZ-_" * 10)
    lines = sheet_lines(content)
    at = next(at for at, line in enumerate(lines) if line.startswith("seal-1/"))
    faults = [
        _fault(
            [
                *lines[:at],
                f"{lines[at][:10]}{first}{second}{third}{lines[at][13:]}",
                *lines[at + 1 :],
            ]
        )
        for first, second, third in product("0123456789ABCDEFGHJK", repeat=3)
    ]
    assert any("the lines of seal do not make a key" in fault for fault in faults)


def _fault(lines: list[str]) -> str:
    try:
        read_sheet("\n".join(lines), where="sheet")
    except InputError as fault:
        return str(fault)
    return ""


def test_a_missing_line_is_named() -> None:
    lines = sheet_lines(_content("k1", "k2"))
    assert len(lines) > 8
    for at, line in enumerate(lines):
        with pytest.raises(InputError, match=f"line {line.split()[0]} is missing"):
            read_sheet("\n".join(lines[:at] + lines[at + 1 :]), where="sheet")


def test_a_line_that_is_there_twice_or_no_sheet_is_refused() -> None:
    lines = sheet_lines(_content("k1"))
    with pytest.raises(InputError, match="twice"):
        read_sheet("\n".join([*lines, lines[0]]), where="sheet")
    with pytest.raises(InputError, match="not a whole sheet"):
        read_sheet("my notes", where="sheet")
