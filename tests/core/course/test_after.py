"""The years after: dates that exist, answers at their wave, and no picture of too few."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.after import (
    LATEST_MONTH,
    LEAST_ANSWERS,
    LEAST_LEFT,
    MONTHS,
    Departed,
    Rule,
    due_at,
    fate_of,
    kept_in_practice,
    wave_of,
)
from openalliance.core.course.lifeline import Direction, Stretch, life_line
from openalliance.core.course.maintenance.fate import Fate
from openalliance.core.errors import InputError

RULE = Rule(limit=1.4, higher_is_better=True, low=0.0, high=10.0)
DAY = datetime(2020, 3, 31, 10, tzinfo=UTC)


@given(
    ended=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - days alone count
    months=st.integers(1, LATEST_MONTH),
)
def test_a_follow_up_comes_on_the_same_day_of_a_later_month(ended: datetime, months: int) -> None:
    found = due_at(ended, months)
    assert (found.year * 12 + found.month) - (ended.year * 12 + ended.month) == months
    assert found.day == ended.day or found.day in {28, 29, 30}
    assert found.time() == ended.time()


@pytest.mark.parametrize("months", [0, -1, LATEST_MONTH + 1])
def test_a_follow_up_lies_within_ten_years(months: int) -> None:
    with pytest.raises(InputError):
        due_at(DAY, months)


def test_an_answer_belongs_to_the_nearest_wave_or_to_none() -> None:
    assert [wave_of(m) for m in (0.9, 1.6, 3.5, 6.2, 13.5, 26.0, 64.0)] == [1, 1, 3, 6, 12, 24, 60]
    assert [wave_of(m) for m in (0.1, 9.0, 18.0, 40.0)] == [None] * 4
    assert wave_of(1.0, ()) is None


def test_what_one_client_kept_is_the_panel_of_one() -> None:
    def fate(*answers: tuple[float, float]) -> Fate:
        return fate_of(Departed(months_since=90.0, ending=6.0, answers=answers), RULE).fate

    assert fate() is Fate.UNKNOWN
    assert fate((1.0, 6.5), (12.0, 5.5)) is Fate.KEPT
    assert fate((1.0, 6.5), (12.0, 7.4)) is Fate.GROWN
    assert fate((12.0, 4.6)) is Fate.LOST
    assert fate((9.0, 1.0)) is Fate.UNKNOWN  # between two waves


def _practice(n: int, *, answering: float = 0.7, months: float = 70.0) -> list[Departed]:
    rng = np.random.default_rng(4)
    made = []
    for _ in range(n):
        ending = min(max(float(rng.normal(6.5, 1.2)), 0.0), 10.0)
        answers = tuple(
            (float(wave), min(max(ending + float(rng.normal(0, 1)), 0.0), 10.0))
            for wave in MONTHS
            if rng.random() < answering
        )
        made.append(Departed(months_since=months, ending=ending, answers=answers))
    return made


def test_a_practice_is_told_what_is_kept_and_who_answers() -> None:
    found = kept_in_practice(_practice(60), RULE, until=12, draws=40)
    assert found.left == 60
    assert [one.months for one in found.response] == [1, 3, 6, 12]
    assert found.found is not None
    assert found.found.n == 60
    assert [one.wave for one in found.found.waves] == [0, 1, 3, 6, 12]
    assert found.found.survival is not None
    assert all(one.bounds is not None for one in found.found.waves)


def test_who_left_too_lately_is_not_silent_but_not_asked_yet() -> None:
    old, new = _practice(30), _practice(30, answering=0.0, months=12.2)
    found = kept_in_practice([*old, *new], RULE, until=12, draws=20)
    assert found.left == 30
    assert kept_in_practice([*old, *new], RULE, until=6, draws=20).left == 60


def test_below_the_stated_sizes_there_is_no_picture() -> None:
    few = kept_in_practice(_practice(LEAST_LEFT - 1), RULE, until=6, draws=20)
    assert few.found is None
    assert few.response[0].response.n == LEAST_LEFT - 1
    silent = _practice(40, answering=0.0)
    answered = [
        Departed(months_since=70.0, ending=6.0, answers=((1.0, 6.0),))
        for _ in range(LEAST_ANSWERS - 1)
    ]
    assert kept_in_practice([*silent, *answered], RULE, until=6, draws=20).found is None
    assert kept_in_practice([], RULE, until=6).found is None
    with pytest.raises(InputError):
        kept_in_practice(silent, RULE, until=5)


def test_a_wave_with_few_answers_is_left_out_of_the_means() -> None:
    people = _practice(40)
    thin = [
        Departed(
            months_since=one.months_since, ending=one.ending,
            answers=tuple(pair for pair in one.answers if pair[0] != 6.0),
        )
        for one in people
    ]  # fmt: skip
    found = kept_in_practice(thin, RULE, until=12, draws=20)
    assert found.found is not None
    assert [one.wave for one in found.found.waves] == [0, 1, 3, 12]
    assert found.response[2].response.count == 0


def test_episodes_join_in_one_line_with_what_became_of_each() -> None:
    year = timedelta(days=365)
    week = timedelta(days=7)
    first = Stretch(
        began=DAY, ended=DAY + 20 * week,
        scores=tuple((DAY + i * week, 3.0 + i * 0.3) for i in range(12)),
        after=((DAY + year, 6.5),),
    )  # fmt: skip
    second = Stretch(
        began=DAY + 3 * year, ended=None,
        scores=((DAY + 3 * year, 3.5), (DAY + 3 * year + week, 3.6)),
    )  # fmt: skip
    line = life_line([second, first], RULE, now=DAY + 3 * year + 10 * week)
    one, two = line.chapters
    assert (one.number, one.during, one.since) == (1, Direction.BETTER, Direction.WORSE)
    assert (two.during, two.since, two.months_free) == (Direction.SAME, Direction.UNKNOWN, None)
    assert one.months_free == pytest.approx(31.4, abs=0.1)
    assert line.returns == 1
    assert line.months_in == pytest.approx((20 + 10) * 7 / 30.4375, abs=0.01)


def test_a_line_needs_an_episode_that_ends_after_it_began() -> None:
    with pytest.raises(InputError):
        life_line([], RULE, now=DAY)
    with pytest.raises(InputError):
        life_line([Stretch(began=DAY, ended=DAY - timedelta(days=1))], RULE, now=DAY)


def test_one_that_carries_on_at_once_is_no_return() -> None:
    handed = Stretch(began=DAY, ended=DAY + timedelta(days=90))
    line = life_line(
        [handed, Stretch(began=DAY + timedelta(days=90), ended=None)], RULE,
        now=DAY + timedelta(days=100),
    )  # fmt: skip
    assert line.returns == 0
    assert math.isclose(line.months_between, 0.0, abs_tol=1e-9)
