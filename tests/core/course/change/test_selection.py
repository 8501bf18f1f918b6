"""One pre and one post score from long data, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.change_methods import PrePost, select
from openalliance.core.errors import InputError

Rows = list[tuple[int, float, float]]


def chosen(rows: Rows, *, pre: float | None = None, post: float | None = None) -> PrePost:
    clients, times, scores = (np.array(column) for column in zip(*rows, strict=True))
    return select(clients, times.astype(float), scores.astype(float), pre=pre, post=post)


ROWS = [
    (0, 1.0, 30.0), (0, 2.0, 25.0), (0, 3.0, 20.0),
    (1, 1.0, 40.0), (1, 3.0, np.nan),
    (2, 2.0, 10.0),
    (3, 2.0, 22.0), (3, 4.0, 11.0),
]  # fmt: skip
NAN = np.nan


def test_by_default_each_clients_first_and_last_time() -> None:
    found = chosen(ROWS)
    np.testing.assert_array_equal(found.pre, [30.0, 40.0, 10.0, 22.0])
    np.testing.assert_array_equal(found.post, [20.0, NAN, NAN, 11.0])
    assert found.once == 1
    assert found.complete.tolist() == [True, False, False, True]


def test_times_asked_for() -> None:
    found = chosen(ROWS, pre=1.0, post=2.0)
    np.testing.assert_array_equal(found.pre, [30.0, 40.0, NAN, NAN])
    np.testing.assert_array_equal(found.post, [25.0, NAN, 10.0, 22.0])
    assert found.once == 0


def test_only_one_of_the_two_asked_for() -> None:
    found = chosen(ROWS, pre=2.0)
    np.testing.assert_array_equal(found.pre, [25.0, NAN, 10.0, 22.0])
    np.testing.assert_array_equal(found.post, [20.0, NAN, NAN, 11.0])


def test_a_due_measurement_without_a_score_is_missing_not_replaced() -> None:
    found = chosen([(0, 1.0, 9.0), (0, 2.0, 7.0), (0, 3.0, NAN)])
    assert np.isnan(found.post[0])


@given(st.permutations(range(len(ROWS))))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    mixed, sorted_ = chosen([ROWS[i] for i in order]), chosen(ROWS)
    np.testing.assert_array_equal(mixed.pre, sorted_.pre)
    np.testing.assert_array_equal(mixed.post, sorted_.post)
    assert mixed.once == sorted_.once


@pytest.mark.parametrize(
    ("rows", "times", "row"),
    [
        ([(0, 1.0, 5.0), (0, 1.0, 6.0), (0, 2.0, 1.0)], {}, 2),
        ([(0, 1.0, 5.0), (1, 1.0, 6.0), (0, 2.0, 1.0), (0, 2.0, 1.0)], {}, 4),
        ([(1, 2.0, 5.0), (0, 1.0, 6.0), (1, 1.0, 4.0), (0, 1.0, 1.0)], {"pre": 1.0}, 4),
    ],
)
def test_two_rows_at_one_time_are_refused(rows: Rows, times: dict[str, float], row: int) -> None:
    with pytest.raises(InputError, match="two rows") as fault:
        chosen(rows, **times)
    assert fault.value.where == f"row {row}"


@pytest.mark.parametrize("times", [{"pre": 9.0}, {"post": 9.0}, {"pre": 1.0, "post": 1.0}])
def test_times_that_cannot_be(times: dict[str, float]) -> None:
    with pytest.raises(InputError) as fault:
        chosen(ROWS, **times)
    assert fault.value.where in {"pre", "post"}


@pytest.mark.parametrize(
    "arrays",
    [
        (np.array([0, 1]), np.array([1.0]), np.array([1.0, 2.0])),
        (np.array([], int), np.array([]), np.array([])),
        (np.array([0]), np.array([np.nan]), np.array([1.0])),
        (np.array([-1]), np.array([1.0]), np.array([1.0])),
    ],
)
def test_rows_that_cannot_be(arrays: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(InputError):
        select(*arrays)


def test_infinite_scores_are_refused() -> None:
    with pytest.raises(InputError):
        PrePost(pre=np.array([np.inf]), post=np.array([1.0]))
    with pytest.raises(InputError):
        PrePost(pre=np.array([1.0, 2.0]), post=np.array([1.0]))
