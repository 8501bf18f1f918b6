"""A practice's sessions as columns for one question: whether alliance and outcome go together.

Scores, numbers of sessions and ways of working; ids are replaced before anything is computed, so
that what is remembered between two requests holds nobody's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import Q

from openalliance.core.course.phases import SEVERAL, modality_of_all
from openalliance.core.evidence.own.clients import SessionRow
from openalliance.core.evidence.own.pooling import prior_of
from openalliance.core.evidence.own.questions import Here, here
from openalliance.core.evidence.published import Finding, finding
from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import Episode, Modality
from openalliance.site.records.care.phases import stretches_in
from openalliance.site.records.checkins.convert import ALLIANCE_SCALE, CHECK_OUT_FORMS, OWN_OUTCOME
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

_OUTCOME, _ALLIANCE, _THEIRS = range(3)


def used_finding() -> Finding:
    """Return the published relation that a practice's own is taken together with."""
    return finding("alliance-outcome-2018")


def known_here(by: Actor, *, now: datetime) -> Here:
    """Return what the practice's own sessions say, small groups hidden, nobody in particular.

    A therapist is told nothing that would leave one colleague's figures; a client is one of many.

    Raises
    ------
    RefusedError
        A member of staff with none of the roles.
    """
    if not by.is_client:
        require(by, Role.THERAPIST, Role.SUPERVISOR, Role.ADMINISTRATOR)
    log(Action.READ, "scoreboard", by.practice_id, by=by, now=now, client_id=None)
    rows = _rows(by.practice_id)
    therapists = _numbered(row.therapist for row in rows)
    clients = _numbered(row.client for row in rows)
    nameless = tuple(
        replace(row, client=clients[row.client], therapist=therapists[row.therapist])
        for row in rows
    )
    asked_by = ""
    if by.has(Role.THERAPIST):
        asked_by = therapists.get(str(by.id), "somebody else")
    return _computed(nameless, asked_by)


@lru_cache(maxsize=16)
def _computed(rows: tuple[SessionRow, ...], asked_by: str) -> Here:
    """Answer the questions, once for the same sessions."""
    return here(rows, prior_of(used_finding()), asked_by=asked_by)


def _rows(practice_id: UUID) -> tuple[SessionRow, ...]:
    """Return the sessions of every client's newest therapy, as far as they are unsealed."""
    newest = {
        one.client_id: one
        for one in Episode.objects.filter(practice_id=practice_id, client__erased_at=None).order_by(
            "started_at", "pk"
        )
    }
    of = {one.pk: one for one in newest.values()}
    worked = stretches_in(practice_id, named=False)
    ways = {
        key: _way(modality_of_all(worked[key], one.ended_at) if key in worked else one.modality)
        for key, one in of.items()
    }
    held: dict[tuple[UUID, int], list[float]] = {}
    columns = {
        (Rater.CLIENT, *OWN_OUTCOME): _OUTCOME,
        (Rater.CLIENT, CHECK_OUT_FORMS[Rater.CLIENT], ALLIANCE_SCALE): _ALLIANCE,
        (Rater.THERAPIST, CHECK_OUT_FORMS[Rater.THERAPIST], ALLIANCE_SCALE): _THEIRS,
    }
    for (rater, instrument, scale), place in columns.items():
        scores = (
            Score.objects.filter(
                Q(form=None) | ~Q(form__moment="check-out") | Q(form__unsealed_at__isnull=False),
                practice_id=practice_id,
                rater=rater,
                instrument=instrument,
                scale=scale,
                value__isnull=False,
                session__removed_at=None,
                session__isnull=False,
            )
            .order_by("at", "pk")
            .values_list("episode_id", "session__number", "value")
        )
        for episode_id, number, value in scores.iterator():
            if episode_id in of and value is not None:
                held.setdefault((episode_id, number), [math.nan] * 3)[place] = value
    return tuple(
        _row(of[episode_id], number, values, ways)
        for (episode_id, number), values in sorted(held.items())
    )


def _way(modality: str) -> str:
    return modality if modality == SEVERAL else str(Modality(modality).label)


def _numbered(names: Iterable[str]) -> Mapping[str, str]:
    """Return a number for each name, by which it cannot be found again."""
    return {name: str(code) for code, name in enumerate(dict.fromkeys(names))}


def _row(
    episode: Episode, number: int, values: list[float], ways: Mapping[UUID, str]
) -> SessionRow:
    return SessionRow(
        client=str(episode.client_id),
        therapist=str(episode.therapist_id),
        modality=ways[episode.pk],
        session=number,
        outcome=values[_OUTCOME],
        alliance=values[_ALLIANCE],
        alliance_by_therapist=values[_THEIRS],
    )
