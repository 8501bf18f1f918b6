"""Phases of one episode: what was noted later holds from its day on, and nothing is lost."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.phases import (
    SEVERAL,
    Phase,
    modality_at,
    modality_of_all,
    stretches,
)
from openalliance.core.errors import InputError

START = datetime(2026, 1, 5, tzinfo=UTC)


def day(n: int) -> datetime:
    return START + timedelta(days=n)


def entries(*told: tuple[str, int]) -> list[Phase]:
    return [
        Phase(number=number, modality=modality, since=day(since))
        for number, (modality, since) in enumerate(told, start=1)
    ]


def test_a_change_ends_the_phase_before() -> None:
    found = stretches(entries(("cbt", 0), ("schema", 30), ("psychodynamic", 60)))
    assert [(one.modality, one.began, one.ended) for one in found] == [
        ("cbt", day(0), day(30)),
        ("schema", day(30), day(60)),
        ("psychodynamic", day(60), None),
    ]


def test_what_is_noted_later_holds_from_its_day_on() -> None:
    found = stretches(entries(("cbt", 0), ("schema", 60), ("psychodynamic", 30)))
    assert [(one.modality, one.began) for one in found] == [
        ("cbt", day(0)),
        ("psychodynamic", day(30)),
    ]


def test_a_mistake_is_mended_from_the_beginning() -> None:
    found = stretches(entries(("cbt", 0), ("psychodynamic", 0)))
    assert [one.modality for one in found] == ["psychodynamic"]
    assert modality_of_all(found) == "psychodynamic"


def test_the_same_again_begins_nothing_new() -> None:
    assert len(stretches(entries(("cbt", 0), ("cbt", 20)))) == 1


def test_a_moment_has_the_modality_of_its_day() -> None:
    found = stretches(entries(("cbt", 0), ("schema", 30)))
    assert modality_at(found, day(29)) == "cbt"
    assert modality_at(found, day(30)) == "schema"
    assert modality_at(found, day(-5)) == "cbt"


def test_an_episode_that_changed_is_of_several() -> None:
    found = stretches(entries(("cbt", 0), ("schema", 30)))
    assert modality_of_all(found) == SEVERAL
    assert modality_of_all(found, until=day(30)) == "cbt"


def test_without_an_entry_there_is_nothing_to_tell() -> None:
    with pytest.raises(InputError):
        stretches([])


told = st.lists(
    st.tuples(st.sampled_from(["cbt", "schema", "psychodynamic"]), st.integers(0, 9)),
    min_size=1,
    max_size=8,
)


@given(told, st.integers(0, 9))
def test_the_newest_entry_that_covers_a_day_decides(
    told: list[tuple[str, int]], asked: int
) -> None:
    found = stretches(entries(*told))
    covering = [modality for modality, since in told if since <= asked]
    if covering:
        assert modality_at(found, day(asked)) == covering[-1]
    assert all(one.ended == two.began for one, two in itertools.pairwise(found))
    assert all(one.modality != two.modality for one, two in itertools.pairwise(found))
