"""When entries are sealed: at once, or a moment later by a thread that seals for many.

Under load, one seal for half a second's entries takes the database's write lock twice a second
instead of once for every page. Processes that serve pages have such a thread; commands and
tests seal at once.
"""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connection

from openalliance.site.records.trust.chain import is_waiting, seal_entries

_log = logging.getLogger("openalliance.jobs")

GATHERED_FOR = 0.5
"""Seconds for which entries are gathered before they are sealed."""


class Sealer:
    """The thread, and the practices that wait for it."""

    def __init__(self) -> None:
        self._waiting: set[UUID] = set()
        self._lock, self._asked, self._stop = Lock(), Event(), Event()
        self._thread = Thread(name="sealing", target=self._run, daemon=True)

    def start(self) -> None:
        """From now on, entries of this process wait for the thread."""
        self._thread.start()
        _running.append(self)

    def stop(self, seconds: float = 5.0) -> None:
        """Seal what waits, and from now on at once."""
        _running.remove(self)
        self._stop.set()
        self._asked.set()
        self._thread.join(seconds)

    def ask(self, practice_id: UUID) -> None:
        """Have a practice's entries sealed soon."""
        with self._lock:
            self._waiting.add(practice_id)
        self._asked.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._asked.wait()
            self._stop.wait(GATHERED_FOR)
            self._seal()
        self._seal()  # what was asked for while the last was under way
        connection.close()

    def _seal(self) -> None:
        self._asked.clear()
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        close_old_connections()
        try:
            for practice_id in waiting:
                # A look first: another process may have sealed them, and the lock is dear.
                if is_waiting(practice_id):
                    seal_entries(practice_id)
        except DatabaseError as fault:
            # They stay without a seal until the next are sealed, or the next minute's look.
            _log.warning("sealing waits for the database: %s", type(fault).__name__)
            connection.close()


_running: list[Sealer] = []
"""The thread of this process, if it has one."""


def seal_soon(practice_id: UUID) -> None:
    """Seal a practice's entries: a moment later where a thread does it, else now."""
    if not _running:
        seal_entries(practice_id)
        return
    _running[0].ask(practice_id)
