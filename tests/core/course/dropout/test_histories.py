"""A practice's own drop-out model: what is known when, how many are needed, what moves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from openalliance.core.course.dropout import Ending, NoRisk
from openalliance.core.course.dropout.histories import (
    NEEDED,
    Estimate,
    History,
    NoModel,
    PracticeModel,
    estimate,
    fit_practice,
    rows_of,
)

START = datetime(2025, 1, 6, 10, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)


def therapies(number: int, *, weight: float, seed: int = 5) -> list[History]:
    """Weekly therapies of up to 20 sessions; the lower the alliance, the sooner they leave."""
    rng = np.random.default_rng(seed)
    made = []
    for _client in range(number):
        level = rng.normal(7.0, 1.5)
        sessions, alliance = [], []
        ending = Ending.PLANNED
        for k in range(20):
            at = START + k * WEEK
            sessions.append(at)
            rating = float(np.clip(level + rng.normal(0.0, 0.7), 0.0, 10.0))
            alliance.append((at + HOUR, rating))
            if rng.random() < 1.0 / (1.0 + np.exp(2.6 + weight * (rating - 7.0))):
                ending = Ending.DROP_OUT
                break
        made.append(History(sessions=tuple(sessions), alliance=tuple(alliance), ending=ending))
    return made


@pytest.fixture(scope="module")
def fitted() -> PracticeModel:
    found = fit_practice(therapies(200, weight=0.8), rng=np.random.default_rng(1))
    assert isinstance(found, PracticeModel)
    return found


def test_what_came_later_is_not_known_earlier() -> None:
    one = History(
        sessions=(START, START + WEEK, START + 2 * WEEK),
        missed=(START + 1.5 * WEEK, START + 9 * WEEK),
        alliance=((START + WEEK + HOUR, 6.0), (START + 2 * WEEK + 4 * timedelta(days=1), 1.0)),
        outcome=((START, 0.0), (START + WEEK, 0.5)),
        ending=Ending.PLANNED,
    )
    assert list(rows_of(one)) == [
        (2, (6.0, 0.5, 0.0), Ending.NONE), (3, (6.0, 0.5, 1.0), Ending.PLANNED),
    ]  # fmt: skip


def test_the_latest_session_of_a_running_therapy_is_no_row_but_is_asked_about() -> None:
    one = History(sessions=(START, START + WEEK), alliance=((START, 8.0),))
    assert [k for k, *_rest in rows_of(one)] == [1]
    assert [k for k, *_rest in rows_of(one, running=True)] == [1, 2]


def test_too_few_who_left_make_no_model() -> None:
    found = fit_practice(therapies(20, weight=0.8), rng=np.random.default_rng(1))
    assert isinstance(found, NoModel)
    assert str(NEEDED) in found.reason
    assert isinstance(fit_practice([], rng=np.random.default_rng(1)), NoModel)


def test_no_better_than_chance_makes_no_model() -> None:
    found = fit_practice(therapies(200, weight=0.0), rng=np.random.default_rng(1))
    assert isinstance(found, NoModel)
    assert "better than by chance" in found.reason


def test_what_has_seen_the_future_makes_no_model() -> None:
    told = [
        replace(one, alliance=(*one.alliance[:-1], (one.alliance[-1][0], 0.0)))
        if one.ending is Ending.DROP_OUT
        else one
        for one in therapies(200, weight=0.8)
    ]
    found = fit_practice(told, rng=np.random.default_rng(1))
    assert isinstance(found, NoModel)
    assert "suspiciously well" in found.reason


def test_a_model_is_judged_on_clients_left_out(fitted: PracticeModel) -> None:
    known = fitted.model.reliability
    assert known is not None
    assert 0.6 < known.auc < 0.8
    assert known.auc_low > 0.5
    assert 0.6 < known.calibration_slope < 1.4
    assert len(fitted.curve) == 5
    assert sum(one.n for one in fitted.curve) > 1000


def test_a_lower_alliance_moves_the_estimate_up_and_is_named(fitted: PracticeModel) -> None:
    sessions = tuple(START + k * WEEK for k in range(4))
    low, high = (
        estimate(fitted.model, History(sessions=sessions, alliance=((START, level),)))
        for level in (4.0, 9.0)
    )
    assert isinstance(low, Estimate)
    assert isinstance(high, Estimate)
    assert low.risk.probability > low.usual > high.risk.probability
    assert low.usual == high.usual
    assert low.risk.moved_by[0].term == "alliance"
    assert low.risk.moved_by[0].moved > 0 > high.risk.moved_by[0].moved
    # The truth at a rating of 4 is 1 / (1 + exp(2.6 - 2.4)) = .45.
    assert low.risk.low < 0.45 < low.risk.high


def test_without_a_rating_or_a_session_nothing_is_said(fitted: PracticeModel) -> None:
    for one in (History(sessions=()), History(sessions=(START,))):
        assert isinstance(estimate(fitted.model, one), NoRisk)


def test_it_is_the_same_every_time(fitted: PracticeModel) -> None:
    again = fit_practice(therapies(200, weight=0.8), rng=np.random.default_rng(1))
    assert isinstance(again, PracticeModel)
    assert again.model == fitted.model
