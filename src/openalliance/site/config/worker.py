"""The process that serves pages: slow senders wait outside, and what is too much is told so.

gunicorn's threads read a request as it arrives, so that a handful of visitors who send a byte now
and then would occupy all of them. Here a request is gathered in the main loop, which waits for any
number of senders at once; a thread gets it when it is whole. When more whole requests wait than can
be answered soon, the next are told to come back (503) instead of making everybody wait; and guesses
at passwords and codes, which are costly to check, never fill the queue.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import time
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from openalliance.site.config.logs import places

MOST_WAITING = 24
"""Whole requests that may wait for a thread: some tenths of a second of work."""

MOST_GUESSES_WAITING = 1
"""Attempts to come in that may wait or be checked at once: the other thread stays free."""

WHOLE_WITHIN = 15.0
"""Seconds in which a request must have arrived."""

GATHERED_AT_MOST = 512 * 1024
"""Bytes gathered before a thread takes over; no request that is let in is larger."""

_HEAD_AT_MOST = 32 * 1024
_CHUNK = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_GUESS = re.compile(rb"POST /(?:sign-in|account/|c/[^/ ]+/code)")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)


def is_whole(gathered: bytes | bytearray) -> bool:
    """Whether a thread can answer what has been gathered without waiting for its sender.

    Requests whose length is not said, or is beyond what is gathered, count as whole: the thread
    refuses or reads them.
    """
    end = gathered.find(b"\r\n\r\n")
    if end < 0:
        return len(gathered) > _HEAD_AT_MOST
    head = bytes(gathered[: end + 4])
    if _CHUNKED.search(head) or _EXPECTS.search(head):
        return True
    found = _LENGTH.search(head)
    length = int(found.group(1)) if found else 0
    return length > GATHERED_AT_MOST or len(gathered) >= len(head) + length


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, which get whole requests only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathering: dict[TConn, float] = {}
        self._waiting = 0
        self._guesses = 0
        self._looked_at = 0.0

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop at the loop's next turn: leaving from within a signal could break what runs."""
        self.handle_exit(sig, frame)

    def accept(self, listener: Any) -> None:
        """Take a new connection in, and wait for its request."""
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self._gather(TConn(self.cfg, sock, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        """Wait for the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a request to a thread, unless too many wait already."""
        conn.is_guess = bool(_GUESS.match(conn.gathered))
        too_many_guesses = conn.is_guess and self._guesses >= MOST_GUESSES_WAITING
        if self._waiting >= MOST_WAITING or too_many_guesses:
            self._turn_away(conn)
            return
        self._waiting += 1
        self._guesses += conn.is_guess
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Count an answered request, and do what follows it."""
        self._waiting -= 1
        self._guesses -= conn.is_guess
        super().finish_request(conn, fs)

    def handle(self, conn: TConn) -> Any:
        """Answer in a thread; what was gathered is read first."""
        conn.data_ready = True
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.unread(bytes(conn.gathered))
        conn.gathered = bytearray()
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuse what could not be read, without repeating it: it may be part of what was written.

        gunicorn would put the faulty line into its answer and into the log. A body that is longer
        than it says goes on as the next request's first line.
        """
        ours = isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName)
        unreadable = isinstance(exc, ParseException) and not ours
        if unreadable:
            self.log.warning("A request could not be read: %s", type(exc).__name__)
        else:
            kind = type(exc).__name__
            self.log.error("A request could not be answered: %s at %s", kind, places(exc))
        with contextlib.suppress(OSError):  # whoever asked may have gone
            client.sendall(_whole_answer(400 if unreadable else 500))

    def murder_pending(self) -> None:
        """Close connections whose request did not arrive in time; called at every turn."""
        super().murder_pending()
        now = time.monotonic()
        if now - self._looked_at < 1.0:
            return
        self._looked_at = now
        for conn in [one for one, until in self._gathering.items() if until <= now]:
            self._leave(conn)
            self._close(conn)

    def _gather(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.gathered = bytearray()
        self._gathering[conn] = time.monotonic() + WHOLE_WITHIN
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._more, conn))
        # What has arrived already is taken now, rather than at the loop's next turn.
        self._more(conn, conn.sock)

    def _more(self, conn: TConn, sock: Any) -> None:
        try:
            arrived = sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            arrived = b""
        if not arrived:
            self._leave(conn)
            self._close(conn)
            return
        conn.gathered += arrived
        if is_whole(conn.gathered):
            self._leave(conn)
            self.enqueue_req(conn)

    def _leave(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        del self._gathering[conn]

    def _turn_away(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        with contextlib.suppress(OSError):  # whoever asked may have gone
            conn.sock.send(_whole_answer(503))
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


@cache
def _whole_answer(status: int) -> bytes:
    """Return a page for a fault with its headers, as it goes over the wire."""
    from openalliance.site.config.middleware import without_request

    answer = without_request(status)
    answer["Content-Length"], answer["Connection"] = str(len(answer.content)), "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in answer.items())
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}\r\n".encode() + answer.content
