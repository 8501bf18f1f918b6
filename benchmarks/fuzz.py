"""Whatever can be sent to the site, sent: no answer of 5xx, and nothing of anybody else's.

Run with ``.venv/bin/python benchmarks/fuzz.py [--requests 20000] [--raw 2000] [--seed 1]
[--database postgresql]``. The tests send the same in small (`tests/site/fuzz`). First every address
and every field of every form by every kind of visitor, in process, with what fits, nearly fits and
nobody should send: every answer is judged, and whenever records were written the database is, too.
Then bytes that are not quite HTTP, to a real server. Exits with 1 if anything was found.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from durability import postgresql
from site_under_test import ROOT, Server, free_port, prepared

sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]
Found = dict[str, str]


def main() -> int:
    """Run it; 0 if nothing was found."""
    options = _options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.pop("DATABASE_URL", None)
        if options.database == "postgresql":
            stack.enter_context(postgresql())
        from openalliance.site.config.preparation import prepare

        prepare(folder)
        found = _in_process(options.requests, options.seed) if options.requests else {}
        found |= _raw(folder, options.raw, options.seed)
    for what, example in found.items():
        print(f"FOUND {what}\n{example}")
    print("Nothing found." if not found else f"{len(found)} kinds of findings.")
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--raw", type=int, default=2_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _in_process(at_least: int, seed: int) -> Found:
    from django.db import connection, transaction
    from django.test.utils import override_settings

    from tests.site.fuzz.checks import FindingError
    from tests.site.fuzz.runs import Fuzz
    from tests.site.fuzz.visits import Visitors
    from tests.site.fuzz.world import build

    found: Found = {}
    quick = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    )
    with quick, transaction.atomic():
        fuzz = Fuzz(visitors=Visitors(world=build()))
        began = time.perf_counter()
        for name, job in _jobs(fuzz, at_least, seed):
            try:
                job()
            except FindingError as finding:
                what = str(finding).splitlines()[0]
                found.setdefault(f"{what} ({name})", str(finding))
        seconds = time.perf_counter() - began
        fuzz.visitors.close()
        transaction.set_rollback(True)
    connection.close()
    print(
        f"In process, {connection.vendor}: {sum(fuzz.statuses.values())} requests to"
        f" {len(fuzz.known)} addresses in {seconds:.0f} s, {fuzz.wrote} of them wrote;"
        f" answers {dict(sorted(fuzz.statuses.items()))}; addresses behind whose door nobody came:"
        f" {', '.join(one.name for one in fuzz.known.values() if not one.reached) or 'none'}"
    )
    return found


def _jobs(fuzz: object, at_least: int, seed: int) -> Iterator[object]:
    """Half of what is to be sent are fields gone wrong, then what is drawn, until it is enough."""
    yield from chain(fuzz.walk(), fuzz.sweep(at_least // 2, seed))
    while sum(fuzz.statuses.values()) < at_least:
        seed += 1
        yield from chain(fuzz.tries(4, seed), fuzz.journeys(20, seed))


def _raw(folder: Path, number: int, seed: int) -> Found:
    from tests.site.fuzz.nasty import MARK
    from tests.site.fuzz.raw import answer_to, fault_in, requests

    found: Found = {}
    statuses: Counter[str] = Counter()
    visitor = prepared(folder, clients=1, forms=1, filled=False)[0]
    own = (
        f"GET /c/{visitor.token}/ HTTP/1.1\r\nHost: localhost\r\n"
        f"Cookie: oa_session={visitor.session}; csrftoken={MARK}\r\n\r\n"
    ).encode()
    server = Server(folder, free_port())
    with (folder / "errors.txt").open("w+", encoding="utf-8", errors="replace") as errors:
        server.start(errors=errors)
        try:
            for request in requests(number, seed, own):
                answer = answer_to(request, server.port)
                statuses[answer[9:12].decode() or "closed"] += 1
                if fault := fault_in(request, answer):
                    found.setdefault(f"{fault} (raw)", repr(request[:600]))
            still_there = answer_to(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", server.port
            )
        finally:
            server.stop()
        errors.seek(0)
        log = errors.read()
    if not still_there.startswith(b"HTTP/1.1 200"):
        found["the server is gone"] = ""
    if any(word in log for word in (MARK, visitor.token, "Traceback")):
        found["what was sent, or a traceback, is in the log"] = log[-2_000:]
    print(
        f"Raw, to a real server: {statuses.total()} requests, answers"
        f" {dict(sorted(statuses.items()))}"
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
