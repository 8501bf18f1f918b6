"""``openalliance demo``, as it is typed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

COMMAND = [sys.executable, "-m", "openalliance", "demo", "--clients", "8", "--seed", "7"]


def failing(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[str]:
    """Start the demonstration; yield what it printed once it answers."""
    environment = {**os.environ, "OPENALLIANCE_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    out = folder.parent / "printed.txt"
    with out.open("w") as printed:
        server = subprocess.Popen(
            [*COMMAND, "--port", "0", "--data-dir", str(folder), *arguments],
            stdout=printed, stderr=subprocess.STDOUT, env=environment,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while "Ready:" not in out.read_text():
            assert server.poll() is None, out.read_text()
            assert time.monotonic() < deadline, out.read_text()
            time.sleep(0.1)
        yield out.read_text()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def test_made_once_then_served_and_made_anew_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with served(folder) as printed:
        assert "DEMONSTRATION - nobody in it is real" in printed
        assert "amara@demonstration.example" in printed
        address = next(
            line.split()[-1] for line in printed.splitlines() if line.startswith("Address:")
        )
        assert address.startswith("http://127.0.0.1:")
        with urlopen(f"{address}readyz", timeout=10) as answer:
            assert answer.status == 200
    noted = (folder / "demonstration.json").read_text()
    with served(folder) as printed:
        assert "Making up" not in printed
    assert (folder / "demonstration.json").read_text() == noted
    with served(folder, "--fresh") as printed:
        assert "Making up a practice of 8 clients" in printed
    assert (folder / "demonstration.json").read_text() != noted


def test_a_port_in_use_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = failing("--port", port, "--data-dir", str(tmp_path / "demo"))
    assert result.returncode == 1
    assert "another program uses this port" in result.stderr
    assert not (tmp_path / "demo").exists()


def test_fresh_leaves_what_is_no_demonstration_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = failing("--port", "0", "--data-dir", str(tmp_path), "--fresh")
    assert result.returncode == 1
    assert "is not a demonstration" in result.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


@pytest.mark.parametrize("arguments", [("--clients", "0"), ("--port", "99999"), ("--seed", "x")])
def test_wrong_usage(arguments: tuple[str, str]) -> None:
    assert failing(*arguments).returncode == 2
