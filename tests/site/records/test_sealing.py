"""A server seals for many at once, a moment later; nothing stays without its seal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError

from openalliance.site.records.trust import sealing
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.chain import examine_chain, seal_entries
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.sealing import Sealer
from openalliance.site.records.trust.services import Action, log

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 10.0
"""Seconds after which a test gives up."""


@pytest.fixture
def sealer() -> Iterator[Sealer]:
    made = Sealer()
    made.start()
    yield made
    made.stop()


def read_something(practice_id: UUID) -> None:
    by = Actor(
        kind=ActorKind.STAFF, id=uuid4(), practice_id=practice_id, roles=frozenset({Role.THERAPIST})
    )
    log(Action.READ, "course", uuid4(), by=by, now=datetime.now(UTC), client_id=uuid4())


def sealed_soon(practice_id: UUID) -> bool:
    until = time.monotonic() + SOON
    while AccessEntry.objects.filter(practice_id=practice_id, seq=None).exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_without_the_thread_an_entry_is_sealed_at_once() -> None:
    practice = uuid4()
    read_something(practice)
    assert examine_chain(practice).unsealed == 0


def test_the_thread_seals_what_is_written(sealer: Sealer) -> None:
    here, there = uuid4(), uuid4()
    for practice in (here, there, here, here):
        read_something(practice)
    for practice, entries in ((here, 3), (there, 1)):
        assert sealed_soon(practice)
        found = examine_chain(practice)
        assert (found.fault, found.entries) == ("", entries)


def test_many_entries_are_sealed_together(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[UUID] = []

    def counted(practice_id: UUID) -> int:
        times.append(practice_id)
        return seal_entries(practice_id)

    monkeypatch.setattr(sealing, "GATHERED_FOR", 0.5)
    monkeypatch.setattr(sealing, "seal_entries", counted)
    practice = uuid4()
    for _ in range(20):
        read_something(practice)
    assert sealed_soon(practice)
    assert len(times) < 10


def test_what_waits_when_the_server_stops_is_sealed() -> None:
    made, practice = Sealer(), uuid4()
    made.start()
    read_something(practice)
    made.stop()
    assert examine_chain(practice).unsealed == 0
    read_something(practice)
    assert examine_chain(practice).unsealed == 0


def test_a_database_that_is_away_is_waited_for(
    sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice, failed = uuid4(), []

    def away(practice_id: UUID) -> bool:
        failed.append(practice_id)
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(sealing, "is_waiting", away)
        read_something(practice)
        until = time.monotonic() + SOON
        while not failed and time.monotonic() < until:
            time.sleep(0.01)
    assert failed == [practice]
    read_something(practice)
    assert sealed_soon(practice)
    assert examine_chain(practice).entries == 2
