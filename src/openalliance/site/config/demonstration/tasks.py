"""Tasks of the demonstration: taken from the plan or made up in the room, and how they went."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from openalliance.core.course import SignalKind
from openalliance.core.course.adherence import Obstacle, Outcome
from openalliance.core.instruments import Rater
from openalliance.site.config.demonstration.plans import Talk
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import Ending, Session, SessionStatus
from openalliance.site.records.plans.models import PlanStatus, PlanVersion
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling
from openalliance.site.records.trust.services import Action

_WITH_TASKS = 0.65
_AT_LEAST = 3
_TOLD = 0.8
_BY_CLIENT = 0.7

OWN = {
    "en": (
        ("Write the letter to my brother, not to be sent", True),
        ("Walk along the river before work", False),
        ("Ring the housing office", True),
        ("One evening a week without news", False),
        ("Ask Mina for help with the forms", True),
        ("Eat something warm at lunch", False),
        ("Notice when my shoulders go up, and do nothing about it", False),
        ("Pray in the morning again, even if short", False),
    ),
    "es": (
        ("Pasear veinte minutos después de comer", False),
        ("Escribirle a mi hermana", True),
        ("Apagar el móvil a las once", False),
    ),
}
SAID = {
    "en": {
        Outcome.DONE: ("", "", "", "Felt good, I want to keep this.", "Easier than I thought."),
        Outcome.PARTLY: ("", "Twice, then the week got full.", "Only on the days I was alone."),
        Outcome.NOT: ("", "My aunt was in hospital.", "I sat there and could not begin.", ""),
        Outcome.CHANGED: (
            "Did it with my neighbour instead of alone.",
            "I spoke it into the phone instead of writing.",
            "In the evening, mornings are impossible with the little one.",
        ),
    },
    "es": {
        Outcome.DONE: ("", "Me sentó bien."),
        Outcome.PARTLY: ("", "Solo el fin de semana."),
        Outcome.NOT: ("", "Los niños estuvieron enfermos."),
        Outcome.CHANGED: ("Fui con una amiga, y así pude.",),
    },
}


def try_out(talk: Talk, rows: Rows) -> None:
    """Add what an episode's two people tried between sessions."""
    # Chance of its own, so that what is added here changes nothing else of the made-up lives.
    chance = random.Random(f"tasks of {talk.told.episode.client.name}")  # noqa: S311 - made up  # nosec B311
    past = talk.told.past
    if len(past) < _AT_LEAST or (talk.role is None and chance.random() > _WITH_TASKS):
        return
    for number, task in enumerate(_tasks(talk, chance, rows)):
        rows.add(task)
        _note(Action.ADDED, task, task.proposed_by, task.proposed_at, rows)
        if task.answered_at is not None and not task.together:
            other = Rater.THERAPIST if task.proposed_by == Rater.CLIENT else Rater.CLIENT
            _note(Action.CHANGED, task, other, task.answered_at, rows)
        if task.status in {TaskStatus.AGREED, TaskStatus.LET_GO}:
            _tell(talk, task, number, chance, rows)


def _tasks(talk: Talk, chance: random.Random, rows: Rows) -> Iterator[Task]:
    past = talk.told.past
    begin = past[min(2, len(past) - 2)]
    for strategy in _strategies(talk, rows)[:2]:
        yield _task(talk, strategy["words"], begin, strategy=strategy["id"])
    own, once = chance.choice(OWN[talk.language])
    middle = past[len(past) // 2]
    task = _task(talk, own, middle, once=once)
    if len(past) > 8 and chance.random() < 0.4 and not once:
        task.status, task.ended_at = TaskStatus.LET_GO, _end_of(past[-3])
    yield task
    if talk.told.episode.ended_at is None and talk.role is None and chance.random() < 0.2:
        other, once = chance.choice([one for one in OWN[talk.language] if one[0] != own])
        waiting = _task(talk, other, past[-1], once=once)
        waiting.status, waiting.answered_at, waiting.together = TaskStatus.PROPOSED, None, False
        waiting.proposed_by = chance.choice((Rater.CLIENT, Rater.THERAPIST))
        waiting.proposed_at = min(
            past[-1].starts_at + timedelta(hours=chance.randint(3, 60)),
            talk.now - timedelta(minutes=8),
        )
        yield waiting


def _task(
    talk: Talk, words: str, session: Session, *, strategy: str = "", once: bool = False
) -> Task:
    at = min(session.starts_at + timedelta(minutes=44), talk.now - timedelta(minutes=2))
    return Task(
        practice_id=talk.told.episode.practice_id, episode=talk.told.episode, strategy=strategy,
        words=words, once=once, status=TaskStatus.AGREED, together=True,
        proposed_by=Rater.THERAPIST, proposed_at=at, answered_at=at,
    )  # fmt: skip


def _strategies(talk: Talk, rows: Rows) -> list[dict[str, str]]:
    for version in reversed(rows.by_model[PlanVersion]):
        if version.episode is talk.told.episode and version.status in {
            PlanStatus.AGREED, PlanStatus.REPLACED,
        }:  # fmt: skip
            found: list[dict[str, str]] = version.content["strategies"]
            return found
    return []


def _tell(talk: Talk, task: Task, number: int, chance: random.Random, rows: Rows) -> None:
    agreed = task.answered_at or task.proposed_at
    later = [
        one
        for one in talk.told.past
        if one.starts_at > agreed and (task.ended_at is None or one.starts_at <= task.ended_at)
    ]
    leaning = chance.uniform(0.55, 0.95) - 0.1 * number
    strained = _is_strained(talk)
    fading = talk.told.episode.ending == Ending.UNPLANNED or chance.random() < 0.15
    for place, session in enumerate(later):
        if chance.random() > _TOLD and not strained:
            continue
        lost = 0.0 if place < len(later) - 3 else 1.0 if strained else 0.5 if fading else 0.0
        outcome = _outcome(leaning - lost, chance)
        by_client = chance.random() < _BY_CLIENT
        before = session.starts_at - timedelta(hours=chance.randint(1, 40))
        at = max(before, agreed + timedelta(hours=1)) if by_client else session.starts_at
        told_at = at if by_client else _end_of(session) - timedelta(minutes=chance.randint(5, 40))
        if told_at > talk.now:
            continue
        made = TaskTelling(
            practice_id=task.practice_id, episode=task.episode, task=task, outcome=outcome,
            obstacles=_obstacles(outcome, chance), at=at, told_at=told_at,
            words=chance.choice(SAID[talk.language][outcome]) if chance.random() < 0.5 else "",
            told_by=Rater.CLIENT if by_client else Rater.THERAPIST,
        )  # fmt: skip
        rows.add(made)
        _note(Action.ADDED, task, made.told_by, told_at, rows)
        if task.once and outcome in {Outcome.DONE, Outcome.CHANGED}:
            return


def _is_strained(talk: Talk) -> bool:
    """Whether something else is hard at present: a rupture, or appointments called off."""
    lately = talk.now - timedelta(weeks=8)
    gone = [one for one in talk.told.sessions if one.starts_at < talk.now][-4:]
    missed = sum(one.status in {SessionStatus.CANCELLED, SessionStatus.NO_SHOW} for one in gone)
    broke = [one.at for one in talk.told.signals if one.kind == SignalKind.RUPTURE]
    mended = [one.at for one in talk.told.signals if one.kind == SignalKind.REPAIR]
    open_now = any(at > lately and not any(one >= at for one in mended) for at in broke)
    return talk.told.episode.ended_at is None and (open_now or missed >= 2)


def _outcome(leaning: float, chance: random.Random) -> Outcome:
    drawn = chance.random()
    if drawn < leaning - 0.15:
        return Outcome.DONE
    if drawn < leaning - 0.05:
        return Outcome.CHANGED
    return Outcome.PARTLY if drawn < leaning + 0.15 else Outcome.NOT


def _obstacles(outcome: Outcome, chance: random.Random) -> list[str]:
    if outcome in {Outcome.DONE, Outcome.CHANGED} or chance.random() < 0.4:
        return []
    return [one.value for one in chance.sample(list(Obstacle), k=chance.choice((1, 1, 2)))]


def _end_of(session: Session) -> datetime:
    return session.starts_at + timedelta(minutes=session.minutes)


def _note(action: Action, task: Task, rater: str, at: datetime, rows: Rows) -> None:
    rows.note(action, "task", task.pk, task.episode, rater=rater, at=at)
