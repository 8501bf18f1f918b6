"""A practice's own relation: exact where it is arithmetic, and true where the truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openalliance.core.errors import InputError
from openalliance.core.evidence.own.clients import By, OneClient, SessionRow, clients_of
from openalliance.core.evidence.own.pooling import Prior, pool, prior_of
from openalliance.core.evidence.own.relation import Relation, contrast, of_hundred, relation
from openalliance.core.evidence.published import finding
from tests.core.evidence.made import made

RUNS = 1_500
PUBLISHED = prior_of(finding("alliance-outcome-2018"))


def _told(clients: list[OneClient], by: By = By.CLIENT) -> Relation:
    found = relation(clients, by, least=5)
    assert found is not None
    return found


def test_it_is_the_partial_correlation() -> None:
    clients = made(np.random.default_rng(1), 31, 0.4)
    columns = np.array([[one.alliance[By.CLIENT], one.last, one.first] for one in clients])
    inverse = np.linalg.inv(np.cov(columns, rowvar=False))
    found = _told(clients)
    expected = -inverse[0, 1] / math.sqrt(inverse[0, 0] * inverse[1, 1])
    assert found.r == pytest.approx(expected, rel=1e-12)
    assert found.variance == 1.0 / 27.0
    reach = 1.959963984540054 / math.sqrt(27.0)
    assert found.low == pytest.approx(math.tanh(math.atanh(expected) - reach), rel=1e-12)


@pytest.mark.parametrize(("n", "rho"), [(20, 0.28), (60, 0.28), (60, 0.6)])
@pytest.mark.parametrize("ceiling", [np.inf, 1.0])
def test_its_interval_holds_the_truth_as_often_as_it_says(
    n: int, rho: float, ceiling: float
) -> None:
    rng = np.random.default_rng(n)
    truth = rho
    if ceiling < np.inf:
        # A ceiling weakens the relation: the truth is that of very many such clients.
        truth = _told(made(np.random.default_rng(9), 60_000, rho, ceiling=ceiling)).r
    found = [_told(made(rng, n, rho, ceiling=ceiling)) for _ in range(RUNS // 3)]
    held = np.mean([one.low <= truth <= one.high for one in found])
    assert held == pytest.approx(0.95, abs=0.033)
    assert np.mean([one.r for one in found]) == pytest.approx(truth, abs=0.03)


def test_both_together_hold_the_truth_and_err_less_than_either() -> None:
    rng = np.random.default_rng(5)
    n = 40
    truth = PUBLISHED.mean + rng.normal(size=RUNS) * math.sqrt(PUBLISHED.variance)
    own, both, held = [], [], []
    for z in truth:
        alone = _told(made(rng, n, math.tanh(z)))
        together = pool(alone, PUBLISHED)
        own.append(alone.z - z)
        both.append(math.atanh(together.r) - z)
        held.append(together.low <= math.tanh(z) <= together.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.017)
    assert np.mean(both) == pytest.approx(0.0, abs=0.015)
    error = {name: math.sqrt(np.mean(np.square(x))) for name, x in (("own", own), ("both", both))}
    assert error["both"] < 0.85 * error["own"]
    assert error["both"] < 0.75 * math.sqrt(PUBLISHED.variance)


def test_a_practice_far_from_what_is_known_is_pulled_less_the_more_it_has_seen() -> None:
    rng = np.random.default_rng(6)
    far = math.tanh(PUBLISHED.mean - 2.0 * math.sqrt(PUBLISHED.variance))
    pull = {}
    for n in (20, 80, 320):
        seen = [pool(_told(made(rng, n, far)), PUBLISHED).r for _ in range(200)]
        pull[n] = float(np.mean(seen)) - far
    assert pull[20] > 2.0 * pull[80] > 4.0 * pull[320] > 0.0


@pytest.mark.parametrize(("early", "late"), [(0.3, 0.3), (0.2, 0.5)])
def test_the_difference_of_two_relations_holds_the_truth(early: float, late: float) -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(RUNS // 3):
        found = contrast(made(rng, 50, early, late=late), By.EARLY, By.LATE, least=5)
        assert found is not None
        held.append(found.low <= early - late <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.033)


def test_the_prior_is_no_narrower_than_the_studies_differ() -> None:
    """Studies of known variance: the bound from the average's error alone is above the truth."""
    rng = np.random.default_rng(8)
    between, sampling = 0.15, 1.0 / rng.integers(20, 200, size=295)
    se = math.sqrt(1.0 / np.sum(1.0 / (sampling + between**2)))
    assert between < math.sqrt(295) * se < 0.25


def test_the_weights_are_those_of_the_variances() -> None:
    own = Relation(r=0.1, low=-0.2, high=0.4, clients=28, z=math.atanh(0.1), variance=1 / 24)
    prior = Prior(mean=0.3, se=0.1, between=math.sqrt(1 / 12 - 0.01), bounded=False)
    found = pool(own, prior)
    assert found.own_weight == pytest.approx(2 / 3)
    assert math.atanh(found.r) == pytest.approx(2 / 3 * own.z + 0.1)
    half = (math.atanh(found.high) - math.atanh(found.low)) / 2.0
    assert half == pytest.approx(1.959963984540054 * math.sqrt(2 / 3 / 24))
    assert prior.worth == 16


def test_a_prior_needs_a_correlation_with_an_interval() -> None:
    with pytest.raises(InputError, match="no correlation"):
        prior_of(finding("feedback-2021"))
    with pytest.raises(InputError, match="no published interval"):
        prior_of(finding("rupture-repair-2018"))
    with pytest.raises(InputError, match="0 or more"):
        prior_of(finding("alliance-outcome-2018"), between=-0.1)
    given = prior_of(finding("alliance-outcome-2018"), between=0.1)
    assert (given.between, given.bounded) == (0.1, False)


def test_nothing_is_told_of_too_few_or_of_what_does_not_vary() -> None:
    clients = made(np.random.default_rng(2), 19, 0.3)
    assert relation(clients, least=20) is None
    assert relation(clients[:4], least=1) is None
    assert relation(clients, By.THERAPIST, least=5) is None
    same = [
        OneClient(
            client=one.client, therapist="a", modality="", first=one.first, last=one.last,
            alliance={By.CLIENT: 8.0},
        )
        for one in clients
    ]  # fmt: skip
    assert relation(same, least=5) is None


def test_of_a_hundred_is_counted_right() -> None:
    pairs = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], size=200_000)
    high = pairs[pairs[:, 0] > 0.0]
    assert of_hundred(0.5) == round(100.0 * float((high[:, 1] > 0.0).mean())) == 67


def _rows(outcomes: list[float], alliances: list[float]) -> list[SessionRow]:
    return [
        SessionRow(
            client="a", therapist="t", modality="cbt", session=n, outcome=outcome,
            alliance=alliance, alliance_by_therapist=alliance - 1.0,
        )
        for n, (outcome, alliance) in enumerate(zip(outcomes, alliances, strict=True), start=1)
    ]  # fmt: skip


def test_only_ratings_before_the_last_score_count() -> None:
    nan = math.nan
    rows = _rows([3, 4, nan, 5, 5, 6, 7, nan], [5, 6, 7, nan, 9, 8, 0, 0])
    (found,) = clients_of(reversed(rows))
    assert (found.first, found.last) == (3, 7)
    assert found.alliance == {By.CLIENT: 7.0, By.THERAPIST: 6.0, By.EARLY: 6.0, By.LATE: 8.5}


def test_clients_without_a_course_or_ratings_say_nothing() -> None:
    nan = math.nan
    assert clients_of(_rows([3, 4], [5, 6])) == ()
    assert clients_of(_rows([3, 4, 5], [nan, 6, 7])) == ()
    with pytest.raises(InputError, match="two rows of one session"):
        clients_of(_rows([3, 4, 5], [5, 6, 7])[:1] * 2)
