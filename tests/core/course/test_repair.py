"""Recorded ruptures: measured again at the next session, and how often they were repaired here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.repair import (
    LEAST_CLIENTS,
    Marker,
    Outcome,
    Rupture,
    Tried,
    remeasure,
    repaired_by,
)
from openalliance.core.estimation.proportions import wilson

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _rupture(
    client: int, outcome: Outcome | None = Outcome.REPAIRED, *tried: Tried,
    marker: Marker = Marker.WITHDRAWAL, therapist: int | None = None,
) -> Rupture:  # fmt: skip
    return Rupture(
        client=f"c{client}", therapist=f"t{client % 2 if therapist is None else therapist}",
        marker=marker, tried=frozenset(tried), outcome=outcome,
    )  # fmt: skip


def test_the_next_session_measures_again() -> None:
    scores = [(NOW + timedelta(weeks=week), float(week)) for week in (2, -1, 1, -3)]
    found = remeasure(NOW, scores)
    assert (found.before, found.after, found.difference) == (-1.0, 1.0, 2.0)


@pytest.mark.parametrize("weeks", [[], [-2], [3]])
def test_without_a_score_on_either_side_there_is_no_difference(weeks: list[int]) -> None:
    scores = [(NOW + timedelta(weeks=week), 5.0) for week in weeks]
    assert remeasure(NOW, scores).difference is None


def test_the_share_that_was_repaired_has_wilsons_interval_where_each_client_has_one() -> None:
    ruptures = [
        _rupture(n, Outcome.REPAIRED if n < 8 else Outcome.NOT, Tried.EXPLORE) for n in range(10)
    ]
    expected = wilson(8, 10)
    for name in ("all", "marker:withdrawal", "tried:explore"):
        found = repaired_by(ruptures)[name]
        assert (found.count, found.n) == (8, 10)
        assert found.low == pytest.approx(expected.low, abs=0.02)
        assert found.high == pytest.approx(expected.high, abs=0.02)


def test_partly_is_not_repaired_and_what_is_open_does_not_count() -> None:
    ruptures = [_rupture(n, Outcome.PARTLY) for n in range(6)] + [_rupture(9, None)]
    found = repaired_by(ruptures)["all"]
    assert (found.count, found.n) == (0, 6)


def test_several_ruptures_of_one_client_are_worth_less_than_those_of_several() -> None:
    alone = repaired_by(_rupture(n) for n in range(12))["all"]
    together = repaired_by(
        _rupture(n % 6, Outcome.REPAIRED if n % 6 < 5 else Outcome.NOT) for n in range(12)
    )["all"]
    apart = repaired_by(
        _rupture(n, Outcome.REPAIRED if n < 10 else Outcome.NOT) for n in range(12)
    )["all"]
    assert alone.value == 1.0
    assert together.value == apart.value
    assert together.high - together.low > apart.high - apart.low


@given(
    st.lists(
        st.builds(
            _rupture, st.integers(0, 8), st.sampled_from([*Outcome, None]),
            st.sampled_from(list(Tried)), marker=st.sampled_from(list(Marker)),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_no_figure_rests_on_few_clients_and_none_can_be_had_by_subtraction(
    ruptures: list[Rupture],
) -> None:
    known = [one for one in ruptures if one.outcome is not None]
    found = repaired_by(ruptures)

    def clients(marker: Marker) -> set[str]:
        return {one.client for one in known if one.marker is marker}

    for name in found:
        _kind, _colon, value = name.partition(":")
        behind = [
            one for one in known
            if name == "all" or value == one.marker or value in one.tried
        ]  # fmt: skip
        assert len({one.client for one in behind}) >= LEAST_CLIENTS
    missing = [m for m in Marker if clients(m) and f"marker:{m}" not in found]
    if "all" in found and missing and len(missing) < sum(bool(clients(m)) for m in Marker):
        assert len(set().union(*(clients(m) for m in missing))) >= LEAST_CLIENTS


def test_nothing_recorded_gives_nothing() -> None:
    assert repaired_by([]) == {}


def test_what_was_tried_with_nearly_all_cannot_be_taken_away_from_all() -> None:
    ruptures = [_rupture(n, Outcome.REPAIRED, Tried.EXPLORE) for n in range(8)]
    few = [*ruptures, _rupture(8, Outcome.NOT), _rupture(9, Outcome.NOT)]
    assert "tried:explore" in repaired_by(ruptures)
    assert set(repaired_by(few)) >= {"all"}
    assert "tried:explore" not in repaired_by(few)


def test_nobody_takes_the_own_ones_away_and_reads_one_colleagues() -> None:
    ruptures = [_rupture(n) for n in range(12)]
    assert "all" in repaired_by(ruptures)
    assert repaired_by(ruptures, seen_by="t0") == {}
    three = [*ruptures, *(_rupture(n, therapist=2) for n in range(20, 26))]
    assert "all" in repaired_by(three, seen_by="t0")
