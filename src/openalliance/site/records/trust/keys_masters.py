"""The master keys: they lie outside the database and open nothing but the keys that lie in it.

Which of them is the current one stands in the database, so that every process means the same one.
"""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from openalliance.site.records.trust.keys_boxes import (
    BoxError,
    UnreadableFieldError,
    seal,
    unseal,
)
from openalliance.site.records.trust.models import MasterKey

_PROOF = "openalliance"


def master(key_id: str) -> AESGCM:
    """Return a master key.

    Raises
    ------
    UnreadableFieldError
        It is not at hand.
    """
    secret = settings.MASTER_KEYS.secret(key_id)
    if secret is None:
        raise UnreadableFieldError(
            f"the key “{key_id}” is neither in secrets.json nor in OPENALLIANCE_MASTER_KEYS; put it"
            " back from a backup of that file, or from its recovery sheet (openalliance keys"
            " restore)"
        )
    return AESGCM(secret)


def register(key_id: str, *, current: bool) -> MasterKey:
    """Note a master key in the database, with a proof by which it is known again."""
    made = MasterKey(
        pk=key_id,
        is_current=current,
        proof=seal(master(key_id), _PROOF.encode(), about=f"master {key_id}"),
    )
    MasterKey.objects.bulk_create([made], ignore_conflicts=True)
    return MasterKey.objects.get(pk=key_id)


def is_itself(noted: MasterKey, key: AESGCM | None = None) -> bool:
    """Whether the key at hand (or the one given) is the one that was noted under this name."""
    try:
        unseal(key or master(noted.pk), noted.proof, about=f"master {noted.pk}")
    except (BoxError, UnreadableFieldError):
        return False
    return True


def current_master() -> MasterKey:
    """Return the current master key; the first time, note it.

    Call it inside the transaction that wraps something under it: until that ends, the key stays
    the current one, so that no rotation overlooks what is just being written.

    Raises
    ------
    UnreadableFieldError
        The key at hand under this name is another one.
    """
    _require_transaction()
    found = _locked_current()
    if found is None:
        register(settings.MASTER_KEYS.newest, current=True)
        found = _locked_current()
    if found is None or not is_itself(found):
        name = found.pk if found else settings.MASTER_KEYS.newest
        raise UnreadableFieldError(
            f"the key “{name}” at hand is not the one this database is sealed with; put the"
            " secrets.json that belongs to it back"
        )
    return found


def make_current(key_id: str) -> None:
    """Let everything new be wrapped under another master key; waits for who just wraps."""
    with transaction.atomic():
        list(MasterKey.objects.select_for_update().order_by("pk"))
        register(key_id, current=False)
        MasterKey.objects.filter(is_current=True).update(is_current=False)
        MasterKey.objects.filter(pk=key_id).update(is_current=True, retired_at=None)


def wrap(data_key: bytes, *, master_id: str, key_id: UUID, owner_id: UUID) -> str:
    """Seal a data key under a master key, bound to its row and to whom it belongs."""
    return seal(master(master_id), data_key, about=_about(master_id, key_id, owner_id))


def unwrap(wrapped: str, *, master_id: str, key_id: UUID, owner_id: UUID) -> bytes:
    """Open what `wrap` made.

    Raises
    ------
    UnreadableFieldError
        The master key is missing or another one, or the row was altered or moved.
    """
    try:
        return unseal(master(master_id), wrapped, about=_about(master_id, key_id, owner_id))
    except BoxError:
        raise UnreadableFieldError(
            f"the data key {key_id} does not open with the key “{master_id}” at hand: it was"
            " altered or moved, or this is not the secrets.json of this database"
        ) from None


def _about(master_id: str, key_id: UUID, owner_id: UUID) -> str:
    return f"trust_datakey.wrapped.{master_id}.{key_id}.{owner_id}"


def _locked_current() -> MasterKey | None:
    # SQLite's transactions hold the only write lock; PostgreSQL shares the row among who wraps.
    if connection.vendor == "postgresql":
        table = connection.ops.quote_name(MasterKey._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {table} WHERE is_current FOR SHARE")  # noqa: S608 - our own table  # nosec B608
            cursor.fetchall()
    return MasterKey.objects.filter(is_current=True).first()


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("wrap keys inside a transaction")
