"""What of a plan can be rated, and both sides' newest ratings beside each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.plan import (
    RANGES,
    Aspect,
    Goal,
    Pace,
    Plan,
    Preference,
    Rating,
    Strategy,
    Way,
    check_rating,
    diff,
    gas_t_score,
    parts_of,
    review_is_due,
    standing_of,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEVELS = ("not at all", "once a week", "most nights", "nearly all", "every night")
PLAN = Plan(
    goals=(
        Goal(id="sleep", words="Sleep", levels=LEVELS, importance=3),
        Goal(id="friends", words="See friends", levels=LEVELS),
        Goal(id="work", words="Back to work"),
    ),
    strategies=(Strategy(id="walk", words="Walk", goal_id="sleep"),),
    pace=Pace(too_fast="I cannot sleep after", too_slow="I think of stopping"),
    preferences=(Preference(way=Way.HUMOUR, value=-2, words="teasing is fine"),),
)


def _rating(aspect: Aspect, part: str, rater: str, value: int, minutes: int = 0) -> Rating:
    return Rating(
        aspect=aspect, part=part, rater=rater, value=value, at=NOW + timedelta(minutes=minutes)
    )


def test_every_part_can_be_rated_and_steps_only_where_there_are_any() -> None:
    assert parts_of(PLAN) == (
        (Aspect.PROGRESS, "sleep"), (Aspect.AGREEMENT, "sleep"), (Aspect.ATTAINMENT, "sleep"),
        (Aspect.PROGRESS, "friends"), (Aspect.AGREEMENT, "friends"),
        (Aspect.ATTAINMENT, "friends"), (Aspect.PROGRESS, "work"), (Aspect.AGREEMENT, "work"),
        (Aspect.USEFULNESS, "walk"), (Aspect.PACE, "pace"), (Aspect.DELIVERED, "humour"),
    )  # fmt: skip
    assert parts_of(Plan()) == ((Aspect.PACE, "pace"),)


@given(value=st.integers(-20, 20), key=st.sampled_from(parts_of(PLAN)))
def test_a_rating_lies_in_the_range_of_its_aspect(value: int, key: tuple[Aspect, str]) -> None:
    aspect, part = key
    low, high = RANGES[aspect]
    if low <= value <= high:
        check_rating(PLAN, aspect, part, value)
    else:
        with pytest.raises(InputError, match=f"from {low} to {high}"):
            check_rating(PLAN, aspect, part, value)


@pytest.mark.parametrize(
    ("aspect", "part"),
    [(Aspect.ATTAINMENT, "work"), (Aspect.PROGRESS, "walk"), (Aspect.DELIVERED, "emotion")],
)
def test_what_is_not_in_the_plan_is_not_rated(aspect: Aspect, part: str) -> None:
    with pytest.raises(InputError, match="no such part"):
        check_rating(PLAN, aspect, part, 0)


def test_the_newest_rating_of_each_side_counts_and_the_gap_is_clients_minus_therapists() -> None:
    ratings = [
        _rating(Aspect.USEFULNESS, "walk", "client", 9, minutes=1),
        _rating(Aspect.USEFULNESS, "walk", "client", 2, minutes=5),
        _rating(Aspect.USEFULNESS, "walk", "therapist", 6),
        _rating(Aspect.PROGRESS, "gone from the plan", "client", 1),
    ]
    pair = standing_of(PLAN, ratings).pair(Aspect.USEFULNESS, "walk")
    assert pair.client is not None
    assert (pair.client.value, pair.gap, pair.far_apart) == (2, -4, True)
    assert standing_of(PLAN, []).pair(Aspect.USEFULNESS, "walk").gap is None


@given(seed=st.permutations(range(6)))
def test_the_order_in_which_ratings_come_does_not_matter(seed: list[int]) -> None:
    ratings = [
        _rating(Aspect.PROGRESS, "work", rater, number, minutes=number)
        for number, rater in enumerate(["client", "therapist"] * 3)
    ]
    assert standing_of(PLAN, [ratings[i] for i in seed]) == standing_of(PLAN, ratings)


@pytest.mark.parametrize(("own", "other", "apart"), [(0, 1, False), (-1, 1, True), (2, 2, False)])
def test_on_seven_steps_two_are_far_apart(own: int, other: int, *, apart: bool) -> None:
    ratings = [
        _rating(Aspect.PACE, "pace", "client", own),
        _rating(Aspect.PACE, "pace", "therapist", other),
    ]
    assert standing_of(PLAN, ratings).pair(Aspect.PACE, "pace").far_apart is apart


def test_goal_attainment_is_weighted_by_importance_and_each_side_has_its_own() -> None:
    ratings = [
        _rating(Aspect.ATTAINMENT, "sleep", "client", 1),
        _rating(Aspect.ATTAINMENT, "friends", "client", -1),
        _rating(Aspect.ATTAINMENT, "sleep", "therapist", 0),
    ]
    found = standing_of(PLAN, ratings).attainment
    assert found["client"] == gas_t_score([1, -1], [3, 1])
    assert found["therapist"] == 50.0
    assert standing_of(PLAN, []).attainment == {}


def test_a_review_is_due_after_six_sessions() -> None:
    assert [review_is_due(n) for n in (0, 5, 6, 20)] == [False, False, True, True]


def test_what_differs_names_steps_importance_and_ways_of_working() -> None:
    changed = Plan(
        goals=(
            Goal(id="sleep", words="Sleep", levels=LEVELS, importance=2),
            Goal(id="friends", words="See friends"),
            Goal(id="work", words="Back to work", levels=LEVELS),
        ),
        strategies=PLAN.strategies,
        pace=Pace(too_fast="", too_slow=PLAN.pace.too_slow),
        preferences=(Preference(way=Way.TIME, value=1),),
    )
    found = {(change.what, change.kind.value) for change in diff(PLAN, changed)}
    assert found == {
        ("importance:sleep", "reworded"), ("levels:friends", "removed"), ("levels:work", "added"),
        ("pace.too_fast", "reworded"), ("preference:humour", "removed"),
        ("preference:time", "added"),
    }  # fmt: skip
    assert diff(PLAN, PLAN) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": ("a", "b")}, {"levels": ("a", "b", " ", "d", "e")}, {"importance": 0},
        {"importance": 4},
    ],
)  # fmt: skip
def test_a_goal_has_five_steps_or_none_and_a_sensible_importance(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Goal(id="a", words="b", **wrong)  # type: ignore[arg-type]


def test_a_preference_lies_between_its_poles_and_is_there_once() -> None:
    with pytest.raises(InputError):
        Preference(way=Way.TIME, value=4)
    with pytest.raises(InputError, match="twice"):
        Plan(preferences=(Preference(way=Way.TIME, value=1), Preference(way=Way.TIME, value=2)))
