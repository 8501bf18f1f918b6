"""Saying what was hard to say, and deciding anew who may see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.access import own_hard_to_say
from openalliance.site.records.checkins.models import HardToSay, Visibility
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

LONGEST_TEXT = 4000
ABOUT = ("pace", "disagreement", "stopping", "not-safe", "something-else")


@transaction.atomic
def say(
    episode_id: UUID,
    *,
    session: Session | None,
    about: str,
    words: str,
    visibility: str,
    submission: UUID,
    by: Actor,
    now: datetime,
) -> HardToSay:
    """Keep what a client found hard to say. Saying it twice with one ``submission`` is once.

    Raises
    ------
    InputError
        Nothing was written, it is too long, or a choice is unknown.
    ConflictError
        The ``submission`` is another client's.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="own page")
    if not by.is_client:
        raise NotFoundError("no such page")
    said = HardToSay.objects.filter(submission=submission).select_related("episode").first()
    if said is not None and said.episode.client_id != by.id:
        raise ConflictError("this was sent already")
    if said is not None:
        return said
    words = words.strip()
    if not words:
        raise InputError("write a few words first", where="words")
    if len(words) > LONGEST_TEXT:
        raise InputError(f"please keep it under {LONGEST_TEXT} characters", where="words")
    if visibility not in Visibility.values:
        raise InputError("choose who may see this", where="visibility")
    if about not in ABOUT:
        raise InputError("choose what it is about", where="about")
    said = HardToSay.objects.create(
        practice_id=by.practice_id,
        episode=episode,
        session=session,
        at=now,
        about=about,
        words=words,
        visibility=visibility,
        shown_at=now if visibility == Visibility.NOW else None,
        submission=submission,
    )
    log(Action.SENT, "hard to say", said.pk, by=by, now=now, client_id=by.id)
    return said


@transaction.atomic
def change_visibility(hard_id: UUID, visibility: str, *, by: Actor, now: datetime) -> HardToSay:
    """Let the therapist see it now, later, or no more.

    Raises
    ------
    InputError
        The choice is unknown.
    """
    if visibility not in Visibility.values:
        raise InputError("choose who may see this", where="visibility")
    said = own_hard_to_say(by, hard_id)
    said.visibility = visibility
    said.shown_at = (said.shown_at or now) if visibility == Visibility.NOW else None
    said.save(update_fields=["visibility", "shown_at"])
    log(Action.CHANGED, "hard to say", said.pk, by=by, now=now, client_id=by.id)
    return said


@transaction.atomic
def withdraw(hard_id: UUID, *, by: Actor, now: datetime) -> HardToSay:
    """Take it back: nobody sees it any more. That it was read before stays in the log."""
    said = own_hard_to_say(by, hard_id)
    said.withdrawn_at = now
    said.save(update_fields=["withdrawn_at"])
    log(Action.WITHDREW, "hard to say", said.pk, by=by, now=now, client_id=by.id)
    return said
