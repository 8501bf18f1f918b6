"""A real server for the browser tests: the demonstration practice in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

CLIENTS = 12
SEED = 7
_START_SECONDS = 120
_databases: dict[str, Path] = {}
_STOP_SECONDS = 15


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_ready(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the demonstration did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Make a demonstration practice in ``folder``, serve it, yield its address."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    keep = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [
        sys.executable, "-m", "openalliance", "demo",
        "--clients", str(CLIENTS), "--seed", str(SEED),
        "--data-dir", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env={**keep, "OPENALLIANCE_DATA_DIR": str(folder / "data")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, url, log)
            _databases[url] = folder / "data" / "practice.sqlite3"
            yield url
        finally:
            server.terminate()
            try:
                server.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def database_of(url: str) -> Path:
    """Return the database of a practice that `served` serves."""
    return _databases[url]
