"""Check-ins at a steady rate, a spike, slow senders and guessed passwords, on a real server.

Run with ``.venv/bin/python benchmarks/load.py [--database postgresql] [--minutes 10] [--rate 50]``.
A check-in here is what a client does last: the filled form is sent and the page of thanks is
fetched. Requests start at their appointed times whether or not earlier ones are done (an open
model), so that a slow server cannot slow the load down. Times are from the appointed moment.

1. steady: ``--rate`` check-ins a second for ``--minutes``;
2. spike: five times as many for half a minute, then the steady rate again;
3. slow-loris: 200 connections that send a byte every few seconds, beside the steady rate;
4. stuffing: 10,000 sign-in attempts with guessed passwords, beside the steady rate.

Beside it stands how many bare durable commits this machine makes in a second. The load comes from
the same machine and takes part of its two cores. Exits with 1 when a limit is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from durability import postgresql
from site_under_test import HOST, Visitor, free_port, prepared, serving

CSRF = "0123456789abcdef0123456789abcdef"
P95_LIMIT = 0.150
SPIKE_TIMES, SPIKE_SECONDS = 5, 30
LORIS = 200
GUESSES = 10_000
POLITE = {"sent", "429", "503"}
CLIENTS = 300


@dataclass(slots=True)
class Phase:
    """What happened in one stretch of load; times in seconds."""

    name: str
    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    turned_away: list[float] = field(default_factory=list)

    def say(self) -> str:
        if not self.times:
            return f"{self.name:<34} no answers  {dict(self.statuses)}"
        ordered = sorted(self.times)
        median, p95, p99 = (ordered[int(len(ordered) * q)] * 1e3 for q in (0.5, 0.95, 0.99))
        return (
            f"{self.name:<34} {len(ordered):>7,} done  p50 {median:6.0f}  p95 {p95:6.0f}  "
            f"p99 {p99:6.0f} ms  {dict(self.statuses)}{self._when()}"
        )

    def _when(self) -> str:
        """Return when others were not sent, in seconds of the stretch, to a tenth."""
        if not self.turned_away or len(self.turned_away) > 100:
            return ""
        return f"  not sent at second {sorted({round(at, 1) for at in self.turned_away})}"

    @property
    def p95(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.95)] if self.times else float("inf")

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != "sent")


def main() -> int:
    """Run it; 1 if the steady load is slow or fails, or others are stopped."""
    options = _options()
    steady = int(options.minutes * 60 * options.rate)
    aside = int(options.rate * 90)
    spike = SPIKE_SECONDS * SPIKE_TIMES * options.rate
    forms = -(-(steady + spike + 3 * aside) * 11 // (10 * CLIENTS))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ.pop("DATABASE_URL", None)
        if options.database == "postgresql":
            stack.enter_context(postgresql(durable=True))
        print(f"Preparing {CLIENTS * forms:,} filled check-ins …", file=sys.stderr)
        visitors = prepared(folder, clients=CLIENTS, forms=forms, filled=True)
        commits = _commits_a_second(folder / "bare.sqlite3")
        server = stack.enter_context(serving(folder, free_port()))
        load = Load(server.port, visitors)
        phases = asyncio.run(_phases(load, options.rate, steady, spike, aside))
    print(f"{options.database}; bare durable commits of SQLite here: {commits:,.0f} a second")
    for phase in phases:
        print(phase.say())
    quiet = phases[0]
    print(f"{options.rate} check-ins a second are 1/{commits / options.rate:.0f} of that rate.")
    fine = quiet.p95 < P95_LIMIT and not quiet.errors
    polite = all(
        status in POLITE
        for phase in phases
        for status in phase.statuses
        if phase.name.startswith(("steady", "spike"))
    )
    return 0 if fine and polite else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=50)
    return parser.parse_args()


async def _phases(load: Load, rate: int, steady: int, spike: int, aside: int) -> list[Phase]:
    quiet = await load.run("steady", rate, steady)
    surge = await load.run(f"spike, {SPIKE_TIMES} times the rate", rate * SPIKE_TIMES, spike)
    after = await load.run("steady after the spike", rate, aside)
    loris = asyncio.create_task(_loris(load.port))
    beside_loris = await load.run("steady beside slow senders", rate, aside)
    loris.cancel()
    guesses = Phase("guessed passwords")
    stuffing = asyncio.create_task(_stuff(load.port, guesses))
    beside_stuffing = await load.run("steady beside guessed passwords", rate, aside)
    await stuffing
    return [quiet, surge, after, beside_loris, beside_stuffing, guesses]


class Load:
    """Sends filled check-ins at appointed times."""

    def __init__(self, port: int, visitors: list[Visitor]) -> None:
        self.port = port
        # One client's forms lie apart, as they would: everybody sends one, then everybody again.
        places = range(len(visitors[0].forms))
        self._left = [(one, one.forms[place]) for place in reversed(places) for one in visitors]

    async def run(self, name: str, rate: int, count: int) -> Phase:
        phase, begin = Phase(name), asyncio.get_running_loop().time() + 0.1
        tasks = []
        for number in range(count):
            at = begin + number / rate
            await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
            tasks.append(asyncio.create_task(self._send(phase, at, number / rate)))
        await asyncio.gather(*tasks)
        print(phase.say(), file=sys.stderr)
        return phase

    async def _send(self, phase: Phase, at: float, second: float) -> None:
        visitor, form = self._left.pop()
        home = f"/c/{visitor.token}/form/{form}"
        try:
            async with asyncio.timeout(30):
                status = await ask(
                    self.port, "POST", f"{home}/review", visitor.session,
                    {"submission": str(uuid4())},
                )  # fmt: skip
                if status == 302:
                    status = await ask(self.port, "GET", f"{home}/sent", visitor.session)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as fault:
            phase.statuses[type(fault).__name__] += 1
            phase.turned_away.append(second)
            return
        phase.statuses["sent" if status == 200 else str(status)] += 1
        if status == 200:
            phase.times.append(asyncio.get_running_loop().time() - at)
        else:
            phase.turned_away.append(second)


async def ask(
    port: int, method: str, path: str, session: str = "", fields: dict[str, str] | None = None
) -> int:
    """Make one request on a connection of its own and return its status."""
    body = urlencode({**fields, "csrfmiddlewaretoken": CSRF}) if fields is not None else ""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n"
            f"Cookie: oa_session={session}; csrftoken={CSRF}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        line = await reader.readline()
        await reader.read()
        return int(line.split()[1]) if line else 0
    finally:
        writer.close()


async def _loris(port: int) -> None:
    async def one() -> None:
        while True:
            try:
                _reader, writer = await asyncio.open_connection(HOST, port)
                for byte in f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: {'a' * 500}":
                    writer.write(byte.encode())
                    await writer.drain()
                    await asyncio.sleep(3)
            except OSError:
                await asyncio.sleep(1)

    await asyncio.gather(*(one() for _ in range(LORIS)))


async def _stuff(port: int, phase: Phase) -> None:
    async def one(numbers: range) -> None:
        for number in numbers:
            fields = {"login": f"person{number % 50}@harbour.example", "password": f"guess{number}"}
            try:
                status = await ask(port, "POST", "/sign-in", "", fields)
            except (OSError, asyncio.IncompleteReadError) as fault:
                phase.statuses[type(fault).__name__] += 1
                continue
            phase.statuses[str(status)] += 1

    hands = 8
    await asyncio.gather(*(one(range(hand, GUESSES, hands)) for hand in range(hands)))


def _commits_a_second(path: Path) -> float:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE t (x)")
    times = []
    for _ in range(300):
        begin = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO t VALUES (1)")
        database.execute("COMMIT")
        times.append(time.perf_counter() - begin)
    database.close()
    return 1.0 / statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
