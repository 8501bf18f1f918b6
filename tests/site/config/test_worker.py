"""The worker process: requests are gathered whole; what is too much is turned away politely."""

from __future__ import annotations

import logging
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.http.errors import InvalidRequestLine, InvalidResponseHeader
from gunicorn.workers.gthread import ThreadWorker
from hypothesis import given
from hypothesis import strategies as st

from openalliance.site.config.worker import (
    GATHERED_AT_MOST,
    MOST_GUESSES_WAITING,
    MOST_WAITING,
    PatientWorker,
    is_whole,
)

bodies = st.binary(max_size=300)


@given(bodies, st.booleans(), st.data())
def test_a_request_is_whole_with_its_last_byte_and_not_before(
    body: bytes, shouts: bool, data: st.DataObject
) -> None:
    name = b"CONTENT-LENGTH" if shouts else b"Content-Length"
    whole = b"POST /c/x HTTP/1.1\r\nHost: a\r\n%s: %d\r\n\r\n%s" % (name, len(body), body)
    part = data.draw(st.integers(0, len(whole) - 1))
    assert not is_whole(whole[:part])
    assert is_whole(whole)
    assert is_whole(whole + b"GET / HTTP/1.1\r\n")


def test_what_has_no_body_is_whole_with_its_head() -> None:
    assert is_whole(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert not is_whole(b"GET / HTTP/1.1\r\nHost: a\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (GATHERED_AT_MOST + 1),
        b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000,
    ],
)
def test_what_cannot_be_gathered_is_left_to_a_thread(head: bytes) -> None:
    assert is_whole(head)


class _Busy(PatientWorker):
    """A worker whose threads never finish, without a process around it."""

    def __init__(self) -> None:
        self._waiting = self._guesses = 0
        self.nr_conns = 0
        self.handed_over: list[Any] = []

    def _submitted(self, conn: Any) -> None:
        self.handed_over.append(conn)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> _Busy:
    monkeypatch.setattr(ThreadWorker, "enqueue_req", lambda self, conn: self._submitted(conn))
    return _Busy()


def _asked(worker: _Busy, request: bytes) -> bytes:
    """Hand a request over, and return what its sender is told at once."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        worker.enqueue_req(
            SimpleNamespace(sock=ours, gathered=bytearray(request), close=lambda: None)
        )
        try:
            return theirs.recv(65536)
        except BlockingIOError:
            return b""


def test_when_too_many_wait_the_next_are_asked_to_come_back(busy: _Busy) -> None:
    for _ in range(MOST_WAITING):
        _asked(busy, b"GET / HTTP/1.1\r\n\r\n")
    told = _asked(busy, b"GET / HTTP/1.1\r\n\r\n")
    assert len(busy.handed_over) == MOST_WAITING
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 5" in told
    assert b"try again in a minute" in told


@pytest.mark.parametrize("path", [b"/sign-in", b"/account/2fa/authenticate/", b"/c/a-b_c/code"])
def test_guesses_never_fill_the_queue(busy: _Busy, path: bytes) -> None:
    for _ in range(MOST_GUESSES_WAITING):
        _asked(busy, b"POST %s HTTP/1.1\r\n\r\n" % path)
    assert _asked(busy, b"POST %s HTTP/1.1\r\n\r\n" % path).startswith(b"HTTP/1.1 503 ")
    assert _asked(busy, b"POST /c/a-b_c/form/1 HTTP/1.1\r\n\r\n") == b""
    assert len(busy.handed_over) == MOST_GUESSES_WAITING + 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (InvalidRequestLine("what somebody wrote"), 400),
        (InvalidResponseHeader("what somebody wrote"), 500),
        (ValueError("what somebody wrote"), 500),
    ],
)
def test_what_cannot_be_read_is_repeated_neither_to_the_sender_nor_in_the_log(
    busy: _Busy, caplog: pytest.LogCaptureFixture, fault: Exception, status: int
) -> None:
    busy.log = logging.getLogger("gunicorn.error")
    ours, theirs = socket.socketpair()
    with ours, theirs, caplog.at_level(logging.DEBUG):
        busy.handle_error(None, ours, ("192.0.2.7", 1), fault)
        told = theirs.recv(65_536)
    assert told.startswith(b"HTTP/1.1 %d " % status)
    for header in (
        b"Content-Security-Policy: ", b"default-src 'self'", b"X-Frame-Options: DENY",
        b"Cross-Origin-Opener-Policy: same-origin", b"Cache-Control: no-store",
    ):  # fmt: skip
        assert header in told
    assert type(fault).__name__ in caplog.text
    assert "somebody wrote" not in caplog.text + told.decode()
