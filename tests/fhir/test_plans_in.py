"""Plans out of FHIR: what was written is read again, and what is wrong is named by its place."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.plan import Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.fhir import People, Standing, Version, read_plan, to_plan_bundle

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LEVELS = ("not at all", "once a month", "once a week", "twice a week", "whenever I like")
PLAN = Plan(
    goals=(
        Goal(id="swim", words="Swim again, in the sea", levels=LEVELS, importance=3),
        Goal(id="sleep", words="Dormir"),
    ),
    strategies=(
        Strategy(id="s", words="Go on Tuesdays", goal_id="swim"),
        Strategy(id="all", words="Keep a diary"),
    ),
    pace=Pace(
        sessions_every_weeks=2, minutes=80, words="Slowly", too_fast="No sleep", too_slow="Bored"
    ),
    preferences=(Preference(way=Way.HUMOUR, value=-2, words="yes"),),
)


def written(plan: Plan, standing: Standing = Standing.AGREED, n: int = 1) -> dict[str, Any]:
    version = Version(
        id=UUID(int=n), plan=plan, standing=standing, proposed_by="client",
        proposed_at=AT + timedelta(days=n), answered_at=AT + timedelta(days=n),
    )  # fmt: skip
    return to_plan_bundle([version], [], people=People(client="A", therapist="B"))


def unnamed(plan: Plan) -> Plan:
    """Return a plan without the ids of its strategies, which FHIR has no place for."""
    return replace(
        plan, strategies=tuple(replace(one, id=str(n)) for n, one in enumerate(plan.strategies))
    )


def test_what_was_written_is_read_again() -> None:
    assert unnamed(read_plan(written(PLAN))) == unnamed(PLAN)


words = st.text(min_size=1, max_size=40).map(str.strip).filter(bool)
plans = st.builds(
    lambda goals, pace, chosen: Plan(
        goals=tuple(Goal(id=f"g{n}", words=one) for n, one in enumerate(goals)),
        strategies=(Strategy(id="s", words=goals[0], goal_id="g0"),),
        pace=pace,
        preferences=tuple(Preference(way=way, value=value) for way, value in chosen.items()),
    ),
    st.lists(words, min_size=1, max_size=4),
    st.builds(
        Pace, sessions_every_weeks=st.integers(1, 12), minutes=st.integers(5, 480),
        words=st.just("") | words,
    ),
    st.dictionaries(st.sampled_from(Way), st.integers(-3, 3)),
)  # fmt: skip


@settings(max_examples=60)
@given(plans)
def test_any_plan_is_read_as_it_was_written(plan: Plan) -> None:
    assert unnamed(read_plan(written(plan))) == unnamed(plan)


def test_of_several_the_one_that_holds_is_read() -> None:
    older = written(replace(PLAN, goals=PLAN.goals[:1]), Standing.REPLACED, 1)
    newer = written(PLAN, Standing.AGREED, 2)
    wished = written(replace(PLAN, goals=PLAN.goals[1:], strategies=()), Standing.PROPOSED, 3)
    entries = [*older["entry"], *newer["entry"], *wished["entry"]]
    assert len(read_plan({"resourceType": "Bundle", "entry": entries}).goals) == 2


def test_a_plan_of_another_program_is_read() -> None:
    document = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/1"},
        "contained": [
            {
                "resourceType": "Goal", "id": "g", "lifecycleStatus": "active",
                "description": {"text": "Walk to the lake"}, "subject": {"reference": "Patient/1"},
            }
        ],
        "goal": [{"reference": "#g"}],
        "activity": [
            {"detail": {"status": "in-progress", "description": "Shoes by the door"}},
            {"reference": {"reference": "ServiceRequest/9"}},
        ],
    }  # fmt: skip
    plan = read_plan(document)
    assert [one.words for one in plan.goals] == ["Walk to the lake"]
    assert [one.words for one in plan.strategies] == ["Shoes by the door"]
    assert plan.pace == Pace()
    assert read_plan(copy.deepcopy(document)) == plan


def _without(bundle: dict[str, Any], kind: str, field: str, value: Any) -> dict[str, Any]:
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == kind:
            entry["resource"][field] = value
            break
    return bundle


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "$"),
        ({"resourceType": "Bundle", "entry": 3}, "$.entry"),
        ({"resourceType": "Bundle", "entry": [3]}, "$.entry[0]"),
        ({"resourceType": "Bundle", "entry": [{}]}, "$.entry[0].resource"),
        ({"resourceType": "Bundle", "entry": []}, "$"),
        (written(PLAN, Standing.CLOSED), "$"),
        (_without(written(PLAN), "CarePlan", "goal", []), "$.entry[0].resource.goal"),
        (
            _without(written(PLAN), "CarePlan", "goal", [{"reference": "Goal/none"}]),
            "$.entry[0].resource.goal[0]",
        ),
        (
            _without(written(PLAN), "Goal", "description", {"text": " "}),
            "$.entry[1].resource.description.text",
        ),
        (
            _without(written(PLAN), "Goal", "description", {"text": "x" * 301}),
            "$.entry[1].resource.description.text",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(document: Any, where: str) -> None:
    with pytest.raises(InputError) as found:
        read_plan(document)
    assert found.value.where == where


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "code", "reference", "text", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.data())
def test_a_plan_in_which_anything_is_replaced_is_read_or_refused_in_words(data: Any) -> None:
    document = written(PLAN)
    holder: Any = document
    for _ in range(data.draw(st.integers(1, 8))):
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not isinstance(inner, (dict, list)) or not inner:
            break
        above, last, holder = holder, key, inner
    else:
        key, holder = last, above
    holder[key] = data.draw(anything)
    refused = None
    try:
        read_plan(document)
    except InputError as fault:
        refused = fault
    assert refused is None or refused.where
