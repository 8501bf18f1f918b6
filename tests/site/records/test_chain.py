"""The access log as a chain: any tampering is found, and the first bad entry is named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openalliance.site.records.trust import chain, guard
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.chain import (
    examine_chain,
    examine_chains,
    heads,
    seal_entries,
    seal_everything,
)
from openalliance.site.records.trust.models import AccessEntry, ChainHead
from openalliance.site.records.trust.services import Action, log_many

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
LONG = 8
"""Entries of a chain here."""


def _written(practice_id: UUID, count: int = LONG, *, sealed: bool = True) -> list[AccessEntry]:
    by = Actor(
        kind=ActorKind.STAFF, id=uuid4(), practice_id=practice_id, roles=frozenset({Role.THERAPIST})
    )
    for number in range(count):
        about = [(uuid4(), uuid4() if number % 2 else None)]
        log_many(Action.READ, "course", about, by=by, now=NOW + timedelta(minutes=number))
    if sealed:
        seal_entries(practice_id)
    return list(AccessEntry.objects.filter(practice_id=practice_id).order_by("pk"))


def test_a_log_that_nobody_touched_is_whole() -> None:
    practice = uuid4()
    _written(practice)
    found = examine_chain(practice)
    assert (found.fault, found.entries, found.unsealed) == ("", LONG, 0)
    (head,) = (one for one in heads() if one.practice_id == practice)
    assert head.seq == LONG


def test_entries_wait_for_their_seal_until_it_comes() -> None:
    practice = uuid4()
    _written(practice, sealed=False)
    found = examine_chain(practice)
    assert (found.fault, found.entries, found.unsealed) == ("", 0, LONG)
    assert found.oldest_unsealed == NOW
    assert seal_everything() >= LONG
    assert examine_chain(practice).unsealed == 0
    assert seal_entries(practice) == 0


def test_more_than_one_helping_is_sealed_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "_AT_ONCE", 3)
    practice = uuid4()
    entries = _written(practice)
    assert [one.seq for one in entries] == list(range(1, LONG + 1))
    assert examine_chain(practice).fault == ""


CHANGES: dict[str, Callable[[AccessEntry], object]] = {
    "at": lambda one: one.at + timedelta(microseconds=1),
    "actor_kind": lambda _: "client",
    "actor_id": lambda _: uuid4(),
    "action": lambda _: "changed",
    "subject": lambda one: one.subject + " ",
    "subject_id": lambda _: uuid4(),
    "client_id": lambda one: uuid4() if one.client_id is None else None,
    "seal": lambda one: one.seal[::-1],
}


@given(place=st.integers(0, LONG - 1), column=st.sampled_from(sorted(CHANGES)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_edit_is_found_and_named(place: int, column: str) -> None:
    practice = uuid4()
    entry = _written(practice)[place]
    AccessEntry.objects.filter(pk=entry.pk).update(**{column: CHANGES[column](entry)})
    found = examine_chain(practice)
    assert "changed" in found.fault
    assert found.fault_seq == place + 1


@given(place=st.integers(0, LONG - 1))
@settings(max_examples=LONG)
def test_any_deletion_is_found_and_named(place: int) -> None:
    practice = uuid4()
    _written(practice)[place].delete()
    found = examine_chain(practice)
    assert "missing" in found.fault
    assert found.fault_seq == place + 1


@given(st.lists(st.integers(0, LONG - 1), min_size=2, max_size=2, unique=True))
@settings(max_examples=20)
def test_any_exchange_of_two_entries_is_found_and_named(places: list[int]) -> None:
    practice = uuid4()
    entries = _written(practice)
    one, other = (entries[place] for place in sorted(places))
    assert one.seq is not None
    assert other.seq is not None
    with transaction.atomic():
        for entry, seq, seal in ((one, -1, ""), (other, one.seq, one.seal)):
            AccessEntry.objects.filter(pk=entry.pk).update(seq=seq, seal=seal)
        AccessEntry.objects.filter(pk=one.pk).update(seq=other.seq, seal=other.seal)
    assert examine_chain(practice).fault_seq == min(places) + 1


def test_an_entry_slipped_in_between_is_found() -> None:
    practice = uuid4()
    entries = _written(practice)
    AccessEntry.objects.filter(pk__in=[one.pk for one in entries[4:]]).delete()
    for one in entries[4:]:
        one.pk, one.seq = None, (one.seq or 0) + 1  # type: ignore[assignment]
        one.save()
    new = entries[2]
    new.pk, new.seq = None, 5  # type: ignore[assignment]
    new.save()
    assert examine_chain(practice).fault_seq == 5


@given(left=st.integers(0, LONG - 1))
@settings(max_examples=LONG)
def test_entries_cut_off_at_the_end_are_found_by_the_head_or_by_a_noted_one(left: int) -> None:
    practice = uuid4()
    _written(practice)
    (noted,) = (one for one in heads() if one.practice_id == practice)
    AccessEntry.objects.filter(practice_id=practice, seq__gt=left).delete()
    assert "missing" in examine_chain(practice).fault
    # Whoever also sets the head back cannot prove that it ever was one.
    last = AccessEntry.objects.filter(practice_id=practice).order_by("-seq").first()
    seal = last.seal if last else chain.BEGINNING
    ChainHead.objects.filter(pk=practice).update(seq=left, seal=seal)
    found = examine_chain(practice)
    assert ("cut short" in found.fault, found.fault_seq) == (True, left + 1)
    # Whoever has the key too is found by the head that was noted outside.
    ChainHead.objects.filter(pk=practice).update(proof=chain.proof_of(practice, left, seal))
    assert examine_chain(practice).fault == ""
    assert "missing" in examine_chain(practice, anchor=noted).fault


def test_a_log_that_was_emptied_is_missed_where_there_is_a_practice() -> None:
    practice, other = uuid4(), uuid4()
    _written(practice)
    _written(other)
    AccessEntry.objects.filter(practice_id=practice).delete()
    ChainHead.objects.filter(pk=practice).delete()
    faults = {one.practice_id: one.fault for one in examine_chains(expected={practice, other})}
    assert faults == {practice: "the log is gone", other: ""}


def test_the_log_of_one_practice_does_not_pass_for_another_s() -> None:
    practice, other = uuid4(), uuid4()
    _written(practice)
    _written(other)
    (theirs,) = (one for one in heads() if one.practice_id == other)
    AccessEntry.objects.filter(practice_id=practice).delete()
    AccessEntry.objects.filter(practice_id=other).update(practice_id=practice)
    ChainHead.objects.filter(pk=practice).update(seq=theirs.seq, seal=theirs.seal)
    assert examine_chain(practice).fault_seq == 1
    assert examine_chain(other).fault


def test_a_log_written_anew_by_somebody_with_the_keys_is_found_by_a_noted_head() -> None:
    practice = uuid4()
    _written(practice)
    (noted,) = (one for one in heads() if one.practice_id == practice)
    AccessEntry.objects.filter(practice_id=practice).delete()
    ChainHead.objects.filter(pk=practice).delete()
    _written(practice)
    assert examine_chain(practice).fault == ""
    assert "anew" in examine_chain(practice, anchor=noted).fault


def test_a_noted_head_stays_right_while_the_log_grows() -> None:
    practice = uuid4()
    _written(practice)
    (noted,) = (one for one in heads() if one.practice_id == practice)
    _written(practice, 5)
    assert examine_chain(practice, anchor=noted).fault == ""


def test_practices_have_chains_of_their_own() -> None:
    one, other = uuid4(), uuid4()
    _written(one)
    entry = _written(other)[3]
    AccessEntry.objects.filter(pk=entry.pk).update(subject="plan")
    found = {report.practice_id: report.fault for report in examine_chains()}
    assert found[one] == ""
    assert found[other] != ""


def test_the_database_refuses_to_change_or_remove_entries() -> None:
    practice = uuid4()
    entries = _written(practice)
    waiting = _written(practice, 1, sealed=False)[-1]
    guard.make_triggers()
    for change in (
        lambda: entries[0].delete(),
        lambda: AccessEntry.objects.filter(pk=entries[1].pk).update(subject="plan"),
        lambda: AccessEntry.objects.filter(pk=entries[1].pk).update(seal=""),
        lambda: AccessEntry.objects.filter(pk=waiting.pk).update(subject="plan"),
    ):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            change()
    assert seal_entries(practice) == 1
    assert examine_chain(practice).entries == LONG + 1


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_leave_one_unbroken_chain() -> None:
    practice = uuid4()

    def write() -> None:
        try:
            for _ in range(5):
                _written(practice, 2, sealed=False)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    seal_entries(practice)
    found = examine_chain(practice)
    assert (found.fault, found.entries, found.unsealed) == ("", 40, 0)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap() -> None:
    practice = uuid4()
    _written(practice, 2)

    def undone() -> None:
        with transaction.atomic():
            _written(practice, 3, sealed=False)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    _written(practice, 2, sealed=False)
    found = examine_chain(practice)
    assert (found.fault, found.entries, found.unsealed) == ("", 4, 0)
