"""Recording ruptures: what was noticed, what was tried, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.course.repair import Marker, Noticed, Outcome, Tried
from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.conversations.models import RuptureRecord
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a therapist writes down about a rupture; only the marker and who noticed are needed."""

    marker: str
    noticed_by: str
    words: str = ""
    tried: tuple[str, ...] = ()
    tried_words: str = ""
    outcome: str = ""
    outcome_words: str = ""


@transaction.atomic
def note_rupture(
    episode_id: UUID,
    said: Said,
    *,
    session_id: UUID | None = None,
    signal_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> RuptureRecord:
    """Write a rupture down.

    Raises
    ------
    InputError
        Something is missing, unknown or too long; ``where`` names the field.
    NotFoundError
        The episode is not the actor's, or session or signal are none of it.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="rupture")
    _check(said)
    session = _session(episode, session_id)
    signal = _signal(episode, signal_id)
    made = RuptureRecord(
        practice_id=by.practice_id, episode=episode, session=session, signal=signal,
        at=session.starts_at if session else now, by_id=by.id,
    )  # fmt: skip
    return _kept(made, said, Action.ADDED, by=by, now=now)


@transaction.atomic
def change_rupture(record_id: UUID, said: Said, *, by: Actor, now: datetime) -> RuptureRecord:
    """Add what was tried or what became of it; errors as in `note_rupture`."""
    _check(said)
    return _kept(_own(record_id, by, now), said, Action.CHANGED, by=by, now=now)


@transaction.atomic
def remove_rupture(record_id: UUID, *, by: Actor, now: datetime) -> RuptureRecord:
    """Take a record out that was written by mistake; it can be put back."""
    return _marked(record_id, now, by=by, now=now)


@transaction.atomic
def restore_rupture(record_id: UUID, *, by: Actor, now: datetime) -> RuptureRecord:
    """Put a record back."""
    return _marked(record_id, None, by=by, now=now)


def _check(said: Said) -> None:
    if said.marker not in set(Marker):
        raise InputError("say how it showed itself", where="marker")
    if said.noticed_by not in set(Noticed):
        raise InputError("say who noticed it", where="noticed_by")
    if not set(said.tried) <= set(Tried):
        raise InputError("choose from the list", where="tried")
    if said.outcome and said.outcome not in set(Outcome):
        raise InputError("choose what became of it", where="outcome")
    for name in ("words", "tried_words", "outcome_words"):
        if len(getattr(said, name)) > LONGEST:
            raise InputError(f"keep it under {LONGEST} letters", where=name)


def _session(episode: Episode, pk: UUID | None) -> Session | None:
    if pk is None:
        return None
    found = Session.objects.filter(pk=pk, episode=episode, removed_at=None).first()
    if found is None:
        raise NotFoundError("no such session of this therapy")
    return found


def _signal(episode: Episode, pk: UUID | None) -> Signal | None:
    if pk is None:
        return None
    found = Signal.objects.filter(pk=pk, episode=episode).first()
    if found is None:
        raise NotFoundError("no such signal of this therapy")
    return found


def _own(record_id: UUID, by: Actor, now: datetime) -> RuptureRecord:
    require(by, Role.THERAPIST)
    found = (
        RuptureRecord.objects.select_for_update(of=("self",))
        .filter(pk=record_id, practice_id=by.practice_id)
        .first()
    )
    if found is None:
        raise NotFoundError("no such record")
    found.episode = own_episode_for(by, found.episode_id, now=now, reading="rupture")
    return found


def _kept(
    row: RuptureRecord, said: Said, action: Action, *, by: Actor, now: datetime
) -> RuptureRecord:
    row.marker, row.noticed_by = said.marker, said.noticed_by
    row.words, row.tried_words = said.words.strip(), said.tried_words.strip()
    row.tried = [one.value for one in Tried if one.value in said.tried]
    row.outcome, row.outcome_words = said.outcome, said.outcome_words.strip()
    row.closed_at = (row.closed_at or now) if said.outcome else None
    row.save()
    log(action, "rupture", row.pk, by=by, now=now, client_id=row.episode.client_id)
    return row


def _marked(
    record_id: UUID, removed_at: datetime | None, *, by: Actor, now: datetime
) -> RuptureRecord:
    row = _own(record_id, by, now)
    row.removed_at = removed_at
    row.save(update_fields=["removed_at"])
    log(Action.CHANGED, "rupture", row.pk, by=by, now=now, client_id=row.episode.client_id)
    return row
