"""A year in numbers: what counts in it, what is hidden, and what a therapist sees of their own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Hidden
from openalliance.core.course.year import Meeting, Seen, What, Year, year_in_numbers
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import clustered_wilson

SINCE, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def seen(what: What, clients: int, *, at: datetime = SINCE, therapists: int = 2) -> list[Seen]:
    return [
        Seen(what=what, client=f"{at:%Y}-{n}", therapist=str(n % therapists), at=at, value=n % 2)
        for n in range(clients)
    ]


def year(rows: list[Seen], *, own: bool = False, met: tuple[Meeting, ...] = ()) -> Year:
    return year_in_numbers(
        rows, met, begun=(SINCE, UNTIL), ended=(SINCE - timedelta(seconds=1),),
        since=SINCE, until=UNTIL, own=own,
    )  # fmt: skip


def test_the_first_moment_of_a_year_is_in_it_and_its_last_is_of_the_next() -> None:
    met = tuple(
        Meeting(client="a", at=at, status="attended")
        for at in (SINCE - timedelta(seconds=1), SINCE, UNTIL - timedelta(seconds=1), UNTIL)
    )
    found = year([], met=met, own=True)
    assert (found.begun, found.ended, found.clients) == (1, 0, 1)
    assert found.months == {(2025, 1): Counter(attended=1), (2025, 12): Counter(attended=1)}


def test_who_was_never_met_is_no_client_of_the_year() -> None:
    met = tuple(Meeting(client="a", at=SINCE, status=one) for one in ("cancelled", "no-show"))
    found = year([], met=met, own=True)
    assert found.clients == 0
    assert found.months[2025, 1] == Counter({"cancelled": 1, "no-show": 1})


def met_in(month: int, clients: int) -> tuple[Meeting, ...]:
    at = SINCE.replace(month=month)
    return tuple(Meeting(client=f"{month}-{n}", at=at, status="attended") for n in range(clients))


def test_a_month_of_few_is_hidden_from_the_practice_with_one_that_would_tell_it() -> None:
    found = year([], met=(*met_in(1, 9), *met_in(2, 2), *met_in(3, 6)))
    assert found.months == {(2025, 1): Counter(attended=9)}
    assert found.hidden_months == {
        (2025, 2): Hidden.FEW_CLIENTS,
        (2025, 3): Hidden.PROTECTS_ANOTHER,
    }
    assert found.together == Counter(attended=17)
    assert (found.clients, found.begun, found.ended) == (17, None, 0)


def test_a_year_of_few_is_hidden_from_the_practice_as_a_whole() -> None:
    found = year([], met=met_in(1, LEAST_CLIENTS - 1))
    assert (found.clients, found.together, dict(found.months)) == (None, None, {})
    own = year([], met=met_in(1, LEAST_CLIENTS - 1), own=True)
    assert own.together == Counter(attended=LEAST_CLIENTS - 1)
    assert not own.hidden_months


def test_a_practice_is_told_shares_of_enough_clients_of_several_therapists() -> None:
    told = year(seen(What.CHECK_INS, 10)).figures[What.CHECK_INS].estimate
    exact = clustered_wilson([n % 2 for n in range(10)], [1] * 10)
    assert told is not None
    assert (told.value, told.low, told.high) == (exact.value, exact.low, exact.high)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (seen(What.BETTER, LEAST_CLIENTS - 1), Hidden.FEW_CLIENTS),
        (seen(What.BETTER, 10) + seen(What.BETTER, 2, at=UNTIL), Hidden.PROTECTS_ANOTHER),
        (
            seen(What.BETTER, 10, therapists=1)
            + [
                Seen(what=What.BETTER, client=str(n), therapist="9", at=UNTIL, value=0.0)
                for n in range(9)
            ],
            Hidden.ONE_THERAPIST,
        ),
    ],
)
def test_what_would_be_somebodys_is_hidden_from_the_practice_but_not_from_themselves(
    rows: list[Seen], why: Hidden
) -> None:
    hidden = year(rows).figures[What.BETTER]
    assert (hidden.estimate, hidden.hidden) == (None, why)
    own = year(rows, own=True).figures[What.BETTER]
    assert own.estimate is not None
    assert own.hidden is None


def test_other_years_hide_nothing_of_what_is_told_nowhere_else() -> None:
    rows = seen(What.CHECK_INS, 10) + seen(What.CHECK_INS, 2, at=UNTIL)
    assert year(rows).figures[What.CHECK_INS].estimate is not None


def test_in_the_mean_of_the_alliance_each_client_counts_once() -> None:
    rows = [
        Seen(what=What.ALLIANCE, client=client, therapist="t", at=SINCE, value=value)
        for client, value in (("a", 4.0), ("b", 8.0), ("b", 8.0), ("b", 8.0))
    ]
    told = year(rows, own=True).figures[What.ALLIANCE].estimate
    assert told is not None
    assert (told.value, told.n, told.clients) == (6.0, 4, 2)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(-400, 800), st.booleans()), max_size=40))
def test_whatever_lies_outside_the_year_changes_no_own_figure(
    drawn: list[tuple[int, int, bool]],
) -> None:
    rows = [
        Seen(
            what=What.TAKEN_UP, client=str(client), therapist="t",
            at=SINCE + timedelta(days=days), value=float(so),
        )
        for client, days, so in drawn
    ]  # fmt: skip
    inside = [one for one in rows if SINCE <= one.at < UNTIL]
    assert year(rows, own=True) == year(inside, own=True)


def test_a_year_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="begins before it ends"):
        year_in_numbers([], [], begun=(), ended=(), since=UNTIL, until=SINCE, own=True)
