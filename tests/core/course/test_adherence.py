"""What became of tasks: cut at sessions, told by whoever told last, never read from silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course.adherence import (
    Held,
    Outcome,
    Stretch,
    Task,
    Telling,
    stretches,
    tendency,
)
from openalliance.core.errors import InputError

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)


def session(week: int) -> Held:
    return Held(starts_at=MONDAY + week * WEEK, ends_at=MONDAY + week * WEEK + HOUR)


def told(week: float, outcome: Outcome, task: str = "walk") -> Telling:
    return Telling(task=task, at=MONDAY + week * WEEK, outcome=outcome)


def weeks(*shares: float | None) -> list[Stretch]:
    of_share = {1.0: Outcome.DONE, 0.5: Outcome.PARTLY, 0.0: Outcome.NOT, None: None}
    return [
        Stretch(
            start=MONDAY + week * WEEK, end=MONDAY + (week + 1) * WEEK, running=False,
            outcomes={"walk": of_share[share]},
        )
        for week, share in enumerate(shares)
    ]  # fmt: skip


WALK = Task(id="walk", agreed_at=MONDAY + HOUR / 2)


def test_a_task_agreed_within_a_session_counts_from_its_end() -> None:
    found = stretches([WALK], [], [session(0), session(1)], now=MONDAY + 2 * WEEK)
    assert [(one.start, one.running) for one in found] == [
        (MONDAY + HOUR, False), (MONDAY + WEEK + HOUR, True),
    ]  # fmt: skip


def test_what_is_told_in_the_session_itself_speaks_of_the_time_before() -> None:
    in_session = Telling(task="walk", at=MONDAY + WEEK + HOUR / 2, outcome=Outcome.DONE)
    first, running = stretches(
        [WALK], [in_session], [session(0), session(1)], now=MONDAY + 2 * WEEK
    )
    assert first.kept == 1.0
    assert running.kept is None


def test_the_last_word_counts() -> None:
    said = [told(0.9, Outcome.PARTLY), told(0.5, Outcome.NOT)]
    found = stretches([WALK], said, [session(0), session(1)], now=MONDAY + 2 * WEEK)
    assert found[0].outcomes == {"walk": Outcome.PARTLY}


def test_what_was_to_be_done_once_is_over_once_it_was_done() -> None:
    letter = Task(id="letter", agreed_at=MONDAY, once=True)
    sessions = [session(week) for week in range(4)]
    said = [told(0.5, Outcome.NOT, "letter"), told(1.5, Outcome.CHANGED, "letter")]
    found = stretches([letter], said, sessions, now=MONDAY + 4 * WEEK)
    assert [one.outcomes["letter"] for one in found] == [Outcome.NOT, Outcome.CHANGED]


def test_a_task_that_was_let_go_is_asked_for_no_longer() -> None:
    task = Task(id="walk", agreed_at=MONDAY, ended_at=MONDAY + 1.5 * WEEK)
    found = stretches([task], [], [session(w) for w in range(4)], now=MONDAY + 4 * WEEK)
    assert [one.end for one in found] == [MONDAY + w * WEEK + HOUR for w in (1, 2)]


def test_silence_is_no_failure() -> None:
    (one,) = weeks(None)
    assert one.kept is None
    assert one.told == ()


def test_who_fits_a_task_to_their_life_has_kept_it() -> None:
    one = Stretch(
        start=None, end=MONDAY, running=False,
        outcomes={"a": Outcome.CHANGED, "b": Outcome.PARTLY, "c": None},
    )  # fmt: skip
    assert one.kept == 0.75


def test_without_a_session_there_is_one_stretch_up_to_now() -> None:
    found = stretches([WALK], [told(0.5, Outcome.DONE)], [], now=MONDAY + WEEK)
    assert [(one.start, one.kept, one.running) for one in found] == [(None, 1.0, True)]


def test_what_is_still_to_come_is_left_out() -> None:
    found = stretches(
        [WALK], [told(5, Outcome.DONE), told(0.5, Outcome.DONE, "unknown")],
        [session(0), session(3)], now=MONDAY + WEEK,
    )  # fmt: skip
    assert [one.kept for one in found] == [None]


def test_a_session_ends_after_it_begins() -> None:
    with pytest.raises(InputError, match="ends before"):
        Held(starts_at=MONDAY, ends_at=MONDAY - HOUR)


@pytest.mark.parametrize(
    ("shares", "falling"),
    [
        ((1, 1, 1, 1, 1, 1, 0, 0, 0), True),
        ((1, 1, 1, 1, 1, 1, None, 0, None, 0, 0), True),
        ((1, 0, 1, 0, 1, 0, 1, 0, 0), False),
        ((0, 0, 0, 0, 0, 0, 1, 1, 1), False),
        ((1, 1, 1, 1, 1, 1, 0.5, 1, 1), False),
    ],
)
def test_only_a_clear_fall_is_called_falling(shares: tuple[float, ...], falling: bool) -> None:
    found = tendency(weeks(*shares))
    assert found is not None
    assert found.falling is falling


def test_too_little_is_not_read_at_all() -> None:
    assert tendency(weeks(1, 1, 0, 0, 0)) is None
    assert tendency(weeks(1, 1, 1, 0, 0, 0)) is not None


@given(
    agreed=st.lists(st.tuples(st.floats(0, 9), st.booleans()), max_size=4),
    said=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 11), st.sampled_from(Outcome))),
    held=st.sets(st.integers(0, 10)),
)
def test_every_telling_counts_once_at_most(
    agreed: list[tuple[float, bool]], said: list[tuple[int, float, Outcome]], held: set[int]
) -> None:
    tasks = [
        Task(id=str(n), agreed_at=MONDAY + week * WEEK, once=once)
        for n, (week, once) in enumerate(agreed)
    ]
    tellings = [told(week, outcome, str(task)) for task, week, outcome in said]
    found = stretches(tasks, tellings, [session(n) for n in held], now=MONDAY + 10 * WEEK)
    assert sum(len(one.told) for one in found) <= len(said)
    assert [one.end for one in found] == sorted(one.end for one in found)
    assert all(one.kept is None or 0.0 <= one.kept <= 1.0 for one in found)
    assert sum(one.running for one in found) <= 1
