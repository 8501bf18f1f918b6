"""Proposing, talking over, agreeing and rating the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.plan import Aspect, Plan, check_rating
from openalliance.site.records.care.access import own_episode_for, rater_of
from openalliance.site.records.care.models import Session
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import content_of, plan_of
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanStatus, PlanVersion
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

LONGEST_COMMENT = 1000


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
def agree(
    version_id: UUID, *, note: str = "", together: bool = False, by: Actor, now: datetime
) -> PlanVersion:
    """Say yes to the other side's proposal; it becomes the plan and replaces the one before.

    ``together`` is whether both sat before one screen; the log says so.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    """
    version = _answerable(version_id, by, now)
    PlanVersion.objects.filter(episode=version.episode, status=PlanStatus.AGREED).update(
        status=PlanStatus.REPLACED
    )
    return _answer(version, PlanStatus.AGREED, note, by, now, together=together)


@transaction.atomic
def decline(
    version_id: UUID, *, note: str = "", together: bool = False, by: Actor, now: datetime
) -> PlanVersion:
    """Say “not like this” to the other side's proposal; it stays in the history.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    """
    version = _answerable(version_id, by, now)
    return _answer(version, PlanStatus.DECLINED, note, by, now, together=together)


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
def counter(
    version_id: UUID, plan: Plan, *, note: str = "", by: Actor, now: datetime
) -> PlanVersion:
    """Answer the other side's proposal with another one; both stay in the history.

    Raises
    ------
    ConflictError
        It is no longer open, or it is the actor's own.
    InputError
        The answer is the same as the proposal, or as the plan that holds.
    """
    version = _answerable(version_id, by, now)
    if plan_of(version) == plan:
        raise InputError("this is the same as the proposal; you can agree to it", where="plan")
    _answer(version, PlanStatus.COUNTERED, "", by, now)
    made = propose(version.episode_id, plan, note=note, by=by, now=now)
    made.answers = version
    made.save(update_fields=["answers"])
    return made


@transaction.atomic
def comment(version_id: UUID, words: str, *, by: Actor, now: datetime) -> PlanComment:
    """Remark on an open proposal, one's own or the other side's.

    Raises
    ------
    InputError
        Nothing was said, or too much.
    ConflictError
        It is no longer open.
    """
    words = words.strip()
    if not words:
        raise InputError("say it in a few words", where="words")
    if len(words) > LONGEST_COMMENT:
        raise InputError(f"keep it under {LONGEST_COMMENT} letters", where="words")
    version = _open_version(version_id, by, now)
    made = PlanComment.objects.create(
        practice_id=by.practice_id,
        episode_id=version.episode_id,
        version=version,
        by_side=rater_of(by),
        words=words,
        at=now,
    )
    log(Action.ADDED, "plan", made.pk, by=by, now=now, client_id=version.episode.client_id)
    return made


def rate_goal(
    episode_id: UUID,
    goal_id: str,
    value: int,
    *,
    session: Session | None = None,
    by: Actor,
    now: datetime,
) -> PlanRating:
    """Keep how far one side feels a goal is reached, 0 to 10.

    Raises
    ------
    InputError
        The value is outside 0 to 10.
    NotFoundError
        The agreed plan has no such goal.
    """
    given = {(Aspect.PROGRESS, goal_id): value}
    (made,) = rate(episode_id, given, session=session, by=by, now=now)
    return made


@transaction.atomic
def rate(
    episode_id: UUID,
    given: Mapping[tuple[Aspect, str], int],
    *,
    session: Session | None = None,
    by: Actor,
    now: datetime,
) -> Sequence[PlanRating]:
    """Keep one side's ratings of parts of the agreed plan, all of them or none.

    Raises
    ------
    InputError
        A value is out of its range.
    NotFoundError
        The agreed plan has no such part.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="plan")
    agreed = plan_of_episode(episode).agreed
    plan = plan_of(agreed) if agreed else Plan()
    made = []
    for (aspect, part), value in given.items():
        try:
            check_rating(plan, aspect, part, value)
        except InputError as fault:
            if fault.where == "part":
                raise NotFoundError("no such part in the plan") from None
            raise
        row = PlanRating.objects.create(
            practice_id=by.practice_id, episode=episode, session=session, aspect=aspect,
            part=part, rater=rater_of(by), value=value, at=now,
        )  # fmt: skip
        log(Action.ADDED, "plan rating", row.pk, by=by, now=now, client_id=episode.client_id)
        made.append(row)
    return tuple(made)


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
    version: PlanVersion,
    status: PlanStatus,
    note: str,
    by: Actor,
    now: datetime,
    *,
    together: bool = False,
) -> PlanVersion:
    version.status, version.answered_at, version.answer_note = status, now, note
    version.together = together
    version.save(update_fields=["status", "answered_at", "answer_note", "together"])
    log(
        Action.CHANGED, "plan together" if together else "plan", version.pk, by=by, now=now,
        client_id=version.episode.client_id,
    )  # fmt: skip
    return version
