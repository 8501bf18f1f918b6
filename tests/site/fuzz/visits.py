"""One request to the site, in process; what comes back; and undoing what it did."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from authenticator import code_of
from django.core import mail
from django.core.signals import got_request_exception, request_finished, request_started
from django.db import close_old_connections, connection, transaction

from openalliance.site.config.logs import Discreet
from openalliance.site.config.wsgi import application
from tests.site.fuzz.world import (
    ADMINISTRATOR,
    APP_SECRET,
    CLIENT,
    PASSWORD,
    ROLES,
    SUPERVISOR,
    THERAPIST,
    World,
)

FORM = "application/x-www-form-urlencoded"
HOST = "localhost"
_SHOWN = 600
_CSRF = "a1" * 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One request as it goes over the wire; ``path`` and ``query`` are percent-encoded."""

    role: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    kind: str = FORM
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        where = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {where}   (as {self.role})"]
        lines += [f"{name}: {value[:_SHOWN]!r}" for name, value in self.headers]
        if self.body:
            more = f" … {len(self.body)} bytes" if len(self.body) > _SHOWN else ""
            lines += [f"Content-Type: {self.kind}", f"{self.body[:_SHOWN]!r}{more}"]
        return "\n  ".join(lines)

    __repr__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, and what was logged meanwhile."""

    shot: Shot
    status: int
    headers: Mapping[str, str]
    cookies: str
    body: bytes
    logged: tuple[str, ...]
    mailed: tuple[str, ...]
    fault: str

    @property
    def is_page(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")

    @property
    def is_static(self) -> bool:
        return self.shot.path.startswith("/static/") and self.status in {200, 304}

    @property
    def is_refusal(self) -> bool:
        """Whether somebody was turned away at the door."""
        asks_who = self.headers.get("Location", "").startswith("/sign-in?")
        return asks_who or self.status in {400, 403, 404, 405, 413}


@dataclass(kw_only=True)
class Visitors:
    """A browser for each role, signed in once; cookies are put back with everything else."""

    world: World
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: int = 0

    def __post_init__(self) -> None:
        self._log = _Kept()
        self._fault = ""
        logging.getLogger().addHandler(self._log)
        got_request_exception.connect(self._note)
        # They would end the transaction that everything here happens in.
        for moment in (request_started, request_finished):
            moment.disconnect(close_old_connections)
        self.cookies = {role: {"csrftoken": _CSRF} for role in ROLES}
        for role, who in ((THERAPIST, "tomas"), (SUPERVISOR, "sana"), (ADMINISTRATOR, "ada")):
            self._sign_in(role, who)
        token, code = self.world.tokens["noor"], self.world.codes["noor"]
        ask = Shot(
            role=CLIENT, method="POST", path=f"/c/{token}/code", body=f"code={code}".encode()
        )
        self.must(ask)

    def close(self) -> None:
        """Take away what listens."""
        logging.getLogger().removeHandler(self._log)
        got_request_exception.disconnect(self._note)
        for moment in (request_started, request_finished):
            moment.connect(close_old_connections)

    def send(self, shot: Shot) -> Answer:
        """Send one request; what it wanted done after its commit is done."""
        self.requests += 1
        self._log.lines.clear()
        mail.outbox = []
        self._fault = ""
        cookies = self.cookies[shot.role]
        response = application(_environment(shot, cookies), _started)
        for name, morsel in response.cookies.items():
            if morsel.value and morsel["max-age"] != 0:
                cookies[name] = morsel.value
            else:
                cookies.pop(name, None)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        response.close()
        _after_commit()
        _until_mailed()
        return Answer(
            shot=shot, status=response.status_code, headers=dict(response.items()),
            cookies=response.cookies.output(), body=body, logged=tuple(self._log.lines),
            mailed=tuple(f"{one.subject}\n{one.body}" for one in mail.outbox),
            fault=self._fault,
        )  # fmt: skip

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Do something, then put database and cookies back to what they were."""
        kept = {role: dict(jar) for role, jar in self.cookies.items()}
        try:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        finally:
            self.cookies = kept

    def type_password(self, role: str, who: str) -> None:
        """Take the first step of signing in; the code is asked next."""
        email = self.world.people[who].email
        body = f"login={email}&password={PASSWORD}".encode()
        self.must(Shot(role=role, method="POST", path="/sign-in", body=body))

    def must(self, shot: Shot) -> None:
        """Send what has to work."""
        answer = self.send(shot)
        if answer.status != 302:
            raise AssertionError(f"{answer.status} {answer.fault} for\n  {shot}")

    def _sign_in(self, role: str, who: str) -> None:
        self.type_password(role, who)
        code = code_of(APP_SECRET)
        self.must(
            Shot(role=role, method="POST", path="/sign-in/code", body=f"code={code}".encode())
        )

    def _note(self, sender: object = None, **_: Any) -> None:
        import sys
        import traceback

        kind, fault, trace = sys.exc_info()
        places = traceback.extract_tb(trace)[-3:]
        where = " < ".join(f"{one.filename}:{one.lineno}" for one in reversed(places))
        self._fault = f"{kind.__name__ if kind else '?'}: {fault} at {where}"


class _Kept(logging.Handler):
    """Keeps what would be printed, after the filter that every handler of the site has."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.addFilter(Discreet())
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def _environment(shot: Shot, cookies: Mapping[str, str]) -> dict[str, Any]:
    path = unquote_to_bytes(shot.path).decode("latin-1")
    environment: dict[str, Any] = {
        "REQUEST_METHOD": shot.method, "PATH_INFO": path, "SCRIPT_NAME": "",
        "QUERY_STRING": shot.query, "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": HOST,
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": HOST,
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(shot.body),
        "wsgi.errors": None, "wsgi.multiprocess": True, "wsgi.multithread": False,
        "wsgi.run_once": False, "CONTENT_LENGTH": str(len(shot.body)), "CONTENT_TYPE": shot.kind,
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }  # fmt: skip
    if "csrftoken" in cookies:
        environment["HTTP_X_CSRFTOKEN"] = cookies["csrftoken"]
    for name, value in shot.headers:
        key = name.upper().replace("-", "_")
        plain = key in {"CONTENT_LENGTH", "CONTENT_TYPE"}
        environment[key if plain else f"HTTP_{key}"] = value
    return environment


def _started(*_: object) -> Callable[[bytes], object]:
    return bytes.__len__


def _until_mailed() -> None:
    """Wait for mails that are sent beside the answers."""
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(10)


def _after_commit() -> None:
    """Run what waits for a commit: everything here is undone later, and so never committed."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _savepoints, function, robust in waiting:
        try:
            function()
        except Exception as fault:
            if not robust:
                raise
            # In Django's own words.
            told = logging.getLogger("django.db.backends.base")
            told.error("Error calling %s in on_commit() (%s).", function, fault, exc_info=True)
