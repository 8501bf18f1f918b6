"""Plans of the demonstration: proposed, agreed, declined, replaced; and how goals were rated."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from openalliance.core.instruments import Rater
from openalliance.core.plan import Goal, Pace, Plan, Strategy
from openalliance.site.config.demonstration import ways, words
from openalliance.site.config.demonstration.cast import Part, Role
from openalliance.site.config.demonstration.episodes import Told
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import Session
from openalliance.site.records.plans.convert import content_of
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanStatus, PlanVersion
from openalliance.site.records.trust.services import Action

_RATED_EVERY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is needed to make up how two people worked on a plan."""

    told: Told
    language: str
    role: Role | None
    chance: random.Random
    now: datetime

    def said(self, choices: Mapping[str, tuple[str, ...]]) -> str:
        """Return one of the things that people say, in the client's language."""
        return self.chance.choice(choices[self.language])


def agree_on(talk: Talk, rows: Rows) -> None:
    """Add the plan versions and goal ratings of an episode."""
    past = talk.told.past
    if len(past) < 2:
        return
    # Chance of its own, so that what is added here changes nothing else of the made-up lives.
    finer = random.Random(f"plan of {talk.told.episode.client.name}")  # noqa: S311 - made up  # nosec B311
    first = ways.enriched(_first_plan(talk), talk.language, finer)
    versions = [_version(talk, first, 1, past[1].starts_at, Rater.THERAPIST)]
    _agreed(talk, versions[0])
    if len(past) >= 6 and talk.chance.random() < 0.6:
        versions.append(_revised(talk, versions[0], first, past[5]))
    if _open_proposal(talk):
        at = talk.now - timedelta(hours=talk.chance.randint(5, 60))
        rater = Rater.THERAPIST if talk.role else Rater.CLIENT
        slower = replace(first, pace=replace(first.pace, sessions_every_weeks=2))
        at = max(at, (versions[-1].answered_at or at) + timedelta(hours=1))
        if at < talk.now:
            versions.append(_version(talk, slower, len(versions) + 1, at, rater))
    _log(versions, talk, rows)
    _rate(talk, first, versions[0], rows)
    _look_again(talk, first, versions[0], finer, rows)
    _talk_over(versions[-1], talk, finer, rows)


def _first_plan(talk: Talk) -> Plan:
    chosen = talk.chance.sample(words.GOALS[talk.language], k=talk.chance.choice((1, 2, 2, 3)))
    goals, strategies = [], []
    for goal_words, done_for_it in chosen:
        goal = Goal(id=_id(talk.chance), words=goal_words)
        goals.append(goal)
        strategies += [
            Strategy(id=_id(talk.chance), words=way, goal_id=goal.id) for way in done_for_it
        ]
    pace = Pace(words=talk.said(words.PACE))
    return Plan(goals=tuple(goals), strategies=tuple(strategies), pace=pace)


def _revised(talk: Talk, before: PlanVersion, plan: Plan, session: Session) -> PlanVersion:
    """Return a second proposal: one more goal, or a slower pace, agreed or not."""
    if talk.chance.random() < 0.6:
        known = {goal.words for goal in plan.goals}
        unused = [pair for pair in words.GOALS[talk.language] if pair[0] not in known]
        goal_words, _ways = talk.chance.choice(unused)
        changed = replace(plan, goals=(*plan.goals, Goal(id=_id(talk.chance), words=goal_words)))
        version = _version(talk, changed, 2, session.starts_at, Rater.CLIENT)
        _agreed(talk, version)
        if version.status == PlanStatus.AGREED:
            before.status = PlanStatus.REPLACED
        return version
    slower = replace(plan, pace=replace(plan.pace, sessions_every_weeks=2))
    version = _version(talk, slower, 2, session.starts_at, Rater.THERAPIST)
    version.status, version.answered_at = PlanStatus.DECLINED, _soon(talk, version.proposed_at)
    version.answer_note = talk.said(words.DECLINE_NOTES)
    return version


def _open_proposal(talk: Talk) -> bool:
    if talk.told.episode.ended_at is not None:
        return False
    if talk.role is not None:
        return talk.role.part is Part.SPANISH
    return talk.chance.random() < 0.12


def _version(talk: Talk, plan: Plan, number: int, at: datetime, rater: Rater) -> PlanVersion:
    episode = talk.told.episode
    return PlanVersion(
        practice_id=episode.practice_id,
        episode=episode,
        number=number,
        content=content_of(plan),
        note=talk.said(words.PROPOSAL_NOTES) if rater is Rater.THERAPIST else "",
        status=PlanStatus.PROPOSED,
        proposed_by=rater,
        proposed_at=at + timedelta(minutes=45),
    )


def _agreed(talk: Talk, version: PlanVersion) -> None:
    version.status = PlanStatus.AGREED
    version.answered_at = _soon(talk, version.proposed_at)
    version.answer_note = talk.said(words.ANSWER_NOTES)
    # Answered within the session: they did it at one screen.
    version.together = version.answered_at - version.proposed_at < timedelta(minutes=15)


def _soon(talk: Talk, at: datetime) -> datetime:
    latest = talk.now - timedelta(minutes=1)
    return min(at + timedelta(hours=talk.chance.choice((0, 3, 20, 50)), minutes=9), latest)


def _log(versions: list[PlanVersion], talk: Talk, rows: Rows) -> None:
    episode = talk.told.episode
    other = {Rater.CLIENT: Rater.THERAPIST, Rater.THERAPIST: Rater.CLIENT}
    for version in versions:
        rows.add(version)
        rows.note(
            Action.ADDED, "plan", version.pk, episode,
            rater=version.proposed_by, at=version.proposed_at,
        )  # fmt: skip
        if version.answered_at is not None:
            subject = "plan together" if version.together else "plan"
            rows.note(
                Action.CHANGED, subject, version.pk, episode,
                rater=other[Rater(version.proposed_by)], at=version.answered_at,
            )  # fmt: skip


def _rate(talk: Talk, plan: Plan, version: PlanVersion, rows: Rows) -> None:
    episode = talk.told.episode
    start = talk.chance.randint(1, 4)
    for count, session in enumerate(talk.told.past[2::_RATED_EVERY]):
        at = session.starts_at + timedelta(minutes=40)
        if version.answered_at is None or at < version.answered_at or at > talk.now:
            continue
        for goal in plan.goals:
            for rater in (Rater.CLIENT, Rater.THERAPIST):
                if talk.chance.random() < 0.15:
                    continue
                value = start + count + talk.chance.choice((-1, 0, 0, 1))
                rating = PlanRating(
                    practice_id=episode.practice_id,
                    episode=episode,
                    session=session,
                    part=goal.id,
                    rater=rater,
                    value=min(10, max(0, value)),
                    at=at,
                )
                rows.add(rating)
                rows.note(Action.ADDED, "plan rating", rating.pk, episode, rater=rater, at=at)


def _look_again(
    talk: Talk, plan: Plan, version: PlanVersion, chance: random.Random, rows: Rows
) -> None:
    """Add the reviews of the plan: some practices do it, every few sessions."""
    episode = talk.told.episode
    if version.answered_at is None or chance.random() < 0.35:
        return
    times = [one.starts_at + timedelta(minutes=50) for one in talk.told.past[3::5]]
    times = [at for at in times if version.answered_at < at < talk.now]
    for aspect, part, rater, value, at in ways.looks(plan, times, chance):
        rating = PlanRating(
            practice_id=episode.practice_id, episode=episode, aspect=aspect, part=part,
            rater=rater, value=value, at=at,
        )  # fmt: skip
        rows.add(rating)
        rows.note(Action.ADDED, "plan rating", rating.pk, episode, rater=rater, at=at)


def _talk_over(version: PlanVersion, talk: Talk, chance: random.Random, rows: Rows) -> None:
    """Let the other side say something about an open proposal first."""
    if version.status != PlanStatus.PROPOSED or chance.random() < 0.3:
        return
    side = Rater.CLIENT if version.proposed_by == Rater.THERAPIST else Rater.THERAPIST
    at = min(version.proposed_at + timedelta(hours=2), talk.now - timedelta(minutes=5))
    made = PlanComment(
        practice_id=version.practice_id, episode=talk.told.episode, version=version,
        by_side=side, words=chance.choice(words.REMARKS[talk.language]), at=at,
    )  # fmt: skip
    rows.add(made)
    rows.note(Action.ADDED, "plan", made.pk, talk.told.episode, rater=side, at=at)


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
