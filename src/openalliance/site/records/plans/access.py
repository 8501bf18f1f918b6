"""Reading the plan of an episode: what holds, what is proposed, how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from openalliance.core.errors import NotFoundError
from openalliance.core.plan import Aspect, Standing, standing_of
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Episode, SessionStatus
from openalliance.site.records.plans.convert import plan_of, rating_of
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanStatus, PlanVersion
from openalliance.site.records.trust.actors import Actor, ActorKind, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOnTable:
    """The agreed plan, the open proposal, and the history (newest first)."""

    agreed: PlanVersion | None
    proposed: PlanVersion | None
    history: tuple[PlanVersion, ...]


def plan_of_episode(episode: Episode) -> PlanOnTable:
    """Return the plan of an episode that `care.access.episode_for` let the actor see."""
    history = tuple(PlanVersion.objects.filter(episode=episode).order_by("-number"))
    by_status = {version.status: version for version in reversed(history)}
    return PlanOnTable(
        agreed=by_status.get(PlanStatus.AGREED),
        proposed=by_status.get(PlanStatus.PROPOSED),
        history=history,
    )


def client_beside_plan(by: Actor, version_id: UUID) -> Actor:
    """Return the client who answers a proposal on their therapist's device, beside them.

    Raises
    ------
    NotFoundError
        There is no such version, or the actor does not conduct the episode.
    """
    version = (
        PlanVersion.objects.filter(
            pk=version_id, practice_id=by.practice_id, episode__therapist_id=by.id
        )
        .select_related("episode")
        .first()
    )
    if version is None or not by.has(Role.THERAPIST):
        raise NotFoundError("no such proposal")
    return Actor(
        kind=ActorKind.CLIENT, id=version.episode.client_id, practice_id=version.practice_id
    )


def plan_version_for(by: Actor, version_id: UUID, *, now: datetime) -> PlanVersion:
    """Return one version of the plan of an episode the actor conducts or is the client of.

    Raises
    ------
    NotFoundError
        There is none, or it is not the actor's.
    """
    version = PlanVersion.objects.filter(pk=version_id, practice_id=by.practice_id).first()
    if version is None:
        raise NotFoundError("no such proposal")
    version.episode = own_episode_for(by, version.episode_id, now=now, reading="plan together")
    return version


def ratings_of(episode: Episode) -> Sequence[PlanRating]:
    """Return all ratings of the plan of an episode in order of time."""
    return tuple(
        PlanRating.objects.filter(episode=episode).select_related("session").order_by("at")
    )


def progress_of(episode: Episode) -> Sequence[PlanRating]:
    """Return how far goals were felt to be reached, in order of time."""
    return tuple(one for one in ratings_of(episode) if one.aspect == Aspect.PROGRESS)


def standing_of_episode(episode: Episode) -> Standing | None:
    """Return how both sides find the agreed plan now; nothing while there is none."""
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        return None
    return standing_of(plan_of(agreed), map(rating_of, ratings_of(episode)))


def comments_on(version: PlanVersion) -> Sequence[PlanComment]:
    """Return what both sides remarked on a version that `plan_of_episode` gave, oldest first."""
    return tuple(version.comments.order_by("at"))


def sessions_since_review(episode: Episode, *, by_side: str) -> int:
    """Return how many sessions took place since one side last rated the plan in full.

    A plan that was just agreed counts as looked at.
    """
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        return 0
    latest = PlanRating.objects.filter(
        episode=episode, rater=by_side, aspect=Aspect.AGREEMENT
    ).aggregate(latest=Max("at"))["latest"]
    since = max(one for one in (latest, agreed.answered_at or agreed.proposed_at) if one)
    return int(
        episode.sessions.filter(
            status=SessionStatus.ATTENDED, removed_at=None, starts_at__gt=since
        ).count()
    )
