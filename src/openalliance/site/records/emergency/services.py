"""Opening a record in an emergency, closing it, and looking at it afterwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.emergency.access import standing_opening, to_review
from openalliance.site.records.emergency.models import Cause, Opening
from openalliance.site.records.letters.models import LetterKind
from openalliance.site.records.letters.services import post
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

SHORTEST_REASON = 20
LONGEST_REASON = 2000


def open_record(
    who: str, *, cause: str, reason: str, password: str, by: Actor, now: datetime
) -> Opening:
    """Open one client's record for a while, to be read.

    ``who`` is the client's code, whole name or address; a part of it finds nobody. That nobody was
    found is logged too. Opening what is open already gives the same opening.

    Raises
    ------
    InputError
        The reason is no sentence, the cause is unknown, the password is wrong, or several clients
        are called so.
    NotFoundError
        There is nobody of that code, name or address.
    ConflictError
        The client is the actor's own: their record is open to them already.
    """
    require(by, Role.THERAPIST, Role.SUPERVISOR)
    words = reason.strip()
    if cause not in Cause.values:
        raise InputError("choose why it cannot wait", where="cause")
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON or len(words.split()) < 4:
        raise InputError("say in a sentence why it cannot wait", where="reason")
    person = Person.objects.get(pk=by.id, practice_id=by.practice_id)
    if not person.check_password(password):
        raise InputError("that is not your password", where="password")
    with transaction.atomic():
        found = list(_called(who, by.practice_id))
        if len(found) == 1:
            return _opened(found[0], cause, words, by=by, now=now)
        log(Action.READ, "emergency search", by.id, by=by, now=now, client_id=None)
    if found:
        raise InputError("several clients are called so: give the code or the address", where="who")
    raise NotFoundError("no client of exactly this code, name or address")


@transaction.atomic
def close_record(opening_id: UUID, *, by: Actor, now: datetime) -> None:
    """End one's own access before its time is over.

    Raises
    ------
    NotFoundError
        The actor has no such access, or it has ended.
    """
    opening = standing_opening(by, opening_id, now=now)
    opening.ended_at = now
    opening.save(update_fields=["ended_at"])
    log(Action.CHANGED, "emergency", opening.pk, by=by, now=now, client_id=opening.client_id)


@transaction.atomic
def mark_reviewed(opening_id: UUID, *, by: Actor, now: datetime) -> None:
    """Note that a supervisor has looked at an emergency and what was read.

    Raises
    ------
    NotFoundError
        It is not this supervisor's to look at, or it is their own.
    ConflictError
        Somebody has looked at it before.
    """
    opening = to_review(by).select_for_update(of=("self",)).filter(pk=opening_id).first()
    if opening is None:
        raise NotFoundError("no such emergency to review")
    if opening.reviewed_at is not None:
        raise ConflictError("this was reviewed already")
    opening.reviewed_at, opening.reviewed_by_id = now, by.id
    opening.save(update_fields=["reviewed_at", "reviewed_by"])
    log(Action.CHANGED, "emergency", opening.pk, by=by, now=now, client_id=opening.client_id)


def _opened(client: Client, cause: str, reason: str, *, by: Actor, now: datetime) -> Opening:
    Client.objects.select_for_update().get(pk=client.pk)  # two at once open it once
    episodes = list(Episode.objects.filter(client=client))
    current = [one for one in episodes if one.ended_at is None] or episodes
    if by.has(Role.THERAPIST) and any(one.therapist_id == by.id for one in current):
        raise ConflictError("this is your own client: you find them on your caseload")
    standing = Opening.objects.filter(
        client=client, person_id=by.id, ended_at=None, ends_at__gt=now
    ).first()
    if standing is not None:
        return standing
    opening = Opening(
        practice_id=by.practice_id, client=client, person_id=by.id, cause=cause, reason=reason,
        opened_at=now, ends_at=now + timedelta(minutes=settings.EMERGENCY_MINUTES),
    )  # fmt: skip
    opening.save(force_insert=True)
    log(Action.ADDED, "emergency", opening.pk, by=by, now=now, client_id=client.pk)
    for therapist_id in {one.therapist_id for one in episodes if one.ended_at is None}:
        post(
            LetterKind.EMERGENCY, once=f"{opening.pk}:{therapist_id.hex[:8]}",
            person_id=therapist_id, practice_id=by.practice_id, now=now,
        )  # fmt: skip
    return opening


def _called(who: str, practice_id: UUID) -> Iterator[Client]:
    """Yield the clients of exactly this code, name or address; names are sealed, so look at all."""
    wanted = _plain(who)
    if not wanted:
        return
    clients = Client.objects.filter(~Q(episodes=None), practice_id=practice_id, erased_at=None)
    for client in clients.distinct():
        if wanted in {_plain(client.code), _plain(client.name), _plain(client.email or "")}:
            yield client


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())
