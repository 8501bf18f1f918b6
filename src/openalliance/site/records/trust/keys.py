"""Data keys: each client has their own, so has each practice, and one is the installation's.

They lie in the database, wrapped by a master key that does not (see `keys_masters`). A client's
record is erased by destroying their keys.

Opened keys are kept for one request at most, or ten seconds where there is no request, by the
thread that opened them. So no process goes on reading what another one has erased; and a page with
a hundred names asks for their keys once, not a hundred times.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.signals import request_finished, request_started
from django.db import connection, transaction

from openalliance.site.records.trust.keys_boxes import (
    ErasedFieldError,
    ErasedRecordError,
    UnreadableFieldError,
    new_key,
)
from openalliance.site.records.trust.keys_masters import current_master, unwrap, wrap
from openalliance.site.records.trust.models import DataKey

KEPT_SECONDS = 10.0
MOST_KEPT = 2000
_AT_ONCE = 500


class OwnerKind(StrEnum):
    """Whose a data key is."""

    CLIENT = "client"
    PRACTICE = "practice"
    INSTALLATION = "installation"


class Owner(NamedTuple):
    """Who has a key of their own."""

    kind: OwnerKind
    id: UUID
    practice_id: UUID


INSTALLATION = Owner(OwnerKind.INSTALLATION, UUID(int=0), UUID(int=0))


class _Made:
    """Follows a key made in a transaction: it counts once that is committed, not if undone."""

    committed = False

    def __call__(self) -> None:
        self.committed = True

    @property
    def pending(self) -> bool:
        return any(entry[1] is self for entry in connection.run_on_commit)

    @property
    def stands(self) -> bool:
        return self.committed or self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKey:
    """An opened data key."""

    id: str
    owner: Owner
    box: AESGCM
    is_current: bool


class _Held(threading.local):
    """What one thread holds open."""

    def __init__(self) -> None:
        self.keys: dict[str, OpenKey] = {}
        self.current: dict[UUID, str] = {}
        self.destroyed: set[str] = set()
        self.expected: dict[str, None] = {}
        self.made: dict[str, _Made] = {}
        self.since = 0.0


_held = _Held()


def forget(**_: Any) -> None:
    """Close all keys this thread holds open."""
    _close()
    _held.expected.clear()


request_started.connect(forget, dispatch_uid="trust.keys.forget")
request_finished.connect(forget, dispatch_uid="trust.keys.forget")


def expect(key_id: str) -> None:
    """Note that a key may be asked for soon: the first that is fetches all that are expected."""
    if key_id not in _held.keys:
        if len(_held.expected) >= MOST_KEPT:
            del _held.expected[next(iter(_held.expected))]
        _held.expected[key_id] = None


def opening_key(key_id: str) -> OpenKey:
    """Return the key of a ciphertext.

    Raises
    ------
    UnreadableFieldError
        There is no such key, or its master key is missing.
    ErasedFieldError
        It was destroyed.
    """
    found = _kept(key_id)
    if found is None and key_id not in _held.destroyed:
        _fetch(key_id)
        found = _kept(key_id)
    if found is not None:
        return found
    if key_id in _held.destroyed:
        raise ErasedFieldError("this was erased: its key was destroyed")
    raise UnreadableFieldError("the key of this field is not in the database")


def sealing_key(owner: Owner) -> OpenKey:
    """Return the current key of a client, a practice or the installation; make the first one.

    Raises
    ------
    ErasedRecordError
        The owner's record was erased.
    """
    key_id = _held.current.get(owner.id)
    found = _kept(key_id) if key_id else None
    if found is None:
        row = DataKey.objects.filter(owner_id=owner.id, replaced_at=None).first()
        found = _keep(row or _made_for([owner])[owner.id])
    if found is None:
        raise ErasedRecordError("this record was erased; nothing can be added to it")
    return found


def make_keys(owners: Iterable[Owner]) -> None:
    """Make the first keys of many at once, before many rows of theirs are written."""
    known = list(owners)
    for start in range(0, len(known), _AT_ONCE):
        for row in _made_for(known[start : start + _AT_ONCE]).values():
            _keep(row)


def destroy_keys(owner_id: UUID, *, now: datetime) -> int:
    """Destroy every key of an owner: what was sealed with them is unreadable from now on.

    Call it inside the transaction of the erasure.
    """
    destroyed = DataKey.objects.filter(owner_id=owner_id, destroyed_at=None).update(
        wrapped="", master=None, destroyed_at=now
    )
    forget()
    transaction.on_commit(forget)
    return destroyed


def is_destroyed(owner_id: UUID) -> bool:
    """Whether an owner's current key was destroyed."""
    return DataKey.objects.filter(
        owner_id=owner_id, replaced_at=None, destroyed_at__isnull=False
    ).exists()


def opened(row: DataKey) -> bytes:
    """Return the bytes of a data key that was not destroyed."""
    master_id = str(row.master_id)
    return unwrap(row.wrapped, master_id=master_id, key_id=row.pk, owner_id=row.owner_id)


def new_row(owner: Owner, master_id: str) -> DataKey:
    """Return a new data key, wrapped but not yet written."""
    key_id = uuid4()
    wrapped = wrap(new_key(), master_id=master_id, key_id=key_id, owner_id=owner.id)
    return DataKey(
        pk=key_id, owner_kind=owner.kind, owner_id=owner.id, practice_id=owner.practice_id,
        master_id=master_id, wrapped=wrapped,
    )  # fmt: skip


def owner_of(row: DataKey) -> Owner:
    """Return whose a data key is."""
    return Owner(OwnerKind(row.owner_kind), row.owner_id, row.practice_id)


def _close() -> None:
    _held.keys.clear()
    _held.current.clear()
    _held.destroyed.clear()
    _held.since = time.monotonic()


def _kept(key_id: str) -> OpenKey | None:
    if time.monotonic() - _held.since > KEPT_SECONDS:
        _close()
    made = _held.made.get(key_id)
    return _held.keys.get(key_id) if made is None or made.stands else None


def _keep(row: DataKey) -> OpenKey | None:
    if row.destroyed_at is not None:
        _held.destroyed.add(row.pk.hex)
        return None
    if len(_held.keys) >= MOST_KEPT:
        _close()
    key = OpenKey(
        id=row.pk.hex,
        owner=owner_of(row),
        box=AESGCM(opened(row)),
        is_current=row.replaced_at is None,
    )
    _held.keys[key.id] = key
    if key.is_current:
        _held.current[key.owner.id] = key.id
    return key


def _drop_undone() -> None:
    """Forget keys whose transaction was undone, and stop following those that are committed."""
    for key_id, made in list(_held.made.items()):
        if not made.stands:
            undone = _held.keys.pop(key_id, None)
            if undone is not None and _held.current.get(undone.owner.id) == key_id:
                del _held.current[undone.owner.id]
        if not made.pending:
            del _held.made[key_id]


def _fetch(key_id: str) -> None:
    """Open a key, and with it those that are expected to be asked for next."""
    most = min(_AT_ONCE, MOST_KEPT)
    wanted = [key_id, *islice((one for one in _held.expected if one != key_id), most - 1)]
    if len(_held.keys) + len(wanted) > MOST_KEPT:
        _close()
    for row in DataKey.objects.filter(pk__in=wanted):
        try:
            _keep(row)
        except UnreadableFieldError:
            if row.pk.hex == key_id:
                raise
    for one in wanted:
        _held.expected.pop(one, None)


@transaction.atomic
def _made_for(owners: list[Owner]) -> dict[UUID, DataKey]:
    """Make keys for those who have none; when two make one at once, the first one counts."""
    master_id = current_master().pk
    rows = [new_row(owner, master_id) for owner in owners]
    DataKey.objects.bulk_create(rows, ignore_conflicts=True)
    made = _Made()
    transaction.on_commit(made)
    _drop_undone()
    _held.made |= {row.pk.hex: made for row in rows}
    ids = [owner.id for owner in owners]
    return {row.owner_id: row for row in DataKey.objects.filter(owner_id__in=ids, replaced_at=None)}
