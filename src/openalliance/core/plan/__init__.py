"""The plan: what is agreed, what differs between versions, how both rate it, goal attainment."""

from openalliance.core.plan.agreement import Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.core.plan.attainment import gas_t_score
from openalliance.core.plan.changes import PlanChange, PlanChangeKind, diff
from openalliance.core.plan.ratings import (
    RANGES,
    Aspect,
    Pair,
    Rating,
    Standing,
    check_rating,
    parts_of,
    review_is_due,
    standing_of,
)

__all__ = [
    "RANGES",
    "Aspect",
    "Goal",
    "Pace",
    "Pair",
    "Plan",
    "PlanChange",
    "PlanChangeKind",
    "Preference",
    "Rating",
    "Standing",
    "Strategy",
    "Way",
    "check_rating",
    "diff",
    "gas_t_score",
    "parts_of",
    "review_is_due",
    "standing_of",
]
