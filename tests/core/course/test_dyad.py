"""Client and therapist on the same session: gap, tracking, agreement, surface, with known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.dyad.agreement import agreement_of
from openalliance.core.course.dyad.congruence import Congruence, congruence_of
from openalliance.core.course.dyad.gap import gap_of
from openalliance.core.course.dyad.ratings import DyadRatings, dyad_ratings
from openalliance.core.course.dyad.tracking import tracking_of
from openalliance.core.errors import InputError

Array = np.ndarray


def pairs(
    rng: np.random.Generator, *, dyads: int = 30, sessions: int = 10, bias: float = -0.5,
    accuracy: float = 0.4, own: float = 0.6,
) -> tuple[Array, Array, Array]:  # fmt: skip
    dyad = np.repeat(np.arange(dyads), sessions)
    level = rng.normal(6.5, 1.0, dyads)[dyad]
    moved = rng.normal(size=dyad.size)
    # The truth that is modelled is the client's distance from the mean of the ratings there are.
    moved -= (np.bincount(dyad, moved) / sessions)[dyad]
    client = level + moved
    own_bias = rng.normal(bias, own, dyads)[dyad]
    own_accuracy = rng.normal(accuracy, 0.15, dyads)[dyad]
    therapist = level + own_bias + own_accuracy * moved + rng.normal(0.0, 0.7, dyad.size)
    return dyad, client, therapist


def ratings_of(seed: int = 1, **how: float) -> DyadRatings:
    return dyad_ratings(*pairs(np.random.default_rng(seed), **how))


def surface_of(ratings: DyadRatings, outcome: Array, better: str = "higher") -> Congruence:
    return congruence_of(ratings, outcome, rng=np.random.default_rng(5), better=better)


def test_sessions_that_only_one_has_rated_do_not_count() -> None:
    dyad, client, therapist = pairs(np.random.default_rng(1))
    client[0], therapist[17] = np.nan, np.nan
    found = dyad_ratings(dyad, client, therapist)
    assert found.dyad.size == dyad.size - 2
    assert found.counts()[:2].tolist() == [9, 9]


def test_fewer_than_three_dyads_are_refused() -> None:
    with pytest.raises(InputError, match="at least 3"):
        dyad_ratings([1, 1, 2], [4, 5, 6], [4, 5, 5])


def test_the_gap_by_hand() -> None:
    ratings = dyad_ratings([1, 1, 2, 2, 3], [7, 8, 5, 6, 9], [6, 6, 5, 5, 7])
    found = gap_of(ratings)
    assert [one.mean for one in found.dyads] == pytest.approx([1.5, 0.5, 2.0])
    assert found.mean == pytest.approx(4.0 / 3.0)
    assert found.sd == pytest.approx(np.std([1.5, 0.5, 2.0], ddof=1))
    assert found.dyads[0].distance == pytest.approx(math.sqrt(2.5))
    assert math.isnan(found.dyads[0].correlation)
    size = math.sqrt((np.var([7.5, 5.5, 9], ddof=1) + np.var([6, 5, 7], ddof=1)) / 2.0)
    assert found.g == pytest.approx((1.0 - 3.0 / 7.0) * found.mean / size)


def test_lins_concordance_has_variances_with_n() -> None:
    ratings = dyad_ratings([1, 2, 3, 4], [1.0, 2.0, 3.0, 5.0], [2.0, 2.0, 4.0, 7.0])
    x, y = np.array([1.0, 2.0, 3.0, 5.0]), np.array([2.0, 2.0, 4.0, 7.0])
    shared = ((x - x.mean()) * (y - y.mean())).mean()
    expected = 2.0 * shared / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert agreement_of(ratings).concordance == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 2**31), st.floats(0.2, 5.0), st.floats(-20.0, 20.0))
@settings(max_examples=15, deadline=None)
def test_another_unit_changes_points_and_nothing_else(seed: int, scale: float, move: float) -> None:
    dyad, client, therapist = pairs(np.random.default_rng(seed), dyads=12, sessions=6)
    one = dyad_ratings(dyad, client, therapist)
    other = dyad_ratings(dyad, client * scale + move, therapist * scale + move)
    assert gap_of(other).mean == pytest.approx(gap_of(one).mean * scale, rel=1e-8, abs=1e-9)
    assert gap_of(other).g == pytest.approx(gap_of(one).g, rel=1e-8, abs=1e-10)
    first, second = tracking_of(one).model, tracking_of(other).model
    assert second.estimate[1] == pytest.approx(first.estimate[1], abs=2e-5)
    assert agreement_of(other).concordance == pytest.approx(agreement_of(one).concordance, abs=1e-9)


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dyad, client, therapist = pairs(rng, dyads=12, sessions=6)
    shuffled = rng.permutation(dyad.size)
    one = dyad_ratings(dyad, client, therapist)
    other = dyad_ratings(dyad[shuffled], client[shuffled], therapist[shuffled])
    assert gap_of(other).mean == pytest.approx(gap_of(one).mean, rel=1e-10, abs=1e-12)
    outcome = rng.normal(size=12)[dyad]
    here, there = surface_of(one, outcome), surface_of(other, outcome[shuffled])
    assert [line.estimate for line in there.lines] == pytest.approx(
        [line.estimate for line in here.lines], rel=1e-7, abs=1e-9
    )


def test_the_truth_and_bias_model_finds_the_truth_and_its_intervals_hold() -> None:
    from scipy.special import stdtrit

    rng = np.random.default_rng(11)
    estimates, held = [], []
    for _ in range(200):
        model = tracking_of(dyad_ratings(*pairs(rng, dyads=40, sessions=8))).model
        estimates.append(model.estimate)
        away = np.abs(model.estimate - [-0.5, 0.4])
        held.append(away <= stdtrit(model.df, 0.975) * model.se)
    assert np.mean(estimates, axis=0) == pytest.approx([-0.5, 0.4], abs=0.02)
    assert (np.mean(held, axis=0) >= 0.92).all()
    assert (np.mean(held, axis=0) <= 0.985).all()


def test_intervals_of_shrunken_gaps_hold_the_true_gap() -> None:
    rng = np.random.default_rng(3)
    held = []
    for _ in range(100):
        true = rng.normal(0.5, 0.8, 40)
        dyad = np.repeat(np.arange(40), 5)
        therapist = rng.normal(6.0, 1.0, dyad.size)
        client = therapist + true[dyad] + rng.normal(0.0, 1.0, dyad.size)
        dyads = gap_of(dyad_ratings(dyad, client, therapist)).dyads
        held += [one.estimate_low <= t <= one.estimate_high for one, t in zip(dyads, true)]  # noqa: B905
    assert 0.93 <= np.mean(held) <= 0.97


def test_one_accuracy_serves_all_where_sessions_are_few() -> None:
    found = tracking_of(ratings_of(sessions=2))
    assert found.common_accuracy
    assert len({round(one.accuracy, 12) for one in found.dyads}) == 1


def test_a_client_who_never_varies_has_no_tracking() -> None:
    dyad, client, therapist = pairs(np.random.default_rng(2))
    client[dyad == 4] = 7.1
    found = tracking_of(dyad_ratings(dyad, client, therapist))
    assert math.isnan(found.dyads[4].accuracy)
    assert any("never varies" in note for note in found.notes)


def dyad_means(rng: np.random.Generator, dyads: int) -> tuple[Array, Array, DyadRatings]:
    client = rng.normal(6.0, 1.0, dyads)
    therapist = 2.0 + 0.6 * client + rng.normal(0.0, 0.9, dyads)
    return client, therapist, dyad_ratings(np.arange(dyads), client, therapist)


def test_the_surface_is_that_of_the_polynomial() -> None:
    rng = np.random.default_rng(8)
    client, therapist, ratings = dyad_means(rng, 50)
    c, t = client - 5.0, therapist - 5.0
    outcome = 3.0 + 1.0 * c - 0.5 * t - 0.8 * c**2 + 1.5 * c * t - 0.9 * t**2
    found = congruence_of(ratings, outcome, rng=rng, centre=5.0)
    b1, b2, b3, b4, b5 = 1.0, -0.5, -0.8, 1.5, -0.9
    assert [one.estimate for one in found.coefficients] == pytest.approx(
        [3.0, b1, b2, b3, b4, b5], rel=1e-8
    )
    assert [one.estimate for one in found.lines] == pytest.approx(
        [b1 + b2, b3 + b4 + b5, b1 - b2, b3 - b4 + b5, b3 - b5], rel=1e-7, abs=1e-9
    )
    shape = {one.term: one.estimate for one in found.shape}
    at = np.linalg.solve([[2 * b3, b4], [b4, 2 * b5]], [-b1, -b2])
    assert [shape["client_0"], shape["therapist_0"]] == pytest.approx((at + 5.0).tolist(), rel=1e-6)
    # The principal axes are the eigenvectors of the quadratic part, the first that of least fall.
    values, vectors = np.linalg.eigh([[b3, b4 / 2], [b4 / 2, b5]])
    first = vectors[:, np.argmax(values)]
    assert shape["p11"] == pytest.approx(first[1] / first[0], rel=1e-6)
    assert shape["p11"] * shape["p21"] == pytest.approx(-1.0, rel=1e-6)
    assert shape["p10"] == pytest.approx(at[1] - shape["p11"] * at[0], rel=1e-5)


def test_lines_have_the_errors_of_ordinary_least_squares() -> None:
    rng = np.random.default_rng(9)
    client, therapist, ratings = dyad_means(rng, 60)
    outcome = rng.normal(size=60)
    found = congruence_of(ratings, outcome, rng=rng, centre=6.0)
    c, t = client - 6.0, therapist - 6.0
    x = np.column_stack([np.ones(60), c, t, c**2, c * t, t**2])
    b, left, *_ = np.linalg.lstsq(x, outcome)
    vcov = np.linalg.inv(x.T @ x) * left[0] / 54.0
    weights = np.array([0.0, 0.0, 0.0, 1.0, -1.0, 1.0])
    a4 = found.lines[3]
    assert (a4.estimate, a4.se, a4.df) == pytest.approx(
        (weights @ b, math.sqrt(weights @ vcov @ weights), 54.0), rel=1e-8
    )


def test_agreement_is_called_good_when_it_is_and_not_by_chance() -> None:
    rng = np.random.default_rng(21)
    by_chance, found = [], []
    for _ in range(200):
        client, therapist, ratings = dyad_means(rng, 80)
        noise = rng.normal(size=80)
        alike = -0.6 * (client - therapist) ** 2 + noise
        by_chance.append(surface_of(ratings, noise).better_when_alike)
        found.append(surface_of(ratings, alike).better_when_alike)
    assert np.mean(by_chance) <= 0.05
    assert np.mean(found) >= 0.8


def test_intervals_of_the_lines_and_axes_hold_the_truth() -> None:
    rng = np.random.default_rng(22)
    held = []
    for _ in range(300):
        client, therapist, ratings = dyad_means(rng, 80)
        outcome = -0.5 * (client - therapist) ** 2 + rng.normal(size=80)
        found = congruence_of(ratings, outcome, rng=rng, centre=6.0)
        a4, axis = found.lines[3], found.shape[3]
        held.append((a4.low <= -2.0 <= a4.high, axis.low <= 1.0 <= axis.high))
    assert (np.mean(held, axis=0) >= 0.92).all()
    assert np.mean(held, axis=0)[0] <= 0.98


def test_outcomes_of_sessions_make_a_multilevel_surface() -> None:
    rng = np.random.default_rng(4)
    dyad, client, therapist = pairs(rng, dyads=40, sessions=12)
    own = rng.normal(size=40)[dyad]
    outcome = own - 0.5 * (client - therapist) ** 2 + rng.normal(size=dyad.size)
    found = surface_of(dyad_ratings(dyad, client, therapist), outcome)
    assert found.level == "sessions"
    assert found.lines[3].estimate == pytest.approx(-2.0, abs=0.4)
    assert math.isnan(found.r2)


def test_ratings_that_are_alike_make_no_surface() -> None:
    rng = np.random.default_rng(4)
    client = rng.normal(size=30)
    ratings = dyad_ratings(np.arange(30), client, client)
    with pytest.raises(InputError, match="too alike"):
        surface_of(ratings, rng.normal(size=30))


def test_a_handful_of_dyads_makes_no_surface() -> None:
    rng = np.random.default_rng(4)
    _, _, ratings = dyad_means(rng, 11)
    with pytest.raises(InputError, match="at least 12"):
        surface_of(ratings, rng.normal(size=11))
