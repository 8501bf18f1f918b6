"""The access log as a chain: each entry is sealed with the one before it, so that tampering shows.

A seal is HMAC-SHA-256 over the seal before, the entry's number and all that the entry says. Its key
lies outside the database, so whoever has only the database cannot make the seals right again. The
newest seal is kept beside the chain with a proof made by the same key: else the log could be cut
short at any entry, whose seal is right. Whoever has both, or puts back an older copy of all of it,
is found by a head of the chain that was noted elsewhere (`heads`, an anchor).

Entries are written in the transaction of what they speak of, and sealed in one of their own after
it (`sealing`). So the chain never holds a lock while somebody reads or writes records.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from openalliance.site.records.trust.models import AccessEntry, ChainHead

BEGINNING = "0" * 64
"""What the first entry of a practice is sealed with."""

_AT_ONCE = 500
_FIELDS = (
    "seq", "seal", "pk", "practice_id", "at", "actor_kind", "actor_id", "action", "subject",
    "subject_id", "client_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest seal of a practice's chain: all before it follow from it."""

    practice_id: UUID
    seq: int
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a chain is found to be.

    Parameters
    ----------
    entries
        Sealed entries that were looked at.
    unsealed
        Entries that wait for their seal.
    oldest_unsealed
        When the oldest of them was written.
    fault
        What is wrong first; empty if nothing is.
    fault_seq, fault_at
        Number and time of the first bad entry, where there is one.
    """

    practice_id: UUID
    entries: int
    unsealed: int
    oldest_unsealed: datetime | None
    fault: str = ""
    fault_seq: int | None = None
    fault_at: datetime | None = None


def seal_entries(practice_id: UUID) -> int:
    """Seal what waits in one practice, and return how many entries.

    Two at the same moment take turns; what one has sealed, the other leaves.
    """
    sealed = done = _seal_some(practice_id)
    while done == _AT_ONCE:
        done = _seal_some(practice_id)
        sealed += done
    return sealed


def is_waiting(practice_id: UUID) -> bool:
    """Whether entries of a practice wait for their seal."""
    return AccessEntry.objects.filter(practice_id=practice_id, seq=None).exists()


def seal_everything() -> int:
    """Seal what waits in every practice: what a process that was killed left."""
    waiting = AccessEntry.objects.filter(seq=None).values_list("practice_id", flat=True).distinct()
    return sum(seal_entries(practice_id) for practice_id in list(waiting))


def heads() -> list[Head]:
    """Return the head of every practice's chain, to be noted outside."""
    return [
        Head(practice_id=one.pk, seq=one.seq, seal=one.seal)
        for one in ChainHead.objects.order_by("pk")
    ]


def examine_chains(
    anchors: Mapping[UUID, Head] | None = None, *, expected: Collection[UUID] = ()
) -> Iterator[ChainReport]:
    """Look at every chain from its first entry; with heads noted earlier, at those too.

    ``expected`` are practices that must have a log: the first entry says that they were set up.
    """
    anchors = anchors or {}
    known = set(AccessEntry.objects.values_list("practice_id", flat=True).distinct())
    known |= set(ChainHead.objects.values_list("pk", flat=True)) | set(anchors) | set(expected)
    for practice_id in sorted(known):
        yield examine_chain(
            practice_id, anchor=anchors.get(practice_id), is_expected=practice_id in expected
        )


def examine_chain(
    practice_id: UUID, *, anchor: Head | None = None, is_expected: bool = False
) -> ChainReport:
    """Look at one chain, and name the first entry that is not as it was sealed."""
    entries = AccessEntry.objects.filter(practice_id=practice_id)
    waiting = entries.filter(seq=None).order_by("at")
    oldest = waiting.values_list("at", flat=True).first()
    count, before = 0, BEGINNING

    def report(fault: str = "", seq: int | None = None, at: datetime | None = None) -> ChainReport:
        return ChainReport(
            practice_id=practice_id, entries=count, unsealed=waiting.count(),
            oldest_unsealed=oldest, fault=fault, fault_seq=seq, fault_at=at,
        )  # fmt: skip

    sealed = entries.exclude(seq=None).order_by("seq").values(*_FIELDS)
    for row in sealed.iterator(chunk_size=2000):
        if row["seq"] != count + 1:
            words = "an entry is missing" if row["seq"] > count + 1 else "an entry is there twice"
            return report(words, count + 1, row["at"])
        if not hmac.compare_digest(row["seal"], _seal(before, row)):
            return report("the entry was changed or put in another's place", row["seq"], row["at"])
        count, before = row["seq"], row["seal"]
        if anchor is not None and anchor.seq == count and anchor.seal != before:
            return report("the log was written anew: its seal is not the one noted", count)
    head = ChainHead.objects.filter(pk=practice_id).first()
    if head is None or (head.seq, head.seal) != (count, before):
        if head is None and count == 0:
            is_gone = anchor is not None or (is_expected and oldest is None)
            return report("the log is gone", 1) if is_gone else report()
        return report("entries at the end are missing", count + 1)
    if not hmac.compare_digest(head.proof, proof_of(practice_id, head.seq, head.seal)):
        return report("the log was cut short or its end was put together anew", count + 1)
    if anchor is not None and anchor.seq > count:
        return report("entries at the end are missing: the noted head is beyond", count + 1)
    return report()


@transaction.atomic
def _seal_some(practice_id: UUID) -> int:
    heads_of_practice = ChainHead.objects.select_for_update().filter(pk=practice_id)
    head = heads_of_practice.first()
    if head is None:
        new = {"seq": 0, "seal": BEGINNING, "proof": proof_of(practice_id, 0, BEGINNING)}
        ChainHead.objects.get_or_create(pk=practice_id, defaults=new)
        head = heads_of_practice.get()
    waiting = AccessEntry.objects.filter(practice_id=practice_id, seq=None).order_by("pk")
    rows = list(waiting[:_AT_ONCE])
    if not rows:
        return 0
    for row in rows:
        head.seq += 1
        row.seq = head.seq
        row.seal = head.seal = _seal(head.seal, {name: getattr(row, name) for name in _FIELDS})
    AccessEntry.objects.bulk_update(rows, ["seq", "seal"])
    head.proof = proof_of(practice_id, head.seq, head.seal)
    head.save(update_fields=["seq", "seal", "proof"])
    return len(rows)


def proof_of(practice_id: UUID, seq: int, seal: str) -> str:
    """Return what proves that a seal was once the newest of its chain, and not only one in it."""
    text = f"head of {practice_id}\n{seq}\n{seal}"
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


def _seal(before: str, row: Mapping[str, Any]) -> str:
    said = [
        row["seq"], row["pk"], str(row["practice_id"]), row["at"].astimezone(UTC).isoformat(),
        str(row["actor_kind"]), str(row["actor_id"]), str(row["action"]), str(row["subject"]),
        str(row["subject_id"]), None if row["client_id"] is None else str(row["client_id"]),
    ]  # fmt: skip
    text = f"{before}\n{json.dumps(said, ensure_ascii=False, separators=(',', ':'))}"
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


@cache
def _key() -> bytes:
    """Return the key of the seals, made from the installation's signing key."""
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"openalliance access log")
    return made.derive(settings.SECRET_KEY.encode())
