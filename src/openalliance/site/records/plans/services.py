"""Proposing, agreeing, declining and rating the plan."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.plan import Plan
from openalliance.site.records.care.access import own_episode_for, rater_of
from openalliance.site.records.care.models import Session
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import content_of, plan_of
from openalliance.site.records.plans.models import GoalRating, PlanStatus, PlanVersion
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log


@transaction.atomic
def propose(
    episode_id: UUID, plan: Plan, *, note: str = "", by: Actor, now: datetime
) -> PlanVersion:
    """Propose a plan to the other side.

    Raises
    ------
    ConflictError
        A proposal is already waiting for an answer.
    InputError
        The proposal changes nothing.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="plan")
    on_table = plan_of_episode(episode)
    if on_table.proposed is not None:
        raise ConflictError("another proposal is waiting for an answer")
    if on_table.agreed is not None and plan_of(on_table.agreed) == plan:
        raise InputError("this is the same as the plan you have", where="plan")
    version = PlanVersion.objects.create(
        practice_id=by.practice_id,
        episode=episode,
        number=len(on_table.history) + 1,
        content=content_of(plan),
        note=note,
        status=PlanStatus.PROPOSED,
        proposed_by=rater_of(by),
        proposed_at=now,
    )
    log(Action.ADDED, "plan", version.pk, by=by, now=now, client_id=episode.client_id)
    return version


@transaction.atomic
def agree(version_id: UUID, *, note: str = "", by: Actor, now: datetime) -> PlanVersion:
    """Say yes to the other side's proposal; it becomes the plan and replaces the one before.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    """
    version = _answerable(version_id, by, now)
    PlanVersion.objects.filter(episode=version.episode, status=PlanStatus.AGREED).update(
        status=PlanStatus.REPLACED
    )
    return _answer(version, PlanStatus.AGREED, note, by, now)


@transaction.atomic
def decline(version_id: UUID, *, note: str = "", by: Actor, now: datetime) -> PlanVersion:
    """Say “not like this” to the other side's proposal; it stays in the history.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    """
    return _answer(_answerable(version_id, by, now), PlanStatus.DECLINED, note, by, now)


@transaction.atomic
def take_back(version_id: UUID, *, by: Actor, now: datetime) -> PlanVersion:
    """Take back one's own open proposal.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the other side's.
    """
    version = _open_version(version_id, by, now)
    if version.proposed_by != rater_of(by):
        raise ConflictError("only the side that proposed can take a proposal back")
    return _answer(version, PlanStatus.WITHDRAWN, "", by, now)


@transaction.atomic
def rate_goal(
    episode_id: UUID,
    goal_id: str,
    value: int,
    *,
    session: Session | None = None,
    by: Actor,
    now: datetime,
) -> GoalRating:
    """Keep one side's rating of a goal, 0 to 10.

    Raises
    ------
    InputError
        The value is outside 0 to 10.
    NotFoundError
        The agreed plan has no such goal.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="plan")
    if not 0 <= value <= 10:
        raise InputError("choose a number from 0 to 10", where="rating")
    agreed = plan_of_episode(episode).agreed
    if agreed is None or goal_id not in {goal.id for goal in plan_of(agreed).goals}:
        raise NotFoundError("no such goal in the plan")
    rating = GoalRating.objects.create(
        practice_id=by.practice_id,
        episode=episode,
        session=session,
        goal_id=goal_id,
        rater=rater_of(by),
        value=value,
        at=now,
    )
    log(Action.ADDED, "goal rating", rating.pk, by=by, now=now, client_id=episode.client_id)
    return rating


def _open_version(version_id: UUID, by: Actor, now: datetime) -> PlanVersion:
    version = (
        PlanVersion.objects.select_for_update(of=("self",))
        .filter(pk=version_id, practice_id=by.practice_id)
        .first()
    )
    if version is None:
        raise NotFoundError("no such proposal")
    version.episode = own_episode_for(by, version.episode_id, now=now, reading="plan")
    if version.status != PlanStatus.PROPOSED:
        raise ConflictError("this proposal was already answered or taken back")
    return version


def _answerable(version_id: UUID, by: Actor, now: datetime) -> PlanVersion:
    version = _open_version(version_id, by, now)
    if version.proposed_by == rater_of(by):
        raise ConflictError("the other side answers this proposal")
    return version


def _answer(
    version: PlanVersion, status: PlanStatus, note: str, by: Actor, now: datetime
) -> PlanVersion:
    version.status, version.answered_at, version.answer_note = status, now, note
    version.save(update_fields=["status", "answered_at", "answer_note"])
    log(Action.CHANGED, "plan", version.pk, by=by, now=now, client_id=version.episode.client_id)
    return version
