"""The part of a client's record about the work itself: appointments, plan, tasks, ruptures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.care.phases import phases_of
from openalliance.site.records.conversations.access import ruptures_of
from openalliance.site.records.plans.access import comments_on, plan_of_episode, ratings_of
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.tasks.access import every_task_of, tellings_of
from openalliance.site.records.trust.actors import Actor

Document = dict[str, Any]


def work_part(by: Actor, episode: Episode) -> Document:
    """Return what an episode's record says of the work, as far as the actor may see it."""
    return {
        "modality": episode.modality_label,
        "modality_kind": episode.modality,
        "phases": [
            {
                "modality": one.modality_label,
                "modality_kind": one.modality,
                "since": _at(one.since),
                "noted_at": _at(one.noted_at),
            }
            for one in phases_of(episode)
        ],
        "wording": episode.wording,
        "followed_by": {
            "instrument": episode.outcome_instrument,
            "scale": episode.outcome_scale,
        },
        "sessions": [_session(one) for one in sessions_of(episode)],
        "plan": _plan(reversed(plan_of_episode(episode).history)),
        "plan_ratings": [
            {
                "aspect": rating.aspect,
                "part": rating.part,
                "rater": rating.rater,
                "value": rating.value,
                "at": _at(rating.at),
                "session": rating.session.number if rating.session else None,
            }
            for rating in ratings_of(episode)
        ],
        "tasks": _tasks(episode),
        "ruptures": _ruptures(by, episode),
    }


def _session(session: Session) -> Document:
    return {
        "number": session.number,
        "starts_at": _at(session.starts_at),
        "minutes": session.minutes,
        "status": session.status,
        "cancelled_by": session.cancelled_by or None,
        "cancelled_at": _at(session.cancelled_at),
        "moved": [
            {"was_at": _at(one.was_at), "moved_at": _at(one.moved_at), "by": one.by_side}
            for one in sorted(session.moves.all(), key=lambda one: one.moved_at)
        ],
    }


def _plan(versions: Iterable[PlanVersion]) -> list[Document]:
    numbers: dict[object, int] = {}
    found = []
    for version in versions:
        numbers[version.pk] = version.number
        found.append(
            {
                "number": version.number,
                "status": version.status,
                "instead_of": numbers.get(version.answers_id),
                "proposed_by": version.proposed_by,
                "proposed_at": _at(version.proposed_at),
                "note": version.note,
                "answered_at": _at(version.answered_at),
                "answer_note": version.answer_note,
                "agreed_together": version.together,
                "content": version.content,
                "comments": [
                    {"by": one.by_side, "words": one.words, "at": _at(one.at)}
                    for one in comments_on(version)
                ],
            }
        )
    return found


def _tasks(episode: Episode) -> list[Document]:
    told = tellings_of(episode)
    return [
        {
            "words": task.words,
            "once": task.once,
            "strategy": task.strategy or None,
            "status": task.status,
            "proposed_by": task.proposed_by,
            "proposed_at": _at(task.proposed_at),
            "agreed_in_session": task.together,
            "answered_at": _at(task.answered_at),
            "ended_at": _at(task.ended_at),
            "told": [
                {
                    "outcome": one.outcome,
                    "obstacles": one.obstacles,
                    "words": one.words,
                    "by": one.told_by,
                    "at": _at(one.at),
                    "told_at": _at(one.told_at),
                }
                for one in told
                if one.task_id == task.pk
            ],
        }
        for task in every_task_of(episode)
    ]


def _ruptures(by: Actor, episode: Episode) -> list[Document]:
    standing, _taken_out = ruptures_of(by, episode)
    return [
        {
            "at": _at(one.record.at),
            "session": one.record.session.number if one.record.session else None,
            "marker": one.record.marker,
            "noticed_by": one.record.noticed_by,
            "words": one.record.words,
            "tried": one.record.tried,
            "tried_words": one.record.tried_words,
            "outcome": one.record.outcome,
            "outcome_words": one.record.outcome_words,
            "closed_at": _at(one.record.closed_at),
        }
        for one in standing
    ]


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
