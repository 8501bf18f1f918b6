"""The way back: one tap of the client's, seen by their therapist, and a new episode joined on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care import returns
from openalliance.site.records.care.access import episodes_of_client, own_episode_for
from openalliance.site.records.care.models import Episode
from openalliance.site.records.endings import follow_ups
from openalliance.site.records.endings.access import wishes_left_behind
from openalliance.site.records.endings.models import Wish, WishKind
from openalliance.site.records.letters.models import LetterKind
from openalliance.site.records.letters.services import post
from openalliance.site.records.practice.access import (
    administrators,
    require,
    therapists,
    works_here,
)
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

LONGEST_WORDS = 1000


@transaction.atomic
def wish(kind: str, *, words: str = "", by: Actor, now: datetime) -> Wish:
    """Keep that a client would like to come back or to hear from somebody, and tell the therapist.

    A second wish joins the open one: to come back counts for more than to be contacted.

    Raises
    ------
    InputError
        The wish is unknown, or there are too many words.
    ConflictError
        A therapy is running; then there is no need for it.
    NotFoundError
        The actor is no client.
    """
    if kind not in WishKind.values:
        raise InputError("choose what you wish", where="kind")
    if len(words) > LONGEST_WORDS:
        raise InputError(f"keep it under {LONGEST_WORDS} letters", where="words")
    episode = _latest(by)
    if episode.ended_at is None:
        raise ConflictError("your therapy is running")
    Episode.objects.select_for_update(of=("self",)).get(pk=episode.pk)
    row = Wish.objects.filter(episode=episode, taken_back_at=None, answered_at=None).first()
    if row is None:
        row = Wish(practice_id=by.practice_id, episode=episode, kind=kind, at=now)
    elif kind == WishKind.RETURN:
        row.kind = kind
    row.words = words or row.words
    row.save()
    log(Action.ADDED, "wish", row.pk, by=by, now=now, client_id=episode.client_id)
    if works_here(by, episode.therapist_id):
        _tell(row, LetterKind.RETURN, episode.therapist_id, now)
    else:
        for person_id in administrators(by):
            _tell(row, LetterKind.LEFT_BEHIND, person_id, now)
    return row


@transaction.atomic
def take_back(*, by: Actor, now: datetime) -> None:
    """Take one's open wish back.

    Raises
    ------
    ConflictError
        There is none.
    """
    row = Wish.objects.filter(
        episode__client_id=by.id, practice_id=by.practice_id, taken_back_at=None, answered_at=None
    ).first()
    if row is None or not by.is_client:
        raise ConflictError("there is nothing to take back")
    row.taken_back_at = now
    row.save(update_fields=["taken_back_at"])
    log(Action.WITHDREW, "wish", row.pk, by=by, now=now, client_id=by.id)


@transaction.atomic
def pass_on(wish_id: UUID, therapist_id: UUID, *, by: Actor, now: datetime) -> Wish:
    """Give a wish that no therapist sees, because theirs left, to somebody who works here.

    Raises
    ------
    NotFoundError
        There is no such wish, it is seen, or there is no such therapist.
    """
    require(by, Role.ADMINISTRATOR)
    found = {one.pk: one for one in wishes_left_behind(by, now=now)}
    if wish_id not in found or therapist_id not in {one.pk for one in therapists(by)}:
        raise NotFoundError("no such wish, or no such therapist")
    row = found[wish_id]
    row.passed_to_id = therapist_id
    row.save(update_fields=["passed_to"])
    log(Action.CHANGED, "wish", row.pk, by=by, now=now, client_id=row.episode.client_id)
    _tell(row, LetterKind.RETURN, therapist_id, now)
    return row


@transaction.atomic
def take_up(wish_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Start an episode of one's own with somebody whose wish was passed on, joined to the last.

    Raises
    ------
    NotFoundError
        There is no such open wish, or it was not passed to the actor.
    ConflictError
        Another episode runs.
    """
    require(by, Role.THERAPIST)
    row = _locked(wish_id, by)
    if row.passed_to_id != by.id or row.passed_to is None:
        raise NotFoundError("no such wish")
    ended = row.episode
    if Episode.objects.filter(client_id=ended.client_id, ended_at=None).exists():
        raise ConflictError("another episode runs already")
    made = returns.join_on(ended, row.passed_to, by=by, now=now)
    follow_ups.clear(made.client_id, now=now)
    _settle(row, made, by=by, now=now)
    return made


@transaction.atomic
def answered(wish_id: UUID, *, by: Actor, now: datetime) -> Wish:
    """Note that somebody was in touch with the client.

    Raises
    ------
    NotFoundError
        There is no such open wish of a client of theirs.
    """
    row = _open(wish_id, by, now)
    row.answered_at, row.answered_by = now, by.id
    row.save(update_fields=["answered_at", "answered_by"])
    log(Action.CHANGED, "wish", row.pk, by=by, now=now, client_id=row.episode.client_id)
    return row


@transaction.atomic
def begin_again(episode_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Start a new episode that is joined to one that ended; an open wish is answered by it.

    Raises
    ------
    ConflictError
        The episode runs, or another one follows it already.
    """
    made = returns.begin_again(episode_id, by=by, now=now)
    follow_ups.clear(made.client_id, now=now)
    row = Wish.objects.filter(
        episode__client_id=made.client_id, taken_back_at=None, answered_at=None
    ).first()
    if row is not None:
        _settle(row, made, by=by, now=now)
    return made


def _settle(row: Wish, made: Episode, *, by: Actor, now: datetime) -> None:
    row.answered_at, row.answered_by, row.started = now, by.id, made
    row.save(update_fields=["answered_at", "answered_by", "started"])


def _tell(row: Wish, kind: LetterKind, person_id: UUID, now: datetime) -> None:
    once = f"{row.pk.hex}:{person_id.hex}"
    post(kind, once=once, person_id=person_id, practice_id=row.practice_id, now=now)


def _latest(by: Actor) -> Episode:
    episodes = episodes_of_client(by)
    if not episodes:
        raise NotFoundError("no episode yet")
    return episodes[0]


def _open(wish_id: UUID, by: Actor, now: datetime) -> Wish:
    require(by, Role.THERAPIST)
    row = _locked(wish_id, by)
    if row.passed_to_id != by.id:
        row.episode = own_episode_for(by, row.episode_id, now=now, reading="wish")
    return row


def _locked(wish_id: UUID, by: Actor) -> Wish:
    row = (
        Wish.objects.select_for_update(of=("self",))
        .select_related("episode__client", "passed_to")
        .filter(
            pk=wish_id, practice_id=by.practice_id, taken_back_at=None, answered_at=None,
            episode__client__erased_at=None,
        )
        .first()
    )  # fmt: skip
    if row is None:
        raise NotFoundError("no such wish")
    return row
