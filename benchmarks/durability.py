"""Kills the server at random moments under load, and looks for anything lost, doubled or half.

Run with ``.venv/bin/python benchmarks/durability.py [--kills 500] [--database postgresql]``.
Clients fill in and send check-ins, one answer after the other, over several connections. The
server's whole process group is killed with SIGKILL after a random time and started again; what was
not acknowledged is sent again, as the client's page does. In the end:

- every answer and every form that was acknowledged is there;
- nothing is there twice: one set of scores and one log entry for each form that was sent;
- nothing is half-written: scores, log entry and course belong to sent forms only, and the course
  kept is the one that a fresh reading of all that was observed gives;
- the access log's chain is unbroken.

Exits with 1 if anything is amiss.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from site_under_test import Server, Visit, Visitor, answer_to, free_port, prepared

CONNECTIONS = 4
LONGEST_LIFE = 1.5
"""Seconds that a server lives at most, once it answers."""

CHECK_INS_A_KILL = 60
"""More than are sent in one life."""


@dataclass(slots=True)
class Acknowledged:
    """What the server has said yes to."""

    answers: dict[UUID, dict[int, str]] = field(default_factory=dict)
    sent: set[UUID] = field(default_factory=set)
    requests: int = 0
    broken: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> int:
    """Run it; 0 if nothing is lost, doubled or half-written."""
    options = options_of(__doc__)
    random.seed(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.pop("DATABASE_URL", None)
        if options.database == "postgresql":
            stack.enter_context(postgresql())
        clients = 40
        forms = max(10, options.kills * CHECK_INS_A_KILL // clients)
        visitors = prepared(folder, clients=clients, forms=forms, filled=False)
        QUESTIONS.update(questions())
        kept = _ordeal(folder, visitors, options.kills)
        faults = faults_in(kept)
    sent, answers = len(kept.sent), sum(len(one) for one in kept.answers.values())
    print(
        f"{options.database}: {options.kills} kills, {kept.requests:,} requests, {kept.broken:,} "
        f"of them cut off; {answers:,} answers and {sent:,} check-ins acknowledged; "
        f"other statuses: {dict(kept.refused) or 'none'}"
    )
    for fault in faults[:20]:
        print(f"FAULT {fault}")
    print("Nothing lost, doubled or half-written." if not faults else f"{len(faults)} faults.")
    return 1 if faults or not kept.sent else 0


def options_of(about: str) -> argparse.Namespace:
    """Read what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[None]:
    """Let this process and the servers it starts use a temporary PostgreSQL."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "harness"))
    from postgresql import temporary_server

    with temporary_server(durable=durable) as url:
        os.environ["DATABASE_URL"] = url
        yield


def _ordeal(folder: Path, visitors: list[Visitor], kills: int) -> Acknowledged:
    kept = Acknowledged()
    work = work_for(visitors)
    server = Server(folder, free_port())
    for count in range(kills + 1):
        server.start()
        stop = threading.Event()
        senders = [
            threading.Thread(target=send_until, args=(stop, work[place], server.port, kept))
            for place in range(CONNECTIONS)
        ]
        for sender in senders:
            sender.start()
        if count < kills:
            time.sleep(random.uniform(0.0, LONGEST_LIFE))
            server.kill()
        else:
            time.sleep(LONGEST_LIFE)
        stop.set()
        for sender in senders:
            sender.join()
        if count % 25 == 24:
            print(f"  {count + 1} kills, {len(kept.sent)} check-ins sent", file=sys.stderr)
    server.stop()
    return kept


Job = tuple[Visitor, UUID, UUID]


def work_for(visitors: list[Visitor]) -> list[list[Job]]:
    """Deal forms out: one client's forms stay with one connection, in their order."""
    hands: list[list[Job]] = [[] for _ in range(CONNECTIONS)]
    for place in range(len(visitors[0].forms)):
        for number, visitor in enumerate(visitors):
            hands[number % CONNECTIONS].append((visitor, visitor.forms[place], uuid4()))
    for hand in hands:
        hand.reverse()
    return hands


def send_until(stop: threading.Event, work: list[Job], port: int, kept: Acknowledged) -> None:
    """Send one form after the other; the one that was cut off stays first for the next life."""
    while work and not stop.is_set():
        visitor, form, submission = work[-1]
        visit = Visit(port, visitor)
        try:
            done = _send(visit, visitor, form, submission, kept)
        except OSError:
            with kept.lock:
                kept.broken += 1
            time.sleep(0.01)
            continue
        finally:
            visit.close()
        if done:
            work.pop()


def _send(visit: Visit, visitor: Visitor, form: UUID, submission: UUID, kept: Acknowledged) -> bool:
    home = f"/c/{visitor.token}/form/{form}/"
    for number, answer in QUESTIONS.items():
        if number in kept.answers.get(form, {}):
            continue
        if not _accepted(visit, f"{home}{number}", {"answer": answer}, kept):
            return False
        with kept.lock:
            kept.answers.setdefault(form, {})[number] = answer
    if not _accepted(visit, f"{home}review", {"submission": str(submission)}, kept):
        return False
    with kept.lock:
        kept.sent.add(form)
    return True


def _accepted(visit: Visit, path: str, fields: dict[str, str], kept: Acknowledged) -> bool:
    status = visit.post(path, fields)
    with kept.lock:
        kept.requests += 1
        if status != 302 or visit.location.endswith("/code"):
            kept.refused[status] += 1
            return False
    return True


QUESTIONS: dict[int, str] = {}
"""What is answered to each question; filled from the form itself."""


def faults_in(kept: Acknowledged) -> list[str]:
    """Return what is lost, doubled or half-written, against what was acknowledged."""
    return [*_form_faults(kept), *_course_faults(), *_log_faults()]


def _form_faults(kept: Acknowledged) -> Iterator[str]:
    from openalliance.site.records.checkins import convert
    from openalliance.site.records.checkins.models import AskedForm, Score
    from openalliance.site.records.checkins.steps import steps_of
    from openalliance.site.records.trust.models import AccessEntry

    scores = Counter(Score.objects.values_list("form_id", flat=True))
    sent_log = Counter(
        AccessEntry.objects.filter(action="sent", subject="check-in").values_list(
            "subject_id", flat=True
        )
    )
    for form in AskedForm.objects.select_related("episode__practice", "episode__client"):
        answered = {step.number: step.answer for step in steps_of(form)}
        for number, answer in kept.answers.get(form.pk, {}).items():
            if answered[number] != float(answer):
                yield f"an acknowledged answer is not there: form {form.pk}, {number}"
        is_sent = form.submitted_at is not None
        if form.pk in kept.sent and not is_sent:
            yield f"an acknowledged check-in is not there: {form.pk}"
        expected = len(convert.scores_of(form, form.submitted_at)) if is_sent else 0
        if scores[form.pk] != expected:
            yield f"{scores[form.pk]} scores instead of {expected}: {form.pk}"
        if sent_log[form.pk] != int(is_sent):
            yield f"{sent_log[form.pk]} log entries of sending: {form.pk}"


def _course_faults() -> Iterator[str]:
    from openalliance.core.course import fold
    from openalliance.site.records.checkins import convert
    from openalliance.site.records.checkins.access import observations_for
    from openalliance.site.records.checkins.models import CourseState
    from openalliance.site.records.trust.actors import system

    for row in CourseState.objects.select_related("episode__practice", "episode__client"):
        observed = observations_for(system(row.practice_id), row.episode)
        fresh = fold(observed, convert.settings_for(row.episode)).state.to_json()
        if fresh != convert.state_of(row).to_json():
            yield f"the course kept is not that of what was observed: {row.pk}"


def _log_faults() -> Iterator[str]:
    from openalliance.site.records.trust.chain import examine_chains, seal_everything

    seal_everything()
    for report in examine_chains():
        if report.fault or report.unsealed:
            yield f"the access log: entry {report.fault_seq} {report.fault}"


def questions() -> dict[int, str]:
    """Return an answer to each question of a check-in, by its number."""
    from openalliance.site.records.checkins.models import AskedForm
    from openalliance.site.records.checkins.steps import steps_of

    form = AskedForm.objects.select_related("episode__client").first()
    return {step.number: f"{answer_to(step):g}" for step in steps_of(form)}


if __name__ == "__main__":
    sys.exit(main())
