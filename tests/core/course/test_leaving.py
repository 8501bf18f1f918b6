"""How clients left: well and badly are two outcomes, and silence is neither."""

from __future__ import annotations

import pytest

from openalliance.core.course.leaving import (
    LEAST_ENDINGS,
    Feels,
    Leaving,
    Left,
    Reason,
    leaving_of,
    leaving_record,
)


@pytest.mark.parametrize(
    ("feels", "reason", "left"),
    [
        (None, None, Leaving.UNKNOWN),
        (Feels.RIGHT, None, Leaving.WELL),
        (Feels.MIXED, None, Leaving.OTHERWISE),
        (Feels.WRONG, None, Leaving.BADLY),
        (None, Reason.FELT_BETTER, Leaving.WELL),
        (None, Reason.DID_NOT_HELP, Leaving.BADLY),
        (None, Reason.CIRCUMSTANCES, Leaving.OTHERWISE),
        (Feels.RIGHT, Reason.NO_MATCH, Leaving.BADLY),
        (Feels.RIGHT, Reason.RATHER_NOT_SAY, Leaving.WELL),
        (None, Reason.RATHER_NOT_SAY, Leaving.UNKNOWN),
        (9, 99, Leaving.UNKNOWN),
    ],
)
def test_the_clients_own_word_decides(feels: int, reason: int, left: Leaving) -> None:
    assert leaving_of(feels=feels, reason=reason) is left


def test_an_early_end_is_no_bad_end_and_silence_stays_between_its_bounds() -> None:
    endings = [
        *(Left(client=f"w{i}", planned=False, leaving=Leaving.WELL) for i in range(6)),
        *(Left(client=f"b{i}", planned=True, leaving=Leaving.BADLY) for i in range(3)),
        Left(client="o", planned=False, leaving=Leaving.OTHERWISE),
        *(Left(client=f"u{i}", planned=True, leaving=Leaving.UNKNOWN) for i in range(10)),
    ]
    found = leaving_record(endings)
    assert (found.endings, found.known, found.clients) == (20, LEAST_ENDINGS, 10)
    assert found.is_told
    assert (found.well.value, found.badly.value) == (0.6, 0.3)
    assert found.well.low < 0.6 < found.well.high
    assert (found.well_at_least, found.well_at_most) == (0.3, 0.8)
    assert (found.badly_at_least, found.badly_at_most) == (0.15, 0.65)


def test_few_endings_are_not_told() -> None:
    assert not leaving_record([]).is_told
    of_one = [Left(client="a", planned=True, leaving=Leaving.WELL)] * 30
    assert not leaving_record(of_one).is_told
