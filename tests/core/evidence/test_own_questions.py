"""The questions of a practice: what is told, what is hidden, and what is said to be missing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from openalliance.charts.known_words import questions
from openalliance.core.course.disclosure import Hidden
from openalliance.core.errors import InputError
from openalliance.core.evidence.own.clients import SessionRow
from openalliance.core.evidence.own.pooling import prior_of
from openalliance.core.evidence.own.questions import Here, Lacking, here
from openalliance.core.evidence.published import about, finding

USED = finding("alliance-outcome-2018")
PRIOR = prior_of(USED)


def practice(clients: int, *, seed: int = 1, sessions: int = 9, way: int = 3) -> list[SessionRow]:
    """Return sessions in which a better alliance than usual precedes a better time."""
    rng = np.random.default_rng(seed)
    rows = []
    for code in range(clients):
        base, life = rng.normal(6.5, 1.2), rng.normal(4.0, 1.5)
        above = left = 0.0
        for session in range(1, sessions + 1):
            left = 0.3 * left + 0.4 * above + rng.normal(0.0, 0.8)
            above = rng.normal(0.0, 1.0)
            slope = 0.15 + 0.06 * (base - 6.5)
            rows.append(
                SessionRow(
                    client=f"c{code}", therapist=f"t{code % 4}", modality=f"way {code % way}",
                    session=session, outcome=life + slope * session + left, alliance=base + above,
                    alliance_by_therapist=0.5 * base + rng.normal(0.0, 1.0),
                )
            )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def large() -> Here:
    return here(practice(90), PRIOR, draws=300)


def test_every_question_is_answered_where_there_are_clients_enough(large: Here) -> None:
    assert large.overall.own is not None
    assert large.overall.own.low > 0.0
    assert large.clients == large.overall.clients == 90
    assert [one.name for one in large.modalities] == ["way 0", "way 1", "way 2"]
    assert all(one.own and one.together for one in (*large.modalities, *large.raters, *large.times))
    forth, back = large.within.slopes
    assert forth.low > 0.0 > back.low
    assert large.rater_contrast is not None
    assert large.time_contrast is not None


def test_the_same_data_give_the_same_figures(large: Here) -> None:
    again = here(practice(90)[::-1], PRIOR, draws=300)
    assert again.overall == large.overall
    assert again.within == large.within


def test_one_client_more_changes_them(large: Here) -> None:
    assert here(practice(91), PRIOR, draws=300).overall != large.overall


def test_a_small_practice_is_told_what_is_missing() -> None:
    small = here(practice(19), PRIOR, draws=100)
    for row in (small.overall, *small.raters, *small.times):
        assert (row.own, row.together, row.lacking) == (None, None, Lacking.CLIENTS)
    assert small.modalities == ()
    assert small.within.lacking is Lacking.CLIENTS
    assert small.rater_contrast is None
    assert small.time_contrast is None
    words = " ".join(
        line for one in questions(small, about(USED.topic), USED) for line in one.reading
    )
    assert "it needs 20 clients who have three scores" in words
    assert "now 19" in words


def test_nobody_at_all_is_no_fault() -> None:
    nobody = here([], PRIOR)
    assert nobody.clients == 0
    assert nobody.within.lacking is Lacking.SESSIONS
    drawn = questions(nobody, about(USED.topic), USED)
    assert [bool(one.rows) for one in drawn] == [True, False, False, False, False]


def test_a_small_way_of_working_is_hidden_and_another_with_it() -> None:
    rows = [
        replace(row, modality="rare" if row.client in {"c1", "c2", "c3"} else row.modality)
        for row in practice(40, way=2)
    ]
    found = {one.name: one for one in here(rows, PRIOR, draws=100).modalities}
    assert found["rare"].hidden is Hidden.FEW_CLIENTS
    assert [one.hidden for one in found.values()].count(Hidden.PROTECTS_ANOTHER) == 1
    assert all(one.clients == 0 for one in found.values() if one.hidden)


def test_ratings_of_one_therapist_alone_are_hidden() -> None:
    rows = [
        row if row.therapist == "t1" else replace(row, alliance_by_therapist=math.nan)
        for row in practice(100)
    ]
    client, therapist = here(rows, PRIOR, draws=100).raters
    assert client.own is not None
    assert (therapist.own, therapist.hidden) == (None, Hidden.ONE_THERAPIST)


def test_a_practice_of_one_therapist_is_told_its_own() -> None:
    rows = [replace(row, therapist="t", modality="m") for row in practice(30)]
    found = here(rows, PRIOR, draws=100)
    assert found.overall.own is not None
    assert [one.own is not None for one in found.modalities] == [True]


def test_ratings_that_never_differ_are_said_to() -> None:
    found = here([replace(row, alliance=8.0) for row in practice(30)], PRIOR, draws=100)
    assert found.overall.lacking is Lacking.SPREAD
    assert found.within.slopes == ()


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"draws": 0}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        here(practice(20), PRIOR, **wrong)  # type: ignore[arg-type]


def test_every_reading_is_whole_sentences(large: Here) -> None:
    for one in questions(large, about(USED.topic), USED):
        labels = [row.label for row in one.rows]
        assert len(set(labels)) == len(labels) > 0
        for words in one.reading:
            assert words[0].isupper()
            assert words.endswith(".")
    overall = questions(large, about(USED.topic), USED)[0]
    assert "This practice’s own 90 clients weigh" in " ".join(overall.reading)


def test_a_therapist_is_not_told_what_would_leave_one_colleague() -> None:
    rows = [
        replace(row, therapist="me" if row.client < "c3" else "you", modality="m")
        for row in practice(60)
    ]
    told = here(rows, PRIOR, draws=100)
    asked = here(rows, PRIOR, asked_by="me", draws=100)
    assert told.overall.own is not None
    assert asked.overall.hidden is asked.within.hidden is Hidden.ONE_THERAPIST
    assert (asked.modalities, asked.time_contrast, asked.within.slopes) == ((), None, ())
    assert all(row.own is None for row in (*asked.raters, *asked.times))
    somebody_else = here(rows, PRIOR, asked_by="neither", draws=100)
    assert somebody_else.overall == told.overall


def test_a_way_of_working_shared_with_one_colleague_is_hidden_from_each_of_the_two() -> None:
    rows = [
        replace(row, modality="ours" if row.therapist in {"t0", "t1"} else "theirs")
        for row in practice(60)
    ]
    assert all(one.own for one in here(rows, PRIOR, draws=100).modalities)
    assert not any(one.own for one in here(rows, PRIOR, asked_by="t0", draws=100).modalities)
