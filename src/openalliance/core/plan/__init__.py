"""The plan: goals, strategies and pace; what differs between versions; goal attainment."""

from openalliance.core.plan.agreement import Goal, Pace, Plan, Strategy
from openalliance.core.plan.attainment import gas_t_score
from openalliance.core.plan.changes import PlanChange, PlanChangeKind, diff

__all__ = [
    "Goal",
    "Pace",
    "Plan",
    "PlanChange",
    "PlanChangeKind",
    "Strategy",
    "diff",
    "gas_t_score",
]
