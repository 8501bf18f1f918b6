"""Slopes of single clients: shrunken, with the whole of their error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.change_methods import (
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    LongScores,
    PrePost,
    analyse_change,
    client_slopes,
)
from openalliance.core.errors import InputError


def cohort(
    clients: int, sessions: int, *, slope: float, slope_sd: float, seed: int
) -> tuple[LongScores, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clients), sessions)
    times = np.tile(np.arange(float(sessions)), clients)
    truth = rng.normal(slope, slope_sd, clients)
    start = rng.normal(25.0, 6.0, clients)
    scores = start[codes] + truth[codes] * times + rng.normal(0.0, 3.0, codes.size)
    return LongScores(clients=codes, times=times, scores=scores), truth


LONG, TRUTH = cohort(60, 6, slope=-1.5, slope_sd=1.0, seed=4)


def test_slope_is_the_average_and_the_deviation() -> None:
    found = client_slopes(LONG)
    assert found.slope == pytest.approx(found.average + found.deviation, rel=1e-12)
    assert (found.error > found.deviation_sd).all()
    assert found.index == pytest.approx(found.slope / found.error, rel=1e-12)


def test_the_conditional_sd_is_that_of_the_fitted_model() -> None:
    from openalliance.core.estimation.mixed import fit

    design = np.column_stack([np.ones(LONG.times.size), LONG.times])
    model = fit(LONG.scores, design, LONG.clients, z=design)
    found = client_slopes(LONG)
    assert found.deviation_sd == pytest.approx(np.sqrt(model.blup_covariance[:, 1, 1]), rel=1e-4)


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_decides_nothing(random: object) -> None:
    """clinicalsignificance takes pre and post as they come in the file."""
    order = np.arange(LONG.scores.size)
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = LongScores(
        clients=LONG.clients[order], times=LONG.times[order], scores=LONG.scores[order]
    )
    found, expected = client_slopes(mixed), client_slopes(LONG)
    np.testing.assert_array_equal(found.pairs.pre, expected.pairs.pre)
    np.testing.assert_array_equal(found.pairs.post, expected.pairs.post)
    assert found.slope == pytest.approx(expected.slope, abs=1e-6)
    assert found.error == pytest.approx(expected.error, abs=1e-6)


def test_another_origin_and_unit_of_time() -> None:
    """Days since 1970 do as well as weeks since the start."""
    moved = LongScores(clients=LONG.clients, times=19_000.0 + 7.0 * LONG.times, scores=LONG.scores)
    found, expected = client_slopes(moved), client_slopes(LONG)
    assert 7.0 * found.slope == pytest.approx(expected.slope, abs=1e-5)
    assert found.index == pytest.approx(expected.index, abs=1e-4)


def test_mirrored_scores_mirror_the_slopes() -> None:
    mirrored = LongScores(clients=LONG.clients, times=LONG.times, scores=-LONG.scores)
    assert client_slopes(mirrored).index == pytest.approx(-client_slopes(LONG).index, abs=1e-6)


def test_clients_with_fewer_than_three_scores_are_left_out() -> None:
    scores = LONG.scores.copy()
    scores[2:6] = np.nan  # the first client keeps two
    scores[[7, 11]] = np.nan  # the second keeps four, the last of them at time 4
    long = LongScores(clients=LONG.clients, times=LONG.times, scores=scores)
    found = client_slopes(long)
    assert found.clients.tolist() == list(range(1, 60))
    assert found.n[0] == 4
    assert found.pairs.post[0] == LONG.scores[10]
    nothing = PrePost(pre=np.full(60, np.nan), post=np.full(60, np.nan))
    asked = ChangeSettings(method=ChangeMethod.HIERARCHICAL, approach=ChangeApproach.DISTRIBUTION)
    analysis = analyse_change(nothing, asked, long=long)
    assert "1 client with fewer than 3 scores left out." in analysis.notes


def test_one_client_is_no_hierarchy() -> None:
    few = LongScores(clients=np.zeros(4, int), times=np.arange(4.0), scores=np.arange(4.0) ** 2)
    with pytest.raises(InputError, match="two clients"):
        client_slopes(few)
    with pytest.raises(InputError, match="all scores"):
        analyse_change(
            PrePost(pre=np.zeros(2), post=np.ones(2)),
            ChangeSettings(method=ChangeMethod.HIERARCHICAL, approach=ChangeApproach.DISTRIBUTION),
        )


def test_where_clients_do_not_differ_the_error_is_that_of_the_average() -> None:
    long, _ = cohort(60, 4, slope=-0.2, slope_sd=0.0, seed=8)
    found = client_slopes(long)
    assert (found.error >= 0.9 * found.average_error).all()
    assert np.isfinite(found.index).all()


def test_intervals_of_client_slopes_cover_the_truth() -> None:
    inside = []
    for seed in range(30):
        long, truth = cohort(80, 6, slope=-1.5, slope_sd=1.0, seed=seed)
        found = client_slopes(long)
        inside.append(np.abs(found.slope - truth) < 1.96 * found.error)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
