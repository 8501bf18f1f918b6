"""Changing keys while the practice is in use.

A rotation has three parts, and each may be interrupted and called again: a new master key becomes
the current one; every data key is wrapped anew under it; what still lies under an old key is sealed
anew. A row that somebody changes meanwhile is left to them: it is written only if it still says
what was read, and looked at again in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.trust import cipher, keys
from openalliance.site.records.trust.fields import Ciphertext, EncryptedTextField, sealed_models
from openalliance.site.records.trust.keys_masters import is_itself, make_current, wrap
from openalliance.site.records.trust.models import DataKey, MasterKey

Advance = Callable[[int], None]
SETTLED = timedelta(hours=1)
"""How long a replaced data key is kept for those who still hold it open."""

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterState:
    """One master key, as this installation knows it.

    Parameters
    ----------
    at_hand
        Whether the key itself can be read here, and is the one that was noted.
    data_keys
        How many data keys are wrapped under it.
    """

    id: str
    is_current: bool
    at_hand: bool
    data_keys: int
    added_at: datetime
    sheet_made_at: datetime | None
    retired_at: datetime | None


def master_states() -> list[MasterState]:
    """Return every master key this database was ever sealed with, the oldest first."""
    held = dict(
        DataKey.objects.exclude(master=None).values_list("master").annotate(count=Count("pk"))
    )
    return [
        MasterState(
            id=one.pk,
            is_current=one.is_current,
            at_hand=settings.MASTER_KEYS.secret(one.pk) is not None and is_itself(one),
            data_keys=held.get(one.pk, 0),
            added_at=one.added_at,
            sheet_made_at=one.sheet_made_at,
            retired_at=one.retired_at,
        )
        for one in MasterKey.objects.order_by("added_at", "pk")
    ]


def next_master() -> str:
    """Make a new master key the current one, unless a rotation was interrupted; return its name.

    With keys from the environment, the first of them is taken.

    Raises
    ------
    ConflictError
        The environment's first key is the current one already.
    """
    at_hand = settings.MASTER_KEYS
    current = MasterKey.objects.filter(is_current=True).first()
    if at_hand.newest and (current is None or at_hand.newest != current.pk):
        key_id: str = at_hand.newest
    elif at_hand.from_environment:
        raise ConflictError(
            f"the first key in OPENALLIANCE_MASTER_KEYS, {at_hand.newest}, is the current one"
            " already; put a new one before it (openalliance keys new), start the site again, and"
            " then rotate"
        )
    else:
        known = MasterKey.objects.values_list("pk", flat=True)
        key_id = at_hand.following(tuple(known))
        at_hand.add(key_id)
        at_hand.prefer(key_id)
    make_current(key_id)
    return key_id


def waiting_data_keys() -> int:
    """Return how many data keys lie under another master key than the current one."""
    return _not_under_current().count()


def rewrap(advance: Advance = lambda _done: None) -> int:
    """Wrap every data key under the current master key; return how many were.

    Raises
    ------
    UnreadableFieldError
        A master key is missing, or a data key was altered.
    """
    done = 0
    while some := _rewrap_some():
        done += some
        advance(some)
    return done


def replace_data_keys() -> int:
    """Give every owner whose key was not destroyed a new data key; return how many.

    What is sealed under the old ones stays readable; `reseal` moves it.
    """
    done = 0
    owners = DataKey.objects.filter(replaced_at=None, destroyed_at=None)
    for key_id in list(owners.values_list("pk", flat=True)):
        done += _replace(key_id)
    keys.forget()
    return done


def stale_rows() -> int:
    """Return how many rows `reseal` looks at."""
    return sum(model._base_manager.count() for model, _fields in sealed_models())


def reseal(advance: Advance = lambda _done: None) -> int:
    """Seal anew what lies under a replaced data key or is of the first format; return how many.

    Raises
    ------
    UnreadableFieldError
        A field does not open: nothing of that row was changed.
    """
    return sum(_reseal_row(model, fields, pk, advance) for model, fields, pk in _rows())


def retire_replaced(*, now: datetime) -> int:
    """Destroy data keys replaced a while ago that nothing is sealed with; return how many."""
    replaced = DataKey.objects.filter(replaced_at__lt=now - SETTLED, destroyed_at=None)
    unused = {pk.hex for pk in replaced.values_list("pk", flat=True)}
    for _place, sealed in _ciphertexts():
        if not unused:
            return 0
        unused.discard(cipher.head_of(sealed).key_id)
    ids = [UUID(one) for one in unused]
    return DataKey.objects.filter(pk__in=ids).update(wrapped="", master=None, destroyed_at=now)


def retire_master(key_id: str, *, now: datetime) -> None:
    """Take an old master key out of use and out of its file.

    Raises
    ------
    InputError
        This database was never sealed with it.
    ConflictError
        It is the current one, or something still needs it.
    """
    noted = MasterKey.objects.filter(pk=key_id).first()
    if noted is None:
        raise InputError(f"there is no key {key_id} here; “openalliance keys list” names them")
    if noted.is_current:
        raise ConflictError(f"{key_id} is the current key; rotate first")
    if DataKey.objects.filter(master=noted).exists() or _under(key_id):
        raise ConflictError(f"something is still sealed with {key_id}; rotate first")
    noted.retired_at = now
    noted.save(update_fields=["retired_at"])
    if not settings.MASTER_KEYS.from_environment:
        settings.MASTER_KEYS.remove(key_id)


def note_sheet(key_ids: tuple[str, ...], *, now: datetime) -> None:
    """Note that the recovery sheet of these keys was made."""
    MasterKey.objects.filter(pk__in=key_ids).update(sheet_made_at=now)


def _not_under_current() -> models.QuerySet[DataKey]:
    current = MasterKey.objects.filter(is_current=True)
    return DataKey.objects.filter(destroyed_at=None).exclude(master__in=current)


@transaction.atomic
def _rewrap_some() -> int:
    current = MasterKey.objects.get(is_current=True)
    rows = list(_not_under_current().select_for_update().order_by("pk")[:_AT_ONCE])
    for row in rows:
        opened = keys.opened(row)
        row.wrapped = wrap(opened, master_id=current.pk, key_id=row.pk, owner_id=row.owner_id)
        row.master = current
    DataKey.objects.bulk_update(rows, ["wrapped", "master"])
    return len(rows)


@transaction.atomic
def _replace(key_id: UUID) -> int:
    row = (
        DataKey.objects.select_for_update()
        .filter(pk=key_id, replaced_at=None, destroyed_at=None)
        .first()
    )
    if row is None:
        return 0
    fresh = keys.new_row(keys.owner_of(row), MasterKey.objects.get(is_current=True).pk)
    DataKey.objects.filter(pk=row.pk).update(replaced_at=models.functions.Now())
    fresh.save(force_insert=True)
    return 1


def _rows() -> Iterator[tuple[type[models.Model], tuple[EncryptedTextField, ...], Any]]:
    for model, fields in sealed_models():
        for pk in model._base_manager.values_list("pk", flat=True).iterator(chunk_size=2000):
            yield model, fields, pk


def _reseal_row(
    model: type[models.Model], fields: tuple[EncryptedTextField, ...], pk: Any, advance: Advance
) -> int:
    advance(1)
    done = 0
    row = model._base_manager.filter(pk=pk).first()
    for field in fields:
        sealed = None if row is None else row.__dict__[field.attname]
        if not isinstance(sealed, Ciphertext) or not cipher.is_stale(sealed):
            continue
        try:
            fresh = field.sealed(row, field.opened(row, sealed))
        except (cipher.ErasedFieldError, cipher.ErasedRecordError):
            continue  # what was erased stays erased
        unchanged = {"pk": pk, field.attname: sealed}
        done += model._base_manager.filter(**unchanged).update(**{field.attname: fresh})
    return done


def _ciphertexts() -> Iterator[tuple[str, str]]:
    for model, fields in sealed_models():
        for field in fields:
            place = f"{model._meta.db_table}.{field.column}"
            values = model._base_manager.exclude(**{f"{field.attname}__isnull": True})
            for sealed in values.values_list(field.attname, flat=True).iterator(chunk_size=2000):
                yield place, sealed


def _under(key_id: str) -> bool:
    """Whether a field of the first format still lies directly under a master key."""
    return any(
        cipher.head_of(sealed).key_id == key_id
        for _place, sealed in _ciphertexts()
        if not sealed.startswith("2.")
    )
