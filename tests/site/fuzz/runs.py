"""Sends the requests: every address in turn, then journeys of several; counts what it did."""

from __future__ import annotations

import operator
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any
from unittest.mock import patch

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from openalliance.site.records.trust import cipher
from openalliance.site.records.trust.cipher import UnreadableFieldError
from tests.site.fuzz.checks import database_must_hold, must_hold
from tests.site.fuzz.nasty import MARK, NASTY
from tests.site.fuzz.scenes import SCENES, Scene
from tests.site.fuzz.targets import Target, explore, name_of, one_wrong, shots, simple, targets
from tests.site.fuzz.visits import Answer, Shot, Visitors
from tests.site.fuzz.world import ROLES, World

_WRITES = ("INSERT", "UPDATE", "DELETE")
_NOT_RECORDS = ("django_session", "django_cache", "axes_", "trust_accessentry", "trust_chainhead")
METHODS = ("GET", "POST")
FAULTS = (
    IntegrityError, OperationalError, DataError, InterfaceError, InternalError, ValueError,
    UnreadableFieldError,
)  # fmt: skip
_JOURNEY = 6
_LOOKS = 4
Job = tuple[str, Callable[[], object]]


@dataclass(kw_only=True)
class Fuzz:
    """A world with its visitors, and the tally of what was asked and answered."""

    visitors: Visitors
    known: dict[str, Target] = field(default_factory=targets)
    pages: dict[str, list[str]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    """What was answered while something was made to fail."""
    wrote: int = 0

    def __post_init__(self) -> None:
        self.pages = explore(self.visitors, self.known)

    @property
    def world(self) -> World:
        return self.visitors.world

    def walk(self) -> Iterator[Job]:
        """Every address by each method and role, as the site's own pages would lead to it."""
        for role, method, target in product(ROLES, METHODS, self.known.values()):
            yield (
                f"{role} {method} {target.name}",
                partial(self.sent, [simple(target, self.world, role, method)]),
            )

    def sweep(self, number: int, salt: int) -> Iterator[Job]:
        """Some ``number`` of: each odd value, in each field of each form that was offered."""
        chance = random.Random(salt)
        forms = [form for one in self.known.values() for own in one.forms.values() for form in own]
        share = number / (len(SCENES) * len(NASTY) * sum(map(len, forms)))
        for scene in SCENES:
            with self._set(scene):
                for target in self.known.values():
                    for role in target.forms:
                        chosen = one_wrong(
                            target, self.world, role, lambda: chance.random() < share
                        )
                        for shot in chosen:
                            yield (
                                f"sweep {target.name} {scene.__name__}",
                                partial(self.sent, [shot]),
                            )

    def tries(self, number: int, salt: int) -> Iterator[Job]:
        """Odd requests, ``number`` to every address in every scene."""
        for scene in SCENES:
            with self._set(scene):
                for target in self.known.values():
                    what = shots(target, self.world).map(lambda shot: [shot])
                    name = f"{target.name} {scene.__name__}"
                    yield name, self._job(what, number, salted(salt, name))

    def journeys(self, number: int, salt: int) -> Iterator[Job]:
        """Several changes by several people, and then a look at the pages of all of them."""
        offered = [(one, role) for one in self.known.values() for role in one.forms]
        change = st.sampled_from(offered).flatmap(
            lambda pair: shots(pair[0], self.world, role=pair[1], method="POST")
        )
        steps = st.builds(
            operator.add, st.lists(change, min_size=1, max_size=_JOURNEY), self._looks()
        )
        for scene in SCENES:
            with self._set(scene):
                name = f"journeys {scene.__name__}"
                yield name, self._job(steps, number, salted(salt, name))

    def _note(self, answer: Answer) -> None:
        target = self.known.get(name_of(answer.shot.path))
        if target is not None and not answer.is_refusal:
            target.reached = True

    def failures(self, salt: int) -> Iterator[Job]:
        """Every address again, while the database or a key fails at some moment, telling all."""
        chance = random.Random(salt)
        for role, method, target in product(ROLES, METHODS, self.known.values()):
            shot = simple(target, self.world, role, method, typed=MARK)
            yield (
                f"{role} {method} {target.name} failing",
                partial(self._sent_failing, shot, chance.choice(FAULTS), chance.randrange(12)),
            )

    def _sent_failing(self, shot: Shot, kind: type[Exception], after: int) -> None:
        told = f"{shot.path} {shot.body.decode()} {' '.join(self.world.secrets.values())}"
        with self.visitors.undone(), failing(kind(told), after):
            answer = self.visitors.send(shot)
            self.failed[answer.status] += 1
            must_hold(answer, self.world, broken=True)

    @contextmanager
    def _set(self, scene: Scene) -> Iterator[None]:
        with self.visitors.undone(), scene(self.visitors):
            yield

    def _looks(self) -> st.SearchStrategy[list[Shot]]:
        pages = [
            Shot(role=role, method="GET", path=page.partition("?")[0], query=page.partition("?")[2])
            for role in ROLES
            for page in self.pages[role]
        ]
        return st.lists(st.sampled_from(pages), min_size=1, max_size=_LOOKS, unique=True)

    def _job(
        self, what: st.SearchStrategy[list[Shot]], number: int, salt: int
    ) -> Callable[[], object]:
        @seed(salt)
        @settings(
            max_examples=number, deadline=None, database=None, report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(what)
        def each(asked: list[Shot]) -> None:
            self.sent(asked)

        return each

    def sent(self, asked: Sequence[Shot]) -> None:
        """Send requests one after the other, judge everything, and undo it all."""
        with self.visitors.undone(), _watched() as written:
            for shot in asked:
                before = len(written)
                answer = self.visitors.send(shot)
                self.statuses[answer.status] += 1
                self.asked[shot.role, shot.method] += 1
                self.wrote += len(written) > before
                self._note(answer)
                must_hold(answer, self.world)
            if written:
                database_must_hold("\n  ".join(map(str, asked)))


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Note which tables of records are written to."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(_WRITES) and not any(table in sql for table in _NOT_RECORDS):
            written.append(sql.split(" ", 3)[2].strip('"'))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written


@contextmanager
def failing(fault: Exception, after: int) -> Iterator[None]:
    """Let every statement but the first ``after`` fail with ``fault``, or any key that is used."""

    left = iter(range(after))

    def fails(execute: Any, *statement: Any) -> Any:
        if next(left, None) is None:
            raise fault
        return execute(*statement)

    if isinstance(fault, DatabaseError):
        with connection.execute_wrapper(fails):
            yield
    else:
        with (
            patch.object(cipher, "decrypt", side_effect=fault),
            patch.object(cipher, "encrypt", side_effect=fault),
        ):
            yield


def salted(number: int, name: str) -> int:
    """Return a seed for one job, the same on every machine."""
    return zlib.crc32(f"{number}:{name}".encode())
