"""Reading the plan of an episode: what holds, what is proposed, how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans.models import GoalRating, PlanStatus, PlanVersion


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


def ratings_of(episode: Episode) -> Sequence[GoalRating]:
    """Return all goal ratings of an episode in order of time."""
    return tuple(
        GoalRating.objects.filter(episode=episode).select_related("session").order_by("at")
    )
