"""A full disk, a database that goes away: clear answers, nothing lost, recovery by itself.

Run with ``.venv/bin/python benchmarks/hard_times.py [--database postgresql]``. Clients send
check-ins to a real server all the time. On SQLite its processes may not let files grow for some
seconds, as on a full disk; on PostgreSQL the database server is stopped and started again. In that
time every answer must be a yes, or a 503 that asks to come back; afterwards check-ins must go
through again without anybody's help, and everything acknowledged must be there, once and whole.
Exits with 1 if not.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import durability
from durability import Acknowledged, faults_in, postgresql, questions, send_until, work_for
from site_under_test import Server, free_port, prepared

TROUBLE_LASTS = 3.0
PATIENCE = 20.0
"""Seconds within which check-ins must go through again."""


def main() -> int:
    """Run it; 0 if the trouble was met calmly and passed."""
    options = durability.options_of(__doc__)
    random.seed(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.pop("DATABASE_URL", None)
        if options.database == "postgresql":
            stack.enter_context(postgresql())
        visitors = prepared(folder, clients=40, forms=40, filled=False)
        durability.QUESTIONS.update(questions())
        kept, recovered = _trouble(folder, work_for(visitors), options.database)
        from django.db import connection

        connection.close()
        faults = faults_in(kept)
    polite = set(kept.refused) <= {503}
    print(
        f"{options.database}: {len(kept.sent)} check-ins acknowledged, {kept.broken} requests cut "
        f"off, other statuses {dict(kept.refused) or 'none'}; went through again after "
        f"{recovered:.1f} s"
    )
    for fault in faults[:20]:
        print(f"FAULT {fault}")
    fine = polite and not faults and recovered < PATIENCE and bool(kept.refused or kept.broken)
    print("Met calmly, nothing lost." if fine else "Not as it should be.")
    return 0 if fine else 1


def _trouble(
    folder: Path, work: list[list[durability.Job]], database: str
) -> tuple[Acknowledged, float]:
    kept, stop = Acknowledged(), threading.Event()
    server = Server(folder, free_port())
    server.start()
    senders = [
        threading.Thread(target=send_until, args=(stop, hand, server.port, kept)) for hand in work
    ]
    for sender in senders:
        sender.start()
    try:
        _wait_for_more(kept, PATIENCE)
        if database == "postgresql":
            from postgresql import restart

            restart(os.environ["DATABASE_URL"], away=TROUBLE_LASTS)
        else:
            _full_disk(server, folder)
        recovered = _wait_for_more(kept, PATIENCE)
        time.sleep(1.0)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
        server.stop()
    return kept, recovered


def _wait_for_more(kept: Acknowledged, patience: float) -> float:
    """Wait until five more check-ins are acknowledged and return the seconds that took."""
    begin, before = time.monotonic(), len(kept.sent)
    while len(kept.sent) < before + 5 and time.monotonic() - begin < patience:
        time.sleep(0.05)
    return time.monotonic() - begin


def _full_disk(server: Server, folder: Path) -> None:
    """Let no file of the server's processes grow beyond what the smallest of them has."""
    log = folder / "openalliance.sqlite3-wal"
    room = log.stat().st_size if log.exists() else 0
    workers = server.processes()
    for process in workers:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    time.sleep(TROUBLE_LASTS)
    for process in workers:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process, resource.RLIMIT_FSIZE, unlimited)


if __name__ == "__main__":
    sys.exit(main())
