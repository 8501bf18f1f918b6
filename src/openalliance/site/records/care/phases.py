"""How the work is done: the phases of an episode, and in whose manner its pages are worded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from openalliance.core.course import phases as core
from openalliance.core.errors import InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Episode, Modality, Phase, Wording
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

_ONE_DAY = timedelta(days=1)  # the day a therapy began begins before it
Stretches = tuple[core.Stretch, ...]


def require_modality(modality: str, name: str) -> None:
    """Refuse a modality that is unknown, or another one without a name.

    Raises
    ------
    InputError
        Which of the two, in ``where``.
    """
    if modality not in Modality.values:
        raise InputError("choose a modality", where="modality")
    if modality == Modality.OTHER and not name:
        raise InputError("name the modality", where="modality_name")


def first_phase(episode: Episode, *, now: datetime) -> Phase:
    """Return the unsaved first phase of an episode that begins."""
    return Phase(
        practice_id=episode.practice_id,
        episode=episode,
        number=1,
        modality=episode.modality,
        modality_name=episode.modality_name,
        since=episode.started_at,
        noted_at=now,
    )


@transaction.atomic
def begin_phase(
    episode_id: UUID,
    *,
    modality: str,
    modality_name: str = "",
    since: datetime | None = None,
    by: Actor,
    now: datetime,
) -> Phase:
    """Note another way of working, from now or from an earlier day on; what was noted stays.

    Raises
    ------
    InputError
        The modality is unknown or has no name, the day lies outside of the episode, or the work is
        done like this already.
    """
    require(by, Role.THERAPIST)
    name = modality_name.strip() if modality == Modality.OTHER else ""
    require_modality(modality, name)
    episode = own_episode_for(by, episode_id, now=now, reading="way of working")
    Episode.objects.select_for_update().get(pk=episode.pk)
    since = since or now
    latest = min(now, episode.ended_at or now)
    if since > latest or since + _ONE_DAY <= episode.started_at:
        raise InputError("choose a day of this therapy, up to today", where="since")
    since = max(since, episode.started_at)
    noted = phases_of(episode)
    made = Phase(
        practice_id=by.practice_id, episode=episode, number=len(noted) + 1, modality=modality,
        modality_name=name, since=since, noted_at=now,
    )  # fmt: skip
    if stretches_of([*noted, made]) == stretches_of(noted):
        raise InputError("you work like this already since that day", where="modality")
    made.save()
    episode.modality, episode.modality_name = modality, name
    episode.save(update_fields=["modality", "modality_name"])
    log(Action.ADDED, "way of working", made.pk, by=by, now=now, client_id=episode.client_id)
    return made


@transaction.atomic
def choose_wording(episode_id: UUID, wording: str, *, by: Actor, now: datetime) -> Episode:
    """Choose in whose manner the pages of an episode are worded.

    Raises
    ------
    InputError
        There is no such wording.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="way of working")
    if wording not in Wording.values:
        raise InputError("choose one of the wordings", where="wording")
    episode.wording = wording
    episode.save(update_fields=["wording"])
    log(Action.CHANGED, "way of working", episode.pk, by=by, now=now, client_id=episode.client_id)
    return episode


def phases_of(episode: Episode) -> Sequence[Phase]:
    """Return the phases of an episode the actor was let see, in the order they were noted."""
    return tuple(episode.phases.order_by("number"))


def stretches_of(phases: Iterable[Phase], *, named: bool = True) -> Stretches:
    """Return phases as the core tells them; without ``named`` by their kind alone."""
    return core.stretches(
        core.Phase(
            number=one.number,
            modality=one.modality_label if named else one.modality,
            since=one.since,
        )
        for one in phases
    )


def stretches_in(practice_id: UUID, *, named: bool = True) -> Mapping[UUID, Stretches]:
    """Return the stretches of every episode of a practice, by episode."""
    found: dict[UUID, list[Phase]] = defaultdict(list)
    for phase in Phase.objects.filter(practice_id=practice_id):
        found[phase.episode_id].append(phase)
    return {episode: stretches_of(rows, named=named) for episode, rows in found.items()}
