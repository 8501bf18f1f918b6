"""Practices are isolated: nothing that reads records ever meets a row of another practice.

Every function of every ``access.py`` is called by random people of one practice with random ids of
both (`callers`). Neither what comes back nor any row that the database handed over on the way may
be the other practice's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields, is_dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openalliance.core.errors import ConflictError, NotFoundError, RefusedError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.trust import keys
from openalliance.site.records.trust.actors import Actor, ActorKind
from openalliance.site.records.trust.models import AccessEntry
from tests.site.access.callers import (
    ASKED,
    FUNCTIONS,
    OF_THE_INSTALLATION,
    Both,
    Call,
    NothingHeldError,
    arguments,
    make,
)

EXAMPLES = {
    "checkins.client_beside": 80,
    "checkins.form_to_answer": 80,
    "checkins.own_hard_to_say": 80,
    "conversations.rupture_for": 80,
    "emergency.episode_in_emergency": 80,
    "emergency.standing_opening": 80,
}
"""More where few people are answered: one person, about one thing."""

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def both(django_db_setup: None, django_db_blocker: Any) -> Iterator[Both]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make()
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", ASKED)
def test_nothing_read_by_one_practice_is_anothers(name: str, both: Both) -> None:
    answered = []

    # The same examples on every run, so that somebody is answered on every run.
    @settings(
        max_examples=EXAMPLES.get(name, 40), suppress_health_check=list(HealthCheck),
        derandomize=True,
    )  # fmt: skip
    @given(data=st.data())
    def holds(data: Any) -> None:
        practice_id = data.draw(st.sampled_from(list(both.ids)), label="practice")
        by = data.draw(both.actors[practice_id], label="by")
        try:
            with transaction.atomic():
                call = arguments(ASKED[name], both, by, data)
                _must_stay_inside(call, by, both.foreign_to(practice_id))
                answered.append(name)
                transaction.set_rollback(True)
        except (NotFoundError, RefusedError, ConflictError, NothingHeldError):
            pass

    holds()
    assert answered, "nobody was ever answered, so nothing was tried"


def _must_stay_inside(call: Call, by: Actor, foreign: frozenset[str]) -> None:
    # As a request begins: choosing what to ask for has read rows of both, whose keys are expected.
    keys.forget()
    with _watched(foreign) as handed_over:
        try:
            answer = call()
            answer = list(answer) if isinstance(answer, models.QuerySet) else answer
        finally:
            assert not handed_over, f"rows of another practice were read: {handed_over}"
    assert not {found.hex for found in _uuids(answer)} & foreign
    if by.kind is not ActorKind.SYSTEM:
        written = AccessEntry.objects.filter(actor_id=by.id)
        assert not written.exclude(practice_id=by.practice_id).exists()


@contextmanager
def _watched(foreign: frozenset[str]) -> Iterator[list[str]]:
    """Ask each query once more and look at every row for an id of another practice."""
    found: list[str] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            with closing(connection.create_cursor()) as again:
                again.execute(sql, params)
                found.extend(sql for row in again.fetchall() if foreign & set(map(_hex, row)))
        return answer

    with connection.execute_wrapper(look):
        yield found


def _hex(value: Any) -> str:
    return value.hex if isinstance(value, UUID) else value if isinstance(value, str) else ""


def _uuids(value: Any, seen: frozenset[int] = frozenset()) -> Iterator[UUID]:
    """Walk whatever a function returned, down to every id in it; rows may lead to each other."""
    if id(value) in seen:
        return
    seen |= {id(value)}
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, models.Model):
        yield from (one for one in value.__dict__.values() if isinstance(one, UUID))
        for cached in value._state.fields_cache.values():
            yield from _uuids(cached, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _uuids(getattr(value, one.name), seen)
    elif isinstance(value, Mapping):
        yield from _uuids(list(value.items()), seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _uuids(inner, seen)


def test_every_function_that_nobody_calls_is_there() -> None:
    assert set(OF_THE_INSTALLATION) <= {one.__name__ for one in FUNCTIONS.values()}
    assert len(ASKED) > 40


def test_a_function_that_crosses_is_found(both: Both) -> None:
    """The watch itself: what forgets the practice is seen in the rows and in the answer."""
    ours, _theirs = both.ids
    foreign = both.foreign_to(ours)
    with _watched(foreign) as handed_over:
        crossed = list(Episode.objects.all())
    assert handed_over
    assert {found.hex for found in _uuids(crossed)} & foreign
    with _watched(foreign) as handed_over:
        list(Episode.objects.filter(practice_id=ours))
    assert not handed_over
