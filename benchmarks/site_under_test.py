"""A practice with clients who have check-ins to send, a real server on it, and how to talk to it.

Shared by ``durability.py`` and ``load.py``. The practice is made with the site's own services; its
clients are let in as the site lets them in, so that what is measured is sending.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

if TYPE_CHECKING:
    from openalliance.site.records.care.models import PersonalLink

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
STARTING_TAKES = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A client who is in: the link's secret, the session, and forms to send."""

    token: str
    session: str
    forms: tuple[UUID, ...]


def prepared(data_dir: Path, *, clients: int, forms: int, filled: bool) -> list[Visitor]:
    """Make a practice in a new data folder; ``filled`` forms have all their answers already."""
    from openalliance.site.config.preparation import prepare

    prepare(data_dir)
    from openalliance.site.records.practice import services as practices
    from openalliance.site.records.practice.access import actor_for
    from openalliance.site.records.trust.actors import Role

    now = datetime.now(UTC)
    therapist = practices.set_up_practice(
        practices.NewPractice(
            name="Harbour Practice", time_zone="Europe/Madrid", language="en",
            crisis_information="Call 024, day and night.",
        ),
        administrator_email="ada@harbour.example", administrator_name="Ada Administrator",
        password=secrets.token_urlsafe(20), now=now - timedelta(days=400),
    )  # fmt: skip
    practices.grant(therapist, [Role.THERAPIST], now=now)
    by = actor_for(therapist)
    return [_visitor(number, forms, filled, by, now) for number in range(clients)]


def _visitor(number: int, forms: int, filled: bool, by: object, now: datetime) -> Visitor:
    from openalliance.site.records.care import links
    from openalliance.site.records.care import services as care
    from openalliance.site.records.care.models import Session
    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.checkins.services import check_in_instruments

    episode = care.add_client(
        care.NewClient(name=f"Client {number}", email=None, language="en", modality="cbt"),
        by=by,
        now=now,
    )
    link, token, _code = links.issue_link(episode, by=by, now=now)
    sessions = Session.objects.bulk_create(
        Session(
            practice_id=episode.practice_id, episode=episode, number=place + 1,
            starts_at=now + timedelta(days=1, minutes=place),
        )
        for place in range(forms)
    )  # fmt: skip
    instruments = check_in_instruments(episode)
    made = []
    for session in sessions:
        form = AskedForm(
            practice_id=episode.practice_id, session=session, episode=episode,
            moment="check-in", rater="client", instruments=instruments,
            opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=2), answers={},
        )  # fmt: skip
        if filled:
            form.answers = answers_of(form)
        made.append(form)
    AskedForm.objects.bulk_create(made)
    return Visitor(token=token, session=_let_in(link), forms=tuple(form.pk for form in made))


def answers_of(form: object) -> dict[str, dict[str, float]]:
    """Return answers to every question of a form, none of which marks safety."""
    from openalliance.site.records.checkins.steps import merged, steps_of

    found: dict[str, dict[str, float]] = {}
    for step in steps_of(form):
        found = merged(found, step.field, answer_to(step))
    return found


def answer_to(step: object) -> float:
    safe = step.item.safety_threshold is not None
    return float(step.item.minimum if safe else 6.0)


def _let_in(link: PersonalLink) -> str:
    from django.contrib.sessions.backends.db import SessionStore

    from openalliance.site.screens.door import let_client_in

    request = SimpleNamespace(session=SessionStore(), META={}, headers={})
    let_client_in(request, link)
    request.session.save()
    return str(request.session.session_key)


class Server:
    """The real server, as a user starts it, in a process group of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.port = port
        self._command = [
            sys.executable, "-m", "openalliance", "serve",
            "--data-dir", str(data_dir), "--port", str(port),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, errors: int | IO[str] = subprocess.DEVNULL) -> None:
        """Start it and wait until it answers; what it says on stderr goes to ``errors``."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=errors,
            start_new_session=True, cwd=ROOT,
        )  # fmt: skip
        until = time.monotonic() + STARTING_TAKES
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}")
            try:
                if Visit(self.port).get("/healthz") == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut of the program would."""
        process = self._process
        if process is None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._process = None

    def processes(self) -> list[int]:
        """Return the ids of all its processes."""
        if self._process is None:
            return []
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None


@contextmanager
def serving(data_dir: Path, port: int) -> Iterator[Server]:
    server = Server(data_dir, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Visit:
    """One connection to the server, as one visitor; `OSError` when it breaks."""

    _CSRF = secrets.token_hex(16)

    def __init__(self, port: int, visitor: Visitor | None = None, timeout: float = 10.0) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
        self._headers = {}
        if visitor is not None:
            self._headers["Cookie"] = f"oa_session={visitor.session}; csrftoken={self._CSRF}"
        self.location = ""

    def get(self, path: str) -> int:
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: dict[str, str]) -> int:
        body = urlencode(fields | {"csrfmiddlewaretoken": self._CSRF})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, body, kind)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
        try:
            self._connection.request(method, path, body, self._headers | headers)
            response = self._connection.getresponse()
            response.read()
        except (http.client.HTTPException, OSError) as fault:
            self._connection.close()
            raise OSError(type(fault).__name__) from None
        self.location = response.headers.get("Location", "")
        return response.status


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
