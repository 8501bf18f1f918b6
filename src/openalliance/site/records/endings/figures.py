"""What became of clients after their endings, as numbers: of one, and of all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from openalliance.core.course.after import Departed, Rule, months_between, rule_of
from openalliance.core.course.leaving import Left, leaving_of
from openalliance.core.course.lifeline import Stretch
from openalliance.core.instruments import Moment, Rater
from openalliance.site.records.care.access import visible_episodes
from openalliance.site.records.care.models import Ending, Episode
from openalliance.site.records.checkins.convert import OWN_OUTCOME, working_settings
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.endings.access import reason_in
from openalliance.site.records.endings.models import EndingReview
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

FOLLOW_UP = ("oa-follow-up", "life")
_STILL_OF_IT = timedelta(days=1)
"""A last check-in that was sent on the day after the end was of it."""

Points = tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingFigures:
    """All endings of a practice, without anybody's name."""

    departed: tuple[Departed, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEpisode:
    """One episode of a client's life line with what the page says of it."""

    episode: Episode
    stretch: Stretch


def rule() -> Rule:
    """Return how check-ins and follow-ups are read: they share their scale."""
    return rule_of(working_settings(*OWN_OUTCOME).outcome)


def practice_endings(by: Actor, *, now: datetime) -> EndingFigures:
    """Return the endings of a practice, one for each client: their latest.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    require(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
    log(Action.READ, "scoreboard", by.practice_id, by=by, now=now, client_id=None)
    episodes = Episode.objects.filter(
        practice_id=by.practice_id,
        ended_at__isnull=False,
        ending__in=(Ending.PLANNED, Ending.UNPLANNED),
        client__erased_at=None,
    ).order_by("ended_at")
    latest = {one.client_id: one for one in episodes}
    scores = _points(Score.objects.filter(episode__in=latest.values()))
    departed = (departed_of(one, scores, now=now) for one in latest.values())
    return EndingFigures(
        departed=tuple(one for one in departed if one is not None),
        left=_left(by.practice_id, list(latest.values())),
    )


def departed_in(episode: Episode, *, now: datetime) -> Departed | None:
    """Return one client after the ending of an episode that the actor was let see."""
    return departed_of(episode, _points(Score.objects.filter(episode=episode)), now=now)


def departed_of(
    episode: Episode, scores: Mapping[tuple[UUID, bool], Points], *, now: datetime
) -> Departed | None:
    """Return one client after their ending; nothing without an ending or a score at it."""
    if episode.ended_at is None:
        return None
    ended = episode.ended_at
    before = [
        value for at, value in scores.get((episode.pk, False), ()) if at <= ended + _STILL_OF_IT
    ]
    if not before:
        return None
    after = scores.get((episode.pk, True), ())
    return Departed(
        months_since=months_between(ended, now),
        ending=before[-1],
        answers=tuple((months_between(ended, at), value) for at, value in after),
    )


def life_of(by: Actor, client_id: UUID) -> Sequence[LifeEpisode]:
    """Return every episode of a client that the actor may see, the first one first."""
    episodes = list(visible_episodes(by).filter(client_id=client_id).order_by("started_at"))
    if not by.is_client:
        episodes = [one for one in episodes if one.therapist_id == by.id]
    scores = _points(Score.objects.filter(episode__in=episodes))
    return tuple(
        LifeEpisode(
            episode=one,
            stretch=Stretch(
                began=one.started_at,
                ended=one.ended_at,
                scores=scores.get((one.pk, False), ()),
                after=scores.get((one.pk, True), ()),
            ),
        )
        for one in episodes
    )


def _points(rows: QuerySet[Score]) -> Mapping[tuple[UUID, bool], Points]:
    """Return the scores on life in order of time, by episode and whether a follow-up."""
    found: dict[tuple[UUID, bool], list[tuple[datetime, float]]] = {}
    for key, of_follow_up in ((OWN_OUTCOME, False), (FOLLOW_UP, True)):
        kept = rows.filter(
            instrument=key[0], scale=key[1], rater=Rater.CLIENT, value__isnull=False
        ).exclude(session__removed_at__isnull=False)
        for episode_id, at, value in kept.order_by("at").values_list("episode_id", "at", "value"):
            found.setdefault((episode_id, of_follow_up), []).append((at, value or 0.0))
    return {key: tuple(points) for key, points in found.items()}


def _left(practice_id: UUID, episodes: Sequence[Episode]) -> tuple[Left, ...]:
    feels = dict(
        EndingReview.objects.filter(
            practice_id=practice_id, by_side="client", feels__isnull=False
        ).values_list("episode_id", "feels")
    )
    reasons = {
        form.episode_id: reason_in(form)
        for form in AskedForm.objects.filter(
            practice_id=practice_id, moment=Moment.EXIT, submitted_at__isnull=False
        ).select_related("episode")
    }
    return tuple(
        Left(
            client=str(one.client_id),
            planned=one.ending == Ending.PLANNED,
            leaving=leaving_of(feels=feels.get(one.pk), reason=reasons.get(one.pk)),
        )
        for one in episodes
    )
