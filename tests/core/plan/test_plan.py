"""A plan: what two people agreed, and what differs from one version to the next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.plan import (
    Goal,
    Pace,
    Plan,
    PlanChangeKind,
    Strategy,
    diff,
    gas_t_score,
)

SLEEP, WORK = Goal(id="sleep", words="Sleep better"), Goal(id="work", words="Go back to work")
WALK = Strategy(id="walk", words="Walk before dinner", goal_id="sleep")


def test_equal_plans_do_not_differ() -> None:
    plan = Plan(goals=(SLEEP, WORK), strategies=(WALK,))
    assert diff(plan, plan) == ()


def test_added_removed_reworded_moved_and_slower() -> None:
    old = Plan(goals=(SLEEP, WORK), strategies=(WALK,))
    new = Plan(
        goals=(Goal(id="work", words="Half days"), Goal(id="friends", words="See friends")),
        strategies=(Strategy(id="walk", words="Walk before dinner", goal_id="friends"),),
        pace=Pace(sessions_every_weeks=2),
    )
    assert [
        (change.kind, change.what, change.before, change.after) for change in diff(old, new)
    ] == [
        (PlanChangeKind.REMOVED, "goal:sleep", "Sleep better", None),
        (PlanChangeKind.REWORDED, "goal:work", "Go back to work", "Half days"),
        (PlanChangeKind.ADDED, "goal:friends", None, "See friends"),
        (PlanChangeKind.MOVED, "strategy:walk", "Sleep better", "See friends"),
        (PlanChangeKind.REWORDED, "pace.sessions_every_weeks", "1", "2"),
    ]


def test_another_order_of_goals_is_a_difference() -> None:
    (change,) = diff(Plan(goals=(SLEEP, WORK)), Plan(goals=(WORK, SLEEP)))
    assert change.kind is PlanChangeKind.REORDERED


def test_a_strategy_needs_its_goal() -> None:
    with pytest.raises(InputError, match="no goal"):
        Plan(strategies=(WALK,))


def test_ids_are_unique_and_words_are_said() -> None:
    with pytest.raises(InputError, match="same id"):
        Plan(goals=(SLEEP, SLEEP))
    with pytest.raises(InputError, match="same id"):
        Plan(goals=(SLEEP,), strategies=(WALK, WALK))
    with pytest.raises(InputError, match="few words"):
        Goal(id="a", words="  ")
    with pytest.raises(InputError, match="id is empty"):
        Goal(id="", words="a")


@pytest.mark.parametrize("pace", [{"sessions_every_weeks": 0}, {"minutes": 0}])
def test_a_pace_is_possible(pace: dict[str, int]) -> None:
    with pytest.raises(InputError):
        Pace(**pace)


levels = st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]), min_size=1, max_size=6)


@given(levels)
def test_attainment_is_symmetric_around_fifty(found: list[float]) -> None:
    turned = gas_t_score([-level for level in found])
    assert gas_t_score(found) + turned == pytest.approx(100.0)


@given(levels, st.floats(0.1, 10.0))
def test_only_the_ratio_of_weights_matters(found: list[float], factor: float) -> None:
    weights = [factor * (place + 1) for place in range(len(found))]
    plain = [float(place + 1) for place in range(len(found))]
    assert gas_t_score(found, weights) == pytest.approx(gas_t_score(found, plain))


@pytest.mark.parametrize(
    ("found", "weights", "rho"),
    [([], None, 0.3), ([None], None, 0.3), ([3.0], None, 0.3), ([1.0], [0.0], 0.3),
     ([1.0], [1.0, 2.0], 0.3), ([1.0], None, 1.5)],
)  # fmt: skip
def test_impossible_attainment_is_refused(
    found: list[float | None], weights: list[float] | None, rho: float
) -> None:
    with pytest.raises(InputError):
        gas_t_score(found, weights, rho)
