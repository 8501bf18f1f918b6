"""The plan in words: goals with both sides' ratings, what is proposed, how it came about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from openalliance.core.plan import (
    Pace,
    Plan,
    PlanChange,
    PlanChangeKind,
    Standing,
    diff,
    review_is_due,
)
from openalliance.site.records.plans.access import (
    PlanOnTable,
    comments_on,
    plan_of_episode,
    progress_of,
    sessions_since_review,
    standing_of_episode,
)
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.screens.plan_fields import WayField, way_fields
from openalliance.site.screens.plan_review import PictureLine, picture
from openalliance.site.screens.therapist.words import day

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.plans.models import PlanRating, PlanVersion

_STATUS = {
    "proposed": "waits for an answer",
    "agreed": "agreed by both",
    "declined": "not agreed",
    "withdrawn": "taken back",
    "replaced": "agreed, since replaced",
    "countered": "answered with another proposal",
}
_TOGETHER = {
    "agreed": "agreed together, at one screen",
    "replaced": "agreed together, at one screen; since replaced",
    "declined": "not agreed, at one screen",
}
_PACE = {
    "pace.sessions_every_weeks": "Weeks between sessions",
    "pace.minutes": "Minutes of a session",
    "pace.words": "Pace",
    "pace.too_fast": "Too fast is when",
    "pace.too_slow": "Too slow is when",
    "levels": "Steps of a goal",
    "importance": "Importance of a goal",
    "preference": "Way of working",
    "goals": "Order of the goals",
    "strategies": "Order of what you do",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalCard:
    """One goal with the latest rating of each side and what is done for it."""

    id: str
    words: str
    client: int | None
    client_when: str
    therapist: int | None
    therapist_when: str
    strategies: tuple[str, ...]
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference between two versions, in words."""

    words: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCard:
    """One version of the plan: who proposed what, and what was answered."""

    id: UUID
    number: int
    who: str
    is_mine: bool
    when: str
    status: str
    status_words: str
    note: str
    answer_note: str
    answered: str
    differences: tuple[Difference, ...]
    goals: tuple[str, ...]
    strategies: tuple[str, ...]
    ways: tuple[str, ...]
    pace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """What holds, what is proposed, and the history, newest first."""

    goals: tuple[GoalCard, ...]
    general: tuple[str, ...]
    pace: str
    agreed_when: str
    ways: tuple[WayField, ...]
    picture: tuple[PictureLine, ...]
    attainment: tuple[tuple[str, str], ...]
    review_due: bool
    proposed: VersionCard | None
    remarks: tuple[tuple[str, str, str], ...]
    history: tuple[VersionCard, ...]


def goals_of(episode: Episode) -> tuple[tuple[GoalCard, ...], bool]:
    """Return the agreed goals, and whether a proposal of the client waits for an answer."""
    on_table = plan_of_episode(episode)
    waits = on_table.proposed is not None and on_table.proposed.proposed_by == "client"
    if on_table.agreed is None:
        return (), waits
    return _goal_cards(plan_of(on_table.agreed), progress_of(episode)), waits


def plan_page(episode: Episode) -> PlanPage:
    """Return the plan of an episode that `own_episode_for` let the actor see."""
    on_table = plan_of_episode(episode)
    agreed = on_table.agreed
    plan = plan_of(agreed) if agreed else None
    standing = standing_of_episode(episode)
    return PlanPage(
        goals=_goal_cards(plan, progress_of(episode)) if plan else (),
        general=tuple(one.words for one in plan.strategies if one.goal_id is None) if plan else (),
        pace=pace_words(plan.pace) if plan else "",
        agreed_when=day(agreed.answered_at) if agreed and agreed.answered_at else "",
        ways=tuple(one for one in way_fields(plan.preferences) if one.value) if plan else (),
        picture=picture(plan, standing) if plan and standing else (),
        attainment=_attainment(standing) if standing else (),
        review_due=review_is_due(sessions_since_review(episode, by_side="therapist")),
        proposed=_version(on_table.proposed, plan) if on_table.proposed else None,
        remarks=_remarks(on_table.proposed) if on_table.proposed else (),
        history=_history(on_table),
    )


def _attainment(standing: Standing) -> tuple[tuple[str, str], ...]:
    """Return the T score of goal attainment as each side sees it."""
    names = {"client": "Your client", "therapist": "You"}
    return tuple((names[rater], f"{score:.0f}") for rater, score in standing.attainment.items())


def _remarks(version: PlanVersion) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        ("Your client" if one.by_side == "client" else "You", day(one.at), one.words)
        for one in comments_on(version)
    )


def pace_words(pace: Pace) -> str:
    """Return the pace in a sentence."""
    every = "every week" if pace.sessions_every_weeks == 1 else (
        f"every {pace.sessions_every_weeks} weeks"
    )  # fmt: skip
    parts = (
        f"One session {every}, {pace.minutes} minutes.",
        pace.words,
        f"Too fast is when: {pace.too_fast}." if pace.too_fast else "",
        f"Too slow is when: {pace.too_slow}." if pace.too_slow else "",
    )
    return " ".join(part for part in parts if part)


def _history(on_table: PlanOnTable) -> tuple[VersionCard, ...]:
    """Return all answered versions; each is compared with the agreement it was to replace."""
    cards: list[VersionCard] = []
    standing: Plan | None = None
    for version in reversed(on_table.history):
        if version.status != "proposed":
            cards.append(_version(version, standing))
        if version.status in {"agreed", "replaced"}:
            standing = plan_of(version)
    return tuple(reversed(cards))


def _version(version: PlanVersion, standing: Plan | None) -> VersionCard:
    plan, mine = plan_of(version), version.proposed_by == "therapist"
    return VersionCard(
        id=version.pk,
        number=version.number,
        who="You" if mine else "Your client",
        is_mine=mine,
        when=day(version.proposed_at),
        status=version.status,
        status_words=_TOGETHER.get(version.status, _STATUS[version.status])
        if version.together
        else _STATUS[version.status],
        note=version.note,
        answer_note=version.answer_note,
        answered=day(version.answered_at) if version.answered_at else "",
        differences=tuple(_difference(one) for one in diff(standing, plan)) if standing else (),
        goals=tuple(goal.words for goal in plan.goals),
        strategies=tuple(one.words for one in plan.strategies),
        ways=tuple(_way_said(one) for one in way_fields(plan.preferences) if one.value),
        pace=pace_words(plan.pace),
    )


def _way_said(field: WayField) -> str:
    said = f"{field.title}: {dict(field.steps)[field.value]}"
    return f"{said} (“{field.words}”)" if field.words else said


def _difference(change: PlanChange) -> Difference:
    part = change.what.partition(":")[0]
    name = _PACE.get(part) or {"goal": "Goal", "strategy": "What you do"}.get(part, part)
    does = {
        PlanChangeKind.ADDED: "new",
        PlanChangeKind.REMOVED: "left out",
        PlanChangeKind.REWORDED: "changed",
        PlanChangeKind.MOVED: "for another goal",
        PlanChangeKind.REORDERED: "changed",
    }[change.kind]
    return Difference(words=f"{name}, {does}", before=change.before or "", after=change.after or "")


def _goal_cards(plan: Plan, ratings: Iterable[PlanRating]) -> tuple[GoalCard, ...]:
    latest: dict[tuple[str, str], PlanRating] = {}
    for rating in ratings:
        latest[rating.part, rating.rater] = rating
    return tuple(
        GoalCard(
            id=goal.id,
            words=goal.words,
            client=_value(latest.get((goal.id, "client"))),
            client_when=_when(latest.get((goal.id, "client"))),
            therapist=_value(latest.get((goal.id, "therapist"))),
            therapist_when=_when(latest.get((goal.id, "therapist"))),
            strategies=tuple(one.words for one in plan.strategies if one.goal_id == goal.id),
            levels=goal.levels,
        )
        for goal in plan.goals
    )


def _value(rating: PlanRating | None) -> int | None:
    return rating.value if rating else None


def _when(rating: PlanRating | None) -> str:
    return day(rating.at) if rating else ""
