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
        cpu_of = {sessions: _check_ins(sessions, bare) for sessions in (0, 50, 200)}
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


def _check_ins(earlier: int, bare: float) -> float:
    """Print the cost of one check-in after ``earlier`` sessions; return its median CPU in ms."""
    from openalliance.site.records.checkins import services
    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.checkins.steps import steps_of
    from openalliance.site.records.trust.actors import Actor, ActorKind

    now = datetime.now(UTC)
    by, episode = _episode(f"{earlier}", now)
    client = Actor(kind=ActorKind.CLIENT, id=episode.client_id, practice_id=episode.practice_id)

    def ask(week: int) -> AskedForm:
        session = services.plan_session(
            episode.pk, starts_at=now - timedelta(minutes=week), by=by, now=now
        )
        return AskedForm.objects.get(session=session, moment="check-in")

    def fill(form: AskedForm) -> None:
        for step in steps_of(form):
            safe = step.item.safety_threshold is not None
            services.save_answer(
                form.pk, step.field, step.item.minimum if safe else 6.0, by=client, now=now
            )

    def send(form: AskedForm) -> None:
        services.submit(form.pk, submission=uuid4(), by=client, now=datetime.now(UTC))

    for week in range(earlier):
        form = ask(week % 40)
        fill(form)
        send(form)
    cpu, wall, whole = [], [], []
    for _ in range(FORMS):
        form = ask(10)
        filling = _timed(lambda form=form: fill(form))
        sending = _timed(lambda form=form: send(form))
        cpu.append(sending[0])
        wall.append(sending[1])
        whole.append(filling[0] + sending[0])
    label = f"check-in sent, {earlier} earlier sessions"
    ratio = statistics.median(wall) / bare
    print(
        f"{label:<44} wall {statistics.median(wall):6.2f} ms  CPU {statistics.median(cpu):6.2f} ms"
        f"  ({ratio:.1f} bare commits)"
    )
    print(
        f"{'  with each answer kept on its own before':<44} CPU {statistics.median(whole):6.2f} ms"
    )
    return statistics.median(cpu)


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
    return len(captured)


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
