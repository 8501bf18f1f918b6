"""``openalliance serve``: a real server in a process of its own."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from openalliance.cli.serve import serve
from openalliance.core.errors import InputError
from openalliance.site.config import server

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"}
_START_SECONDS = 60


class Running:
    """A server, and what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.port = _free_port()
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "openalliance", "serve", "--port", str(self.port),
                 "--data-dir", str(folder / "data")],
                env=_ENVIRONMENT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while "Ready" not in self.printed():
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < deadline, self.printed()
            time.sleep(0.05)

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = Running(tmp_path_factory.mktemp("served"))
    try:
        one.wait()
        yield one
    finally:
        one.process.terminate()
        one.process.wait(20)


@pytest.mark.slow
def test_the_first_start_prints_a_code_and_leads_to_setting_up(running: Running) -> None:
    assert re.search(r"set-up and enter: \w{4}-\w{4}-\w{4}", running.printed())
    with urlopen(f"http://127.0.0.1:{running.port}/", timeout=10) as page:
        assert page.url.endswith("/set-up")
        assert "Set up your practice" in page.read().decode()


@pytest.mark.slow
def test_it_is_alive_and_ready(running: Running) -> None:
    for address, words in (("healthz", b"ok"), ("readyz", b"ready")):
        with urlopen(f"http://127.0.0.1:{running.port}/{address}", timeout=10) as answer:
            assert answer.read() == words


@pytest.mark.slow
def test_no_secret_of_a_link_reaches_the_output(running: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", "/c/a-secret-token-of-a-link/")
    assert connection.getresponse().status == 404
    connection.close()
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(b"GET /c/a-secret-token-of-a-link/ HTTP/9.9\r\n\r\n")
        raw.recv(4096)
    assert "a-secret-token" not in running.printed()


@pytest.mark.slow
def test_ten_megabytes_get_their_answer_over_a_real_connection(running: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    connection.request(
        "POST",
        "/contact",
        body=b"message=" + b"x" * 10_000_000,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"too large" in answer.read()
    connection.close()


@pytest.mark.slow
def test_another_program_on_the_port_is_said_plainly(running: Running, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openalliance", "serve", "--port", str(running.port),
         "--data-dir", str(tmp_path)],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "another program uses this port" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_quietly(tmp_path: Path, sent: signal.Signals) -> None:
    one = Running(tmp_path)
    one.wait()
    one.process.send_signal(sent)
    assert one.process.wait(20) == 0
    assert "Stopped." in one.printed()
    assert "Traceback" not in one.printed()


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_port_is_a_port(tmp_path: Path, port: int) -> None:
    with pytest.raises(InputError, match="0 to 65535"):
        server.run(tmp_path, "127.0.0.1", port)
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not one of this machine"):
        server.run(tmp_path, "192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "where"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://localhost:80/"),
        ("::", "http://localhost:80/"),
        ("::1", "http://[::1]:80/"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(host: str, where: str) -> None:
    assert server.address(host, 80) == where


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "praxis.example", "fd00::7"])
def test_it_answers_to_this_machine_and_to_the_address_it_listens_on(host: str) -> None:
    names = server._names_of(host)
    assert {"localhost", "127.0.0.1", "[::1]"} <= set(names)
    assert "*" not in names
    if host == "praxis.example":
        assert host in names
    if host == "fd00::7":
        assert "[fd00::7]" in names


def test_help_has_an_example() -> None:
    told = CliRunner().invoke(serve, ["--help"]).output
    assert "openalliance serve --data-dir" in told


def test_a_port_that_is_no_number_is_wrong_usage() -> None:
    assert CliRunner().invoke(serve, ["--port", "x"]).exit_code == 2


@pytest.mark.slow
def test_slow_senders_do_not_stop_others(running: Running) -> None:
    slow = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(60)]
    try:
        for one in slow:
            one.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: a")
        began = time.monotonic()
        for _ in range(5):
            with urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=5) as page:
                assert page.status == 200
        assert time.monotonic() - began < 5.0
    finally:
        for one in slow:
            one.close()


@pytest.mark.slow
def test_a_request_that_arrives_in_pieces_is_answered(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as one:
        for piece in (b"GET /heal", b"thz HTTP/1.1\r\nHost: loc", b"alhost\r\n\r\n"):
            one.sendall(piece)
            time.sleep(0.1)
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        # The connection is kept: it serves a second request too.
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
