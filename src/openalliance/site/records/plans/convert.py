"""Plan rows ↔ core plans."""

from __future__ import annotations

from typing import Any

from openalliance.core.plan import Goal, Pace, Plan, Strategy
from openalliance.site.records.plans.models import PlanVersion


def plan_of(version: PlanVersion) -> Plan:
    """Return the plan a version holds."""
    content = version.content
    pace = content["pace"]
    return Plan(
        goals=tuple(Goal(id=goal["id"], words=goal["words"]) for goal in content["goals"]),
        strategies=tuple(
            Strategy(id=item["id"], words=item["words"], goal_id=item["goal_id"])
            for item in content["strategies"]
        ),
        pace=Pace(
            words=pace["words"],
            sessions_every_weeks=pace["sessions_every_weeks"],
            minutes=pace["minutes"],
        ),
    )


def content_of(plan: Plan) -> dict[str, Any]:
    """Return what is stored for a plan."""
    return {
        "goals": [{"id": goal.id, "words": goal.words} for goal in plan.goals],
        "strategies": [
            {"id": item.id, "words": item.words, "goal_id": item.goal_id}
            for item in plan.strategies
        ],
        "pace": {
            "words": plan.pace.words,
            "sessions_every_weeks": plan.pace.sessions_every_weeks,
            "minutes": plan.pace.minutes,
        },
    }
