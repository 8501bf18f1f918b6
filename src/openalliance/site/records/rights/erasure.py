"""Erasing what is about a client, as far as the law lets.

It goes in two steps. A week after the client asked (until then they can take it back), that goes
which nothing obliges the practice to keep. When the time of retention is over, their key is
destroyed, by which every word about them becomes unreadable at once, also in what is left of the
rows; then the rows go too. If they agreed to research, their numbers stay, and nobody can tell any
more whose they were. The access log stays: it says who looked, and holds nothing of what they saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils.crypto import get_random_string

from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import (
    CalendarFeed,
    Client,
    Episode,
    PersonalLink,
    Phase,
    Session,
)
from openalliance.site.records.checkins.models import (
    AskedForm,
    CourseState,
    HardToSay,
    Score,
    Signal,
    Visibility,
)
from openalliance.site.records.conversations.models import ConversationStep, RuptureRecord
from openalliance.site.records.emergency.models import Opening
from openalliance.site.records.endings.consent import forget_addresses
from openalliance.site.records.endings.follow_ups import clear
from openalliance.site.records.endings.models import (
    EndingReview,
    FollowUp,
    FollowUpConsent,
    LookingBack,
    StayingWell,
    Wish,
)
from openalliance.site.records.intake.models import Arrival
from openalliance.site.records.letters.models import Letter, ReminderChoice
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanVersion
from openalliance.site.records.practice.access import require, require_client
from openalliance.site.records.rights.consent import ConsentKind, consenting
from openalliance.site.records.rights.models import ConsentAnswer, ErasureRequest
from openalliance.site.records.rights.retention import kept_until
from openalliance.site.records.tasks.models import Task, TaskTelling
from openalliance.site.records.trust.actors import Actor, Role, system
from openalliance.site.records.trust.keys import destroy_keys
from openalliance.site.records.trust.services import Action, log

GRACE = timedelta(days=7)
"""How long a request can be taken back before anything goes."""

WORDS: tuple[type[models.Model], ...] = (
    ConversationStep, HardToSay, PlanComment, PlanVersion,
    Wish, EndingReview, StayingWell, LookingBack, FollowUp,
)  # fmt: skip
"""Rows that are words, in the order in which they may be deleted."""

NUMBERS: tuple[type[models.Model], ...] = (
    RuptureRecord, Signal, CourseState, PlanRating, TaskTelling, Task, Score, AskedForm, Session,
    Phase,
)  # fmt: skip
"""Rows that hold numbers; answers and tasks are words too, sealed with the client's key."""

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a client's request stands.

    Parameters
    ----------
    first_step_at
        When that goes which nothing obliges to keep.
    kept_until
        Until when the rest must be kept; nothing while a therapy is running.
    """

    request: ErasureRequest
    first_step_at: datetime
    kept_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One client's record, by code alone, for those who must look after what is kept how long."""

    client_id: UUID
    code: str
    kept_until: datetime | None
    asked_at: datetime | None


def standing(by: Actor) -> Standing | None:
    """Return where a client's own request stands, if there is one.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    return _standing_of(by.id, by.practice_id)


def standing_in(episode: Episode) -> Standing | None:
    """Return where the request of a client stands whose episode the actor was let see."""
    return _standing_of(episode.client_id, episode.practice_id)


def own_kept_until(by: Actor) -> datetime | None:
    """Return until when a client's own record must be kept; nothing while a therapy is running."""
    return kept_until(_client(by.id, by.practice_id))


@transaction.atomic
def ask(*, by: Actor, now: datetime) -> ErasureRequest:
    """Ask for one's own record to be erased. Asking twice changes nothing.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    return _asked(by.id, by=by, now=now)


@transaction.atomic
def ask_for_client(episode_id: UUID, *, by: Actor, now: datetime) -> ErasureRequest:
    """Note what a client asked for in person.

    Raises
    ------
    NotFoundError
        The actor does not conduct this episode.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="erasure")
    return _asked(episode.client_id, by=by, now=now)


@transaction.atomic
def take_back(*, by: Actor, now: datetime) -> None:
    """Take one's request back; what has gone already does not return.

    Raises
    ------
    ConflictError
        There is none.
    """
    found = _open(by.id, by.practice_id) if by.is_client else None
    if found is None:
        raise ConflictError("there is no request to take back")
    found.taken_back_at = now
    found.save(update_fields=["taken_back_at"])
    log(Action.WITHDREW, "erasure", found.pk, by=by, now=now, client_id=by.id)


def carry_out_due(*, now: datetime) -> int:
    """Do what is due for every request; return how many steps were done."""
    return sum(_step(pk, now=now) for pk in _due(now))


def records_for(by: Actor) -> Sequence[Record]:
    """Return what `records` does, for an administrator: codes and dates, no names.

    Raises
    ------
    RefusedError
        The actor is no administrator.
    """
    require(by, Role.ADMINISTRATOR)
    return records(by.practice_id)


def records(practice_id: UUID) -> Sequence[Record]:
    """Return every record that is not erased, by code, with how long it must be kept."""
    asked = dict(
        ErasureRequest.objects.filter(
            practice_id=practice_id, taken_back_at=None, done_at=None
        ).values_list("client_id", "asked_at")
    )
    clients = Client.objects.filter(practice_id=practice_id, erased_at=None)
    return tuple(
        Record(
            client_id=client.pk,
            code=client.code,
            kept_until=kept_until(client),
            asked_at=asked.get(client.pk),
        )
        for client in clients.prefetch_related("episodes").order_by("code")
    )


@transaction.atomic
def erase(client_id: UUID, *, by: Actor, now: datetime, despite_retention: bool = False) -> None:
    """Destroy a client's key and everything that is about them.

    Raises
    ------
    NotFoundError
        There is no such client in the actor's practice.
    ConflictError
        A therapy is running, or the record must still be kept.
    """
    client = _client(client_id, by.practice_id)
    until = kept_until(client)
    if until is None:
        raise ConflictError("a therapy is running; end it first")
    if now < until and not despite_retention:
        raise ConflictError(f"the record must be kept until {until:%Y-%m-%d}")
    keep_numbers = client.pk in consenting(ConsentKind.RESEARCH, practice_id=by.practice_id)
    _destroy(client, keep_numbers=keep_numbers, now=now)
    log(Action.ERASED, "record", client.pk, by=by, now=now, client_id=client.pk)


@transaction.atomic
def erase_again(erased: Mapping[UUID, datetime]) -> int:
    """Erase what was erased before and came back with a backup; return how many records."""
    found = list(Client.objects.filter(pk__in=list(erased), erased_at=None))
    for client in found:
        at = erased[client.pk]
        keep_numbers = client.pk in consenting(ConsentKind.RESEARCH, practice_id=client.practice_id)
        _destroy(client, keep_numbers=keep_numbers, now=at)
        log(
            Action.ERASED, "record", client.pk, by=system(client.practice_id), now=at,
            client_id=client.pk,
        )  # fmt: skip
    ErasureRequest.objects.filter(client__in=found, done_at=None).update(done_at=F("asked_at"))
    return len(found)


def _standing_of(client_id: UUID, practice_id: UUID) -> Standing | None:
    found = _open(client_id, practice_id)
    if found is None:
        return None
    return Standing(
        request=found,
        first_step_at=found.asked_at + GRACE,
        kept_until=kept_until(_client(client_id, practice_id)),
    )


def _client(client_id: UUID, practice_id: UUID) -> Client:
    found = Client.objects.filter(pk=client_id, practice_id=practice_id, erased_at=None).first()
    if found is None:
        raise NotFoundError("no such client")
    return found


def _open(client_id: UUID, practice_id: UUID) -> ErasureRequest | None:
    return ErasureRequest.objects.filter(
        client_id=client_id, practice_id=practice_id, taken_back_at=None, done_at=None
    ).first()


def _asked(client_id: UUID, *, by: Actor, now: datetime) -> ErasureRequest:
    # The client's row is locked, so that two who ask at once make one request.
    Client.objects.select_for_update().get(pk=client_id, practice_id=by.practice_id)
    found = _open(client_id, by.practice_id)
    if found is not None:
        return found
    made = ErasureRequest.objects.create(
        practice_id=by.practice_id, client_id=client_id, asked_at=now, by_kind=by.kind, by_id=by.id
    )
    log(Action.ADDED, "erasure", made.pk, by=by, now=now, client_id=client_id)
    return made


def _due(now: datetime) -> Iterator[UUID]:
    waiting = ErasureRequest.objects.filter(taken_back_at=None, done_at=None)
    yield from waiting.filter(begun_at=None, asked_at__lte=now - GRACE).values_list("pk", flat=True)
    for request in waiting.filter(begun_at__isnull=False).select_related("client"):
        until = kept_until(request.client)
        if until is not None and until <= now:
            yield request.pk


@transaction.atomic
def _step(request_id: UUID, *, now: datetime) -> int:
    """Do the next step of one request, unless somebody was quicker."""
    request = (
        ErasureRequest.objects.select_for_update(of=("self",))
        .filter(pk=request_id, taken_back_at=None, done_at=None)
        .select_related("client")
        .first()
    )
    if request is None:
        return 0
    by = system(request.practice_id)
    if request.begun_at is None:
        _begin(request.client, now)
        request.begun_at = now
        request.save(update_fields=["begun_at"])
        log(Action.ERASED, "details", request.pk, by=by, now=now, client_id=request.client_id)
    else:
        erase(request.client_id, by=by, now=now)
        request.done_at = now
        request.save(update_fields=["done_at"])
    return 1


def _begin(client: Client, now: datetime) -> None:
    """Erase what is no part of the record of a treatment, and ask the client nothing more."""
    client.email = None
    client.save(update_fields=["email"])
    ReminderChoice.objects.filter(client=client).delete()
    for arrival in Arrival.objects.filter(client=client):
        arrival.reach_me = arrival.safely = ""
        arrival.save(update_fields=["reach_me", "safely"])
    forget_addresses(client.pk)
    FollowUpConsent.objects.filter(client=client).update(channel="", given=False)
    clear(client.pk, now=now)
    of_client = {"episode__client_id": client.pk}
    ConversationStep.objects.filter(
        hard_to_say__in=HardToSay.objects.filter(**of_client, shown_at=None)
    ).delete()
    HardToSay.objects.filter(**of_client, shown_at=None).exclude(visibility=Visibility.NOW).delete()
    for draft in AskedForm.objects.filter(**of_client, rater="client", submitted_at=None):
        draft.answers = {}
        draft.save(update_fields=["answers"])


def _destroy(client: Client, *, keep_numbers: bool, now: datetime) -> None:
    episodes = Episode.objects.filter(client=client)
    for model in WORDS + (() if keep_numbers else NUMBERS):
        model._base_manager.filter(episode__in=episodes).delete()
    Arrival.objects.filter(client=client).delete()
    PersonalLink.objects.filter(client=client).delete()
    CalendarFeed.objects.filter(client=client).delete()
    Opening.objects.filter(client=client).delete()
    ReminderChoice.objects.filter(client=client).delete()
    FollowUpConsent.objects.filter(client=client).delete()
    Letter.objects.filter(client=client).delete()
    ConsentAnswer.objects.filter(client=client).exclude(kind=ConsentKind.RESEARCH).delete()
    episodes.update(external_ref="", modality_name="")
    Phase.objects.filter(episode__in=episodes).update(modality_name="")
    Client.objects.filter(pk=client.pk).update(
        code=f"erased-{get_random_string(8, _ALPHABET)}", external_ref="", erased_at=now
    )
    destroy_keys(client.pk, now=now)
