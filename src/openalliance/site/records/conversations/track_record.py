"""How often signals were so: for the therapist beside a signal, for the practice as a whole.

Figures only, of many clients together: no name, no code, nothing of one person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from openalliance.core.course.claims import (
    Answer,
    Claim,
    Precision,
    Raised,
    by_claim,
    claim_of,
    precision,
    told_to,
)
from openalliance.core.course.endings import Ended, Followed, followed
from openalliance.core.course.parts import Observation
from openalliance.core.course.phases import modality_at, modality_of_all
from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import Ending, Episode
from openalliance.site.records.care.phases import Stretches, stretches_in
from openalliance.site.records.checkins.convert import settings_of
from openalliance.site.records.checkins.models import Score, Signal
from openalliance.site.records.conversations.models import ConversationStep
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

OWN_ALLIANCE = ("oa-check-out-client", "alliance")
"""The scale by which clients' ratings are set side by side: one measure, so that they compare."""

EARLY_SESSIONS = 4
"""Signals up to this session count as early."""

_ENDED = {Ending.PLANNED: Ended.PLANNED, Ending.UNPLANNED: Ended.UNPLANNED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeRecord:
    """All signals of a practice with what was answered, and how its episodes went on.

    ``ratings`` are the clients' ratings of the alliance, each with the modality of its day.
    """

    raised: tuple[Raised, ...]
    episodes: tuple[Followed, ...]
    ratings: tuple[Observation, ...] = ()


def precision_here(by: Actor) -> Mapping[Claim, Precision]:
    """Return how often each kind of signal was so in this practice, as far as it may be told.

    A therapist is not told where one's own share could be taken away and a single colleague's
    would be left.
    """
    answered = (
        ConversationStep.objects.filter(
            practice_id=by.practice_id, undone_at=None, signal__isnull=False
        )
        .exclude(answer="")
        .values_list(
            "signal__kind", "signal__method", "signal__talk_about", "answer",
            "episode__client_id", "episode__therapist_id",
        )
        .annotate(n=Count("pk"))
        .order_by()
    )  # fmt: skip
    found = [
        one
        for kind, method, talk_about, answer, client, therapist, n in answered
        for one in [
            Raised(
                claim=claim_of(kind, method=method, talk_about=talk_about),
                client=str(client),
                therapist=str(therapist),
                answer=Answer(answer),
            )
        ]
        * n
    ]
    told = {
        claim: of_claim
        for claim, of_claim in by_claim(found).items()
        if not by.has(Role.THERAPIST) or told_to(str(by.id), of_claim)
    }
    return {claim: precision(of_claim) for claim, of_claim in told.items()}


def practice_record(by: Actor, *, now: datetime) -> PracticeRecord:
    """Return what the scoreboard of a practice is made of.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    require(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
    log(Action.READ, "scoreboard", by.practice_id, by=by, now=now, client_id=None)
    signals = list(
        Signal.objects.filter(practice_id=by.practice_id)
        .order_by("at", "pk")
        .values(
            "pk", "kind", "method", "talk_about", "rater", "at", "session_number", "probability",
            "episode_id",
        )
    )  # fmt: skip
    episodes = {
        one.pk: one
        for one in Episode.objects.filter(practice_id=by.practice_id).select_related("client")
    }
    answers = dict(
        ConversationStep.objects.filter(
            practice_id=by.practice_id, undone_at=None, signal__isnull=False
        )
        .exclude(answer="")
        .values_list("signal_id", "answer")
    )
    worked = stretches_in(by.practice_id)
    raised = tuple(
        _raised(
            row,
            episodes[row["episode_id"]],
            answers.get(row["pk"]),
            modality_at(worked[row["episode_id"]], row["at"]),
        )
        for row in signals
    )
    return PracticeRecord(
        raised=raised,
        episodes=followed_in(by, episodes.values(), signals, worked),
        ratings=tuple(
            Observation(
                part=modality_at(worked[row.episode_id], row.at),
                client=row.client,
                therapist=row.therapist,
                value=row.value,
            )
            for row in alliance_ratings(by)
        ),
    )


def _raised(row: Mapping[str, Any], episode: Episode, answer: str | None, modality: str) -> Raised:
    early = row["session_number"] is not None and row["session_number"] <= EARLY_SESSIONS
    return Raised(
        claim=claim_of(row["kind"], method=row["method"], talk_about=row["talk_about"]),
        client=str(episode.client_id),
        therapist=str(episode.therapist_id),
        answer=Answer(answer) if answer else None,
        probability=row["probability"],
        groups={
            "modality": modality,
            "language": episode.client.language,
            "measure": episode.outcome_instrument,
            "phase": "early" if early else "later",
        },
    )


def followed_in(
    by: Actor,
    episodes: Iterable[Episode],
    signals: Sequence[Mapping[str, Any]],
    worked: Mapping[UUID, Stretches],
) -> tuple[Followed, ...]:
    """Return how episodes of the actor's practice went on after these signals, in their order."""
    times: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    for row in signals:
        if row["rater"] in {"", Rater.CLIENT}:
            times[row["episode_id"], row["kind"]].append(row["at"])
    scores = _scores(by)
    known = settings_of(by.practice_id)
    return tuple(
        followed(
            client=str(one.client_id),
            therapist=str(one.therapist_id),
            ended=_ENDED.get(Ending(one.ending), Ended.RUNNING) if one.ending else Ended.RUNNING,
            outcome=scores[one.pk, one.outcome_instrument, one.outcome_scale],
            off_track_at=times[one.pk, "off-track"],
            ruptures_at=times[one.pk, "rupture"],
            repairs_at=times[one.pk, "repair"],
            settings=known(one.outcome_instrument, one.outcome_scale),
            modality=modality_of_all(worked[one.pk], one.ended_at) if one.pk in worked else "",
        )
        for one in episodes
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One rating of the alliance by a client; keys of people are never shown."""

    episode_id: UUID
    client: str
    therapist: str
    at: datetime
    value: float


def alliance_ratings(by: Actor) -> Iterator[Rating]:
    """Yield the clients' ratings of the alliance in our own form, as far as they are unsealed."""
    unsealed = Q(form=None) | Q(form__unsealed_at__isnull=False)
    key, scale = OWN_ALLIANCE
    rows = (
        Score.objects.filter(
            unsealed,
            practice_id=by.practice_id,
            rater=Rater.CLIENT,
            instrument=key,
            scale=scale,
            value__isnull=False,
        )
        .exclude(session__removed_at__isnull=False)
        .values_list("episode_id", "episode__client_id", "episode__therapist_id", "at", "value")
    )
    for episode_id, client, therapist, at, value in rows.iterator():
        yield Rating(
            episode_id=episode_id, client=str(client), therapist=str(therapist), at=at,
            value=float(value or 0.0),
        )  # fmt: skip


def _scores(by: Actor) -> Mapping[tuple[UUID, str, str], list[tuple[datetime, float]]]:
    found: dict[tuple[UUID, str, str], list[tuple[datetime, float]]] = defaultdict(list)
    rows = (
        Score.objects.filter(practice_id=by.practice_id, rater=Rater.CLIENT, value__isnull=False)
        .exclude(form__moment="check-out")
        .exclude(session__removed_at__isnull=False)
        .values_list("episode_id", "instrument", "scale", "at", "value")
    )
    for episode_id, instrument, scale, at, value in rows.iterator():
        found[episode_id, instrument, scale].append((at, float(value or 0.0)))
    return found
