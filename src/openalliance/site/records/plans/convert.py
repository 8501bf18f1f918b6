"""Plan rows ↔ core plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openalliance.core.plan import Aspect, Goal, Pace, Plan, Preference, Rating, Strategy, Way
from openalliance.site.records.plans.models import PlanRating, PlanVersion


def plan_of(version: PlanVersion) -> Plan:
    """Return the plan a version holds; what older versions did not know of is empty."""
    return plan_from(version.content)


def plan_from(content: Mapping[str, Any]) -> Plan:
    """Return the plan in what is stored for it; undoes `content_of`."""
    pace = content["pace"]
    return Plan(
        goals=tuple(
            Goal(
                id=goal["id"],
                words=goal["words"],
                levels=tuple(goal.get("levels", ())),
                importance=goal.get("importance", 1),
            )
            for goal in content["goals"]
        ),
        strategies=tuple(
            Strategy(id=item["id"], words=item["words"], goal_id=item["goal_id"])
            for item in content["strategies"]
        ),
        pace=Pace(
            words=pace["words"],
            sessions_every_weeks=pace["sessions_every_weeks"],
            minutes=pace["minutes"],
            too_fast=pace.get("too_fast", ""),
            too_slow=pace.get("too_slow", ""),
        ),
        preferences=tuple(
            Preference(way=Way(one["way"]), value=one["value"], words=one["words"])
            for one in content.get("preferences", ())
        ),
    )


def content_of(plan: Plan) -> dict[str, Any]:
    """Return what is stored for a plan."""
    return {
        "goals": [
            {
                "id": goal.id,
                "words": goal.words,
                "levels": list(goal.levels),
                "importance": goal.importance,
            }
            for goal in plan.goals
        ],
        "strategies": [
            {"id": item.id, "words": item.words, "goal_id": item.goal_id}
            for item in plan.strategies
        ],
        "pace": {
            "words": plan.pace.words,
            "sessions_every_weeks": plan.pace.sessions_every_weeks,
            "minutes": plan.pace.minutes,
            "too_fast": plan.pace.too_fast,
            "too_slow": plan.pace.too_slow,
        },
        "preferences": [
            {"way": one.way, "value": one.value, "words": one.words} for one in plan.preferences
        ],
    }


def rating_of(row: PlanRating) -> Rating:
    """Return a rating as the core knows it."""
    return Rating(
        aspect=Aspect(row.aspect), part=row.part, rater=row.rater, value=row.value, at=row.at
    )
