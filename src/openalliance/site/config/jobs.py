"""Runs the queue's jobs beside the site: a thread in every process that serves pages.

Nothing else has to be started or watched. A job is claimed by one thread only, on both databases;
what a killed process left is picked up again.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import DatabaseError, close_old_connections, connection

if TYPE_CHECKING:
    from django_tasks_db.management.commands.db_worker import Worker
    from django_tasks_db.models import DBTaskResult

_log = logging.getLogger("openalliance.jobs")

LOOK_EVERY = 2.0
"""Seconds between two looks into an empty queue."""

TIDY_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=2)
"""How long finished jobs stay to be looked at."""


class Jobs:
    """The thread and its stop."""

    def __init__(self) -> None:
        self._stop = Event()
        self._thread = Thread(name="jobs", target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Let the job at hand end, and take no other."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        tidied = datetime.min.replace(tzinfo=UTC)
        while not self._stop.is_set():
            now = datetime.now(UTC)
            close_old_connections()
            try:
                if now - tidied >= TIDY_EVERY:
                    tidy(now=now)
                    tidied = now
                run_ready(self._stop)
            except DatabaseError as fault:
                # The database is away or busy: what is queued stays queued.
                _log.warning("jobs wait for the database: %s", type(fault).__name__)
                connection.close()
            self._stop.wait(LOOK_EVERY)
        connection.close()


def run_ready(stop: Event | None = None) -> int:
    """Run the jobs that are ready, one after the other, and return how many."""
    from django_tasks_db.models import DBTaskResult

    ran = 0
    # A look first: claiming takes the database's write lock, which an idle site should not.
    while not (stop and stop.is_set()) and DBTaskResult.objects.ready().exists():
        claimed = _claimed()
        if claimed is None:
            break
        _worker().run_task(claimed)
        ran += 1
    return ran


def tidy(*, now: datetime) -> None:
    """Queue what was left lying, and forget jobs that ended days ago or whose process died."""
    from django_tasks_db.models import DBTaskResult

    from openalliance.site.records.letters.jobs import pick_up
    from openalliance.site.records.trust.chain import seal_everything

    seal_everything()
    old = now - KEPT
    DBTaskResult.objects.finished().filter(finished_at__lt=old).delete()
    DBTaskResult.objects.running().filter(started_at__lt=old).delete()
    pick_up(now=now)


def _claimed() -> DBTaskResult[Any, Any] | None:
    from django_tasks_db.models import DBTaskResult
    from django_tasks_db.utils import exclusive_transaction

    with exclusive_transaction():
        found: DBTaskResult[Any, Any] | None = DBTaskResult.objects.ready().get_locked()
        if found is not None:
            found.claim(uuid4().hex)
    return found


def _worker() -> Worker:
    from django_tasks_db.management.commands.db_worker import Worker

    return Worker(
        queue_names=["*"], interval=LOOK_EVERY, batch=True, backend_name="default",
        startup_delay=False, max_tasks=None, worker_id=uuid4().hex, excluded_queue_names=[],
    )  # fmt: skip
