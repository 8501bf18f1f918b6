"""What one check-in costs, and how many questions the database is asked for a caseload.

Run with ``.venv/bin/python benchmarks/checkin.py``. It builds a practice in a temporary folder,
with episodes of 0, 50 and 200 earlier sessions, and then times whole check-ins: every answer
validated and kept, the form scored, taken into the course, signals found, the access logged,
committed with ``synchronous=FULL``. Beside it stands what the machine needs for one bare durable
commit.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

FORMS = 60
CASELOAD = 100


def main() -> int:
    """Run the benchmark; exit 1 when a stated limit is broken."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OPENALLIANCE_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "openalliance.site.config.settings"
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        bare = _bare_commit(Path(folder) / "bare.sqlite3")
        print(f"{'one bare durable commit':<44} wall {bare:6.2f} ms")
        cpu_of = _check_ins((0, 50, 200), bare)
        queries = _caseload_queries()
    print(f"{f'caseload page, {CASELOAD} clients':<44} {queries} queries (limit 20)")
    growth = cpu_of[200] / cpu_of[0]
    print(f"{'CPU with 200 earlier sessions / with none':<44} {growth:.2f}")
    return 0 if cpu_of[200] <= 15.0 and growth <= 1.2 and queries <= 20 else 1


def _bare_commit(path: Path) -> float:
    """Return the median wall time of one durable commit of one small row, in milliseconds."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE t (x)")

    def commit() -> None:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO t VALUES (1)")
        database.execute("COMMIT")

    return statistics.median(_timed(commit)[1] for _ in range(100))


def _check_ins(lengths: tuple[int, ...], bare: float) -> dict[int, float]:
    """Print what one check-in costs after so many earlier sessions; return median CPUs in ms.

    The episodes take turns, so that a machine that is slow for a while is slow for all of them.
    """
    desks = {length: _Desk(length) for length in lengths}
    found: dict[int, list[tuple[float, float, float]]] = {length: [] for length in lengths}
    for _ in range(FORMS):
        for length, desk in desks.items():
            found[length].append(desk.one())
    medians = {}
    for length, costs in found.items():
        cpu, wall, whole = (statistics.median(column) for column in zip(*costs, strict=True))
        label = f"check-in sent, {length} earlier sessions"
        print(
            f"{label:<44} wall {wall:6.2f} ms  CPU {cpu:6.2f} ms  ({wall / bare:.1f} bare commits)"
        )
        print(f"{'  with each answer kept on its own before':<44} CPU {whole:6.2f} ms")
        medians[length] = cpu
    return medians


class _Desk:
    """One episode with so many sessions behind it, where check-ins are filled in and sent."""

    def __init__(self, earlier: int) -> None:
        from openalliance.site.records.trust.actors import Actor, ActorKind

        self.now = datetime.now(UTC)
        self.therapist, self.episode = _episode(f"{earlier}", self.now)
        self.client = Actor(
            kind=ActorKind.CLIENT,
            id=self.episode.client_id,
            practice_id=self.episode.practice_id,
        )
        for _ in range(earlier):
            self.one()

    def one(self) -> tuple[float, float, float]:
        """Ask, fill in and send one check-in.

        Return CPU and wall time of sending, and CPU of filling in and sending, in milliseconds.
        """
        form = self._ask()
        filling = _timed(lambda: self._fill(form))
        sending = _timed(lambda: self._send(form))
        return sending[0], sending[1], filling[0] + sending[0]

    def _ask(self) -> Any:
        from openalliance.site.records.checkins import services
        from openalliance.site.records.checkins.models import AskedForm

        session = services.plan_session(
            self.episode.pk,
            starts_at=self.now - timedelta(minutes=10),
            by=self.therapist,
            now=self.now,
        )
        return AskedForm.objects.get(session=session, moment="check-in")

    def _fill(self, form: Any) -> None:
        from openalliance.site.records.checkins import services
        from openalliance.site.records.checkins.steps import steps_of

        for step in steps_of(form):
            safe = step.item.safety_threshold is not None
            value = step.item.minimum if safe else 6.0
            services.save_answer(form.pk, step.field, value, by=self.client, now=self.now)

    def _send(self, form: Any) -> None:
        from openalliance.site.records.checkins import services

        services.submit(form.pk, submission=uuid4(), by=self.client, now=datetime.now(UTC))


def _caseload_queries() -> int:
    """Return how many queries the caseload page of 100 clients takes."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from openalliance.site.records.care import services as care
    from openalliance.site.records.practice.models import Person

    now = datetime.now(UTC)
    by, _ = _episode("caseload", now)
    for number in range(CASELOAD - 1):
        care.add_client(
            care.NewClient(name=f"Client {number}", email=None, language="en", modality="cbt"),
            by=by,
            now=now,
        )
    settings.DEMONSTRATION = True  # no second factor for this signed-in person
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    browser = Client()
    browser.force_login(
        Person.objects.get(pk=by.id), backend="django.contrib.auth.backends.ModelBackend"
    )
    browser.get("/therapist/")
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get("/therapist/")
    if answer.status_code != 200:
        sys.exit(f"the caseload page answered {answer.status_code}")
    borders = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not one["sql"].startswith(borders) for one in captured.captured_queries)


def _episode(label: str, now: datetime) -> tuple[Any, Any]:
    from openalliance.site.records.care import services as care
    from openalliance.site.records.practice import services as practices
    from openalliance.site.records.practice.access import actor_for
    from openalliance.site.records.trust.actors import Role

    person = practices.set_up_practice(
        practices.NewPractice(
            name=label, time_zone="UTC", language="en", crisis_information="Call 112."
        ),
        administrator_email=f"{label}@practice.example",
        administrator_name=label,
        password=None,
        now=now,
    )
    practices.grant(person, {Role.THERAPIST}, now=now)
    by = actor_for(person)
    new = care.NewClient(name=label, email=None, language="en", modality="cbt")
    return by, care.add_client(new, by=by, now=now)


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return CPU and wall time of ``work`` in milliseconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


if __name__ == "__main__":
    raise SystemExit(main())
