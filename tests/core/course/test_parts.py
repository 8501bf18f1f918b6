"""Figures of parts of a practice: right, with intervals that cover, and small parts hidden."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.change import Verdict
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.endings import Ended, Fate, Followed
from openalliance.core.course.parts import (
    Observation,
    ended_together,
    improved,
    means,
    repaired,
    shares,
)
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import wilson


def of(part: str, client: str, value: float, therapist: str = "") -> Observation:
    return Observation(
        part=part, client=client, therapist=therapist or str(hash(client) % 2), value=value
    )


def big(part: str, values: list[float]) -> list[Observation]:
    return [of(part, f"{part}{n}", value, str(n % 2)) for n, value in enumerate(values)]


def test_a_share_with_one_observation_a_client_is_wilsons() -> None:
    found = shares([*big("cbt", [1.0] * 8 + [0.0] * 2), *big("other", [1.0, 0.0] * 5)])
    expected = wilson(8, 10)
    part = found.parts[0].estimate
    assert part is not None
    assert (part.value, part.low, part.high) == (expected.value, expected.low, expected.high)
    assert found.whole is not None
    assert found.whole.n == 20


def test_a_mean_counts_each_client_once() -> None:
    many = [of("cbt", "a", 10.0, "s")] * 50
    others = [of("cbt", f"c{n}", 4.0 + 0.1 * n, "t") for n in range(5)]
    found = means([*many, *others], limits=(0.0, 10.0))
    assert found.whole is not None
    own = [10.0, 4.0, 4.1, 4.2, 4.3, 4.4]
    assert found.whole.value == pytest.approx(np.mean(own))
    half = 2.570581835636314 * np.std(own, ddof=1) / math.sqrt(6)  # t of 5 degrees of freedom
    assert found.whole.low == pytest.approx(np.mean(own) - half)
    assert found.whole.high == pytest.approx(np.mean(own) + half)


def test_an_interval_stays_on_the_scale() -> None:
    found = means(big("cbt", [9.9, 10.0, 10.0, 9.0, 10.0]), limits=(0.0, 10.0))
    assert found.whole is not None
    assert found.whole.high == 10.0
    with pytest.raises(InputError):
        means([], limits=(1.0, 1.0))


def test_a_part_of_few_clients_and_one_of_one_therapist_are_hidden() -> None:
    one_person = [of("act", f"x{n}", 1.0, "0") for n in range(9)]
    found = shares([*big("cbt", [1.0] * 20), *big("few", [0.0] * 3), *one_person])
    assert {one.name: one.estimate is None for one in found.parts} == {
        "act": True,
        "cbt": False,
        "few": True,
    }
    assert found.is_told


def test_too_few_clients_have_no_figure_at_all() -> None:
    found = shares(big("cbt", [1.0] * (LEAST_CLIENTS - 1)))
    assert found.whole is None
    assert not found.is_told


seen = st.lists(
    st.builds(
        of,
        st.sampled_from(["cbt", "psychodynamic", "act"]),
        st.integers(0, 25).map(str),
        st.sampled_from([0.0, 1.0]),
        st.sampled_from(["s", "t", "u"]),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(seen)
def test_what_is_hidden_is_never_to_be_had_by_subtraction(seen: list[Observation]) -> None:
    found = shares(seen)
    shown = {one.name for one in found.parts if one.estimate}
    gone = [one for one in seen if one.part not in shown]
    if shown and gone:
        assert len({one.client for one in gone}) >= LEAST_CLIENTS
        assert len({one.part for one in gone}) >= 2


def test_intervals_of_means_cover_as_they_say() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        own = rng.normal(6.0, 1.2, 12)
        rated = [
            of("cbt", str(client), float(level + rng.normal(0.0, 0.8)), str(client % 2))
            for client, level in enumerate(own)
            for _ in range(int(rng.integers(1, 8)))
        ]
        whole = means(rated, limits=(-99.0, 99.0)).whole
        assert whole is not None
        covered += whole.low <= 6.0 <= whole.high
    assert covered / 400 == pytest.approx(0.95, abs=0.035)


def test_ends_become_observations() -> None:
    better = Followed(
        client="a", therapist="t", ended=Ended.PLANNED, verdict=Verdict.IMPROVED, modality="cbt"
    )
    gone = Followed(
        client="b", therapist="t", ended=Ended.UNPLANNED, verdict=Verdict.UNCHANGED,
        fates=(Fate.REPAIRED, Fate.LEFT), modality="act",
    )  # fmt: skip
    runs = Followed(client="c", therapist="t", ended=Ended.RUNNING, fates=(Fate.STILL_OPEN,))
    every = (better, gone, runs)
    assert [(one.part, one.value) for one in improved(every)] == [("cbt", 1.0), ("act", 0.0)]
    assert [one.value for one in ended_together(every)] == [1.0, 0.0]
    assert [one.value for one in repaired(every)] == [1.0, 0.0]
