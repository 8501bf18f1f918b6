"""What becomes of those who knock: passed on, kept waiting in order, declined, or taken on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Max, Q

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.plan import Preference
from openalliance.site.records.intake.access import public_profiles, request_for, visible_requests
from openalliance.site.records.intake.convert import ways_kept
from openalliance.site.records.intake.models import (
    ContactRequest,
    PracticePage,
    ReachBy,
    RequestState,
)
from openalliance.site.records.intake.wording import declining
from openalliance.site.records.letters.models import Reply
from openalliance.site.records.letters.services import post_reply
from openalliance.site.records.practice.access import therapists
from openalliance.site.records.practice.models import Practice
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

_log = logging.getLogger("openalliance.intake")

OPEN = (RequestState.NEW, RequestState.WAITING)
LONGEST_ALTERNATIVES = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """What somebody outside wrote; ``form_id`` tells one form sent twice from two forms."""

    name: str
    reach_me: str
    reach_by: str = ReachBy.OTHER
    safely: str = ""
    message: str = ""
    accessibility: str = ""
    languages: tuple[str, ...] = ()
    preferences: tuple[Preference, ...] = ()
    therapist_id: UUID | None = None
    language: str = "en"
    form_id: UUID | None = None


@transaction.atomic
def ask_for_contact(practice: Practice, new: NewRequest, *, now: datetime) -> ContactRequest:
    """Keep a request from the public page for the practice to answer; the same form only once.

    Raises
    ------
    ConflictError
        The practice takes no requests at present.
    InputError
        It is not said in a known way how to reach them.
    """
    if PracticePage.objects.filter(practice=practice, takes_requests=False).exists():
        raise ConflictError("the practice takes no requests at the moment")
    if new.reach_by not in ReachBy.values:
        raise InputError("say how you may be reached", where="reach_by")
    shown = {profile.pk for profile in public_profiles(practice)}
    made = ContactRequest(
        practice=practice,
        form_id=new.form_id,
        at=now,
        language=new.language,
        name=new.name,
        reach_by=new.reach_by,
        reach_me=new.reach_me,
        safely=new.safely,
        message=new.message,
        accessibility=new.accessibility,
        languages=list(new.languages),
        ways=ways_kept(new.preferences),
        therapist_id=new.therapist_id if new.therapist_id in shown else None,
    )
    if new.form_id is None:
        made.save()
        return made
    kept = ContactRequest.objects.filter(form_id=new.form_id).first()
    if kept is None:
        made.save()
    return kept or made


def keep_request(practice: Practice, new: NewRequest, *, now: datetime) -> bool:
    """Do what `ask_for_contact` does; return whether the database could.

    Whoever asks then still has every word they typed, where a page for the fault would lose them.
    """
    try:
        ask_for_contact(practice, new, now=now)
    except OperationalError as fault:
        _log.error("a request could not be kept: %s", type(fault).__name__)
        return False
    return True


@transaction.atomic
def pass_on(request_id: UUID, therapist_id: UUID, *, by: Actor, now: datetime) -> None:
    """Give a request to a therapist of the practice, who reads it from then on.

    Raises
    ------
    NotFoundError
        There is no such request for the actor, or no such therapist.
    ConflictError
        It was answered already.
    """
    request = locked(request_id, by, now, *OPEN)
    if therapist_id not in {person.pk for person in therapists(by)}:
        raise NotFoundError("no such therapist")
    request.passed_to_id = therapist_id
    _keep(request, "passed_to", by=by, now=now)


@transaction.atomic
def put_on_waiting_list(request_id: UUID, *, by: Actor, now: datetime) -> None:
    """Put a request at the end of the waiting list; since when they wait stays known.

    Raises
    ------
    ConflictError
        It is on the list, or was answered already.
    """
    request = locked(request_id, by, now, RequestState.NEW)
    last = ContactRequest.objects.filter(
        practice_id=by.practice_id, state=RequestState.WAITING
    ).aggregate(last=Max("place"))["last"]
    request.state, request.place = RequestState.WAITING, (last or 0) + 1
    request.waiting_since = request.waiting_since or now
    _keep(request, "state", "place", "waiting_since", by=by, now=now)


@transaction.atomic
def move_in_list(request_id: UUID, *, earlier: bool, by: Actor, now: datetime) -> None:
    """Let a request change places with its neighbour on the list the actor sees."""
    request = locked(request_id, by, now, RequestState.WAITING)
    waiting = visible_requests(by).filter(state=RequestState.WAITING)
    if earlier:
        other = waiting.filter(place__lt=request.place).order_by("-place").first()
    else:
        other = waiting.filter(place__gt=request.place).order_by("place").first()
    if other is None:
        return
    request.place, other.place = other.place, request.place
    other.save(update_fields=["place"])
    _keep(request, "place", by=by, now=now)


@transaction.atomic
def decline(request_id: UUID, alternatives: str, *, by: Actor, now: datetime) -> Reply | None:
    """Decline a request kindly; return the letter that was posted.

    A letter goes only to somebody who asked for an answer by e-mail. It holds nothing of what they
    wrote: what the practice says to everybody, and where else to turn.

    Raises
    ------
    InputError
        The alternatives are too long.
    ConflictError
        It was answered already.
    """
    if len(alternatives) > LONGEST_ALTERNATIVES:
        raise InputError(f"keep it under {LONGEST_ALTERNATIVES} letters", where="alternatives")
    request = locked(request_id, by, now, *OPEN)
    if request.reach_by == ReachBy.MAIL:
        words = declining(request, alternatives)
        request.reply = post_reply(
            to=request.reach_me, subject=words.subject, words=words.text,
            practice_id=by.practice_id, now=now,
        )  # fmt: skip
    _handled(request, RequestState.DECLINED, by=by, now=now)
    return request.reply


@transaction.atomic
def close(request_id: UUID, *, by: Actor, now: datetime) -> None:
    """Note that a request was answered in another way, such as on the telephone.

    Raises
    ------
    ConflictError
        It was answered already.
    """
    _handled(locked(request_id, by, now, *OPEN), RequestState.CLOSED, by=by, now=now)


@transaction.atomic
def open_again(request_id: UUID, *, by: Actor, now: datetime) -> None:
    """Undo `put_on_waiting_list`, `decline` and `close`; a letter that has gone has gone."""
    request = locked(request_id, by, now, *set(RequestState) - {RequestState.NEW})
    request.state, request.place = RequestState.NEW, None
    request.handled_at, request.handled_by = None, None
    _keep(request, "state", "place", "handled_at", "handled_by", by=by, now=now)


@transaction.atomic
def forget(request_id: UUID, *, by: Actor, now: datetime) -> None:
    """Delete a request with every word in it, as whoever wrote it may ask."""
    request = locked(request_id, by, now, *RequestState)
    delete(request)
    log(Action.ERASED, "contact request", request_id, by=by, now=now, client_id=None)


@transaction.atomic
def forget_old(*, now: datetime) -> int:
    """Delete requests whose time is over; return how many.

    Those on the waiting list stay: they are waited for.
    """
    gone = 0
    for practice in Practice.objects.select_related("public_page").order_by("pk"):
        page = getattr(practice, "public_page", None) or PracticePage()
        answered = (RequestState.DECLINED, RequestState.CLOSED)
        old = ContactRequest.objects.filter(
            Q(state=RequestState.NEW, at__lt=now - timedelta(days=page.unanswered_days))
            | Q(state__in=answered, handled_at__lt=now - timedelta(days=page.declined_days)),
            practice=practice,
        )
        for request in old:
            delete(request)
            gone += 1
    return gone


def delete(request: ContactRequest) -> None:
    """Delete a request and the letter that answered it."""
    reply = request.reply
    request.delete()
    if reply is not None:
        reply.delete()


def locked(request_id: UUID, by: Actor, now: datetime, *states: RequestState) -> ContactRequest:
    """Return a request the actor may read, while it is in one of ``states``, for changing it."""
    request_for(by, request_id, now=now)
    request = (
        ContactRequest.objects.select_for_update(of=("self",))
        .select_related("practice", "practice__public_page")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise NotFoundError("no such request")
    if request.state not in states:
        raise ConflictError("somebody has answered this request meanwhile")
    return request


def _handled(request: ContactRequest, state: RequestState, *, by: Actor, now: datetime) -> None:
    request.state, request.place = state, None
    request.handled_at, request.handled_by_id = now, by.id
    _keep(request, "state", "place", "reply", "handled_at", "handled_by", by=by, now=now)


def _keep(request: ContactRequest, *fields: str, by: Actor, now: datetime) -> None:
    request.save(update_fields=fields)
    log(Action.CHANGED, "contact request", request.pk, by=by, now=now, client_id=None)
