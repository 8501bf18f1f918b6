"""Judgements of parts: told only with enough, and the hidden rest is enough as well."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.course.change import Verdict
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Hidden
from openalliance.core.course.endings import Ended, Followed, TrackRecord, off_track_record
from openalliance.core.course.told_parts import told_parts


def ended(part: str, client: str, therapist: str, off: bool, better: bool) -> Followed:
    return Followed(
        client=client, therapist=therapist, ended=Ended.PLANNED, modality=part, off_track=off,
        verdict=Verdict.IMPROVED if better else Verdict.UNCHANGED,
    )  # fmt: skip


def many(part: str, each: int, *, only: bool | None = None) -> list[Followed]:
    """So many episodes of each kind; ``only`` leaves those with or without a signal."""
    return [
        ended(part, f"{part}{off}{better}{n}", str(n % 2), off, better)
        for off in (True, False)
        for better in (True, False)
        for n in range(each)
        if only is None or off is only
    ]


def judge(held: Sequence[Followed]) -> TrackRecord | None:
    record = off_track_record(held)
    return record if record.is_told else None


def told(episodes: Sequence[Followed]) -> dict[str, Hidden | None]:
    return {
        one.name: one.hidden
        for one in told_parts(episodes, part_of=lambda one: one.modality, judge=judge)
    }


def test_parts_with_enough_of_each_kind_are_told() -> None:
    assert told([*many("act", 3), *many("cbt", 4)]) == {"act": None, "cbt": None}


def test_a_part_without_one_of_the_kinds_is_hidden_and_another_protects_it() -> None:
    found = told([*many("act", 3), *many("cbt", 4), *many("pd", 8, only=False)])
    assert found["pd"] is Hidden.TOO_LITTLE
    assert found["act"] is Hidden.PROTECTS_ANOTHER
    assert found["cbt"] is None


def test_with_nothing_told_nothing_is_shown() -> None:
    assert set(told(many("act", 1))) == {"act"}
    assert told(many("act", 1))["act"] is not None
    assert told([]) == {}


episodes = st.lists(
    st.builds(
        ended,
        st.sampled_from(["act", "cbt", "pd"]),
        st.integers(0, 60).map(str),
        st.sampled_from(["s", "t", "u"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=120,
)


@settings(max_examples=80)
@given(episodes)
def test_what_is_hidden_together_could_be_told_itself(seen: list[Followed]) -> None:
    found = told(seen)
    gone = [one for one in seen if found[one.modality] is not None]
    shown = {name for name, hidden in found.items() if hidden is None}
    for name in shown:
        of_part = [one for one in seen if one.modality == name]
        assert off_track_record(of_part).is_told
        assert len({one.therapist for one in of_part}) >= min(
            2, len({one.therapist for one in seen})
        )
    if shown and gone:
        assert off_track_record(gone).is_told
        assert len({one.client for one in gone}) >= LEAST_CLIENTS
        assert len({one.modality for one in gone}) >= 2
