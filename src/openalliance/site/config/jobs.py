"""Runs the queue's jobs beside the site: a thread in every process that serves pages.

Nothing else has to be started or watched. A job is claimed by one thread only, on both databases;
what a killed process left is picked up again.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from openalliance.site.config.logs import places, without_values

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
            except Exception as fault:
                # Whatever it was, the jobs behind it must not wait for ever.
                _log.error("jobs met an unexpected %s at %s", type(fault).__name__, places(fault))
            self._stop.wait(LOOK_EVERY)
        connection.close()


def run_ready(stop: Event | None = None) -> int:
    """Run the jobs that are ready, one after the other, and return how many."""
    from django_tasks_db.models import DBTaskResult
    from django_tasks_db.utils import retry

    ran = 0
    # A look first: claiming takes the database's write lock, which an idle site should not.
    while not (stop and stop.is_set()) and DBTaskResult.objects.ready().exists():
        claimed = _claimed()
        if claimed is None:
            break
        # In place of the library's own, which would keep the fault's words, too.
        claimed.set_failed = retry()(partial(_note_fault, claimed))
        _worker().run_task(claimed)
        ran += 1
    return ran


def tidy(*, now: datetime) -> None:
    """Queue what was left lying, and forget jobs that ended days ago or whose process died."""
    from django_tasks_db.models import DBTaskResult

    from openalliance.site.config.erasures import note_erasures
    from openalliance.site.config.sweeping import sweep
    from openalliance.site.records.endings.jobs import look_in
    from openalliance.site.records.intake.services import forget_old
    from openalliance.site.records.letters.jobs import pick_up, remind
    from openalliance.site.records.rights.erasure import carry_out_due
    from openalliance.site.records.trust.chain import seal_everything

    seal_everything()
    old = now - KEPT
    DBTaskResult.objects.finished().filter(finished_at__lt=old).delete()
    DBTaskResult.objects.running().filter(started_at__lt=old).delete()
    pick_up(now=now)
    remind(now=now)
    look_in(now=now)
    if carry_out_due(now=now):
        note_erasures(settings.DATA_DIR)
    forget_old(now=now)
    sweep(now=now)


def _claimed() -> DBTaskResult[Any, Any] | None:
    from django_tasks_db.models import DBTaskResult
    from django_tasks_db.utils import exclusive_transaction

    with exclusive_transaction():
        found: DBTaskResult[Any, Any] | None = DBTaskResult.objects.ready().get_locked()
        if found is not None:
            found.claim(uuid4().hex)
    return found


def _note_fault(job: DBTaskResult[Any, Any], fault: BaseException) -> None:
    """Keep what kind of fault ended a job and where; its words may be somebody's."""
    from django_tasks.base import TaskResultStatus

    kind = type(fault)
    job.status = TaskResultStatus.FAILED
    job.finished_at = timezone.now()
    job.exception_class_path = f"{kind.__module__}.{kind.__qualname__}"
    job.traceback = without_values(kind, fault.__traceback__)
    job.return_value = None
    job.save(
        update_fields=[
            "status", "finished_at", "exception_class_path", "traceback", "return_value",
        ]
    )  # fmt: skip


def _worker() -> Worker:
    from django_tasks_db.management.commands.db_worker import Worker

    return Worker(
        queue_names=["*"], interval=LOOK_EVERY, batch=True, backend_name="default",
        startup_delay=False, max_tasks=None, worker_id=uuid4().hex, excluded_queue_names=[],
    )  # fmt: skip
