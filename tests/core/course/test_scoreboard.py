"""How often signals were so: counted by clients, told from enough on, small groups never shown."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.course import CourseSettings, SignalKind
from openalliance.core.course.claims import (
    FACTS,
    LEAST_CLIENTS,
    LEAST_RESOLVED,
    Answer,
    Claim,
    Raised,
    claim_of,
    precision,
    told_to,
)
from openalliance.core.course.disclosure import Behind, Hidden, hidden_groups
from openalliance.core.course.endings import (
    Ended,
    Fate,
    Followed,
    fates_of,
    followed,
    landmark_auc,
    off_track_record,
    rupture_record,
)
from openalliance.core.course.scoreboard import in_groups, scoreboard, sureness
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import clustered_wilson, wilson

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)


def raised(
    client: str = "c",
    answer: Answer | None = Answer.YES,
    *,
    claim: Claim = Claim.RUPTURE,
    therapist: str = "t",
    probability: float | None = None,
    **groups: str,
) -> Raised:
    return Raised(
        claim=claim,
        client=client,
        therapist=therapist,
        answer=answer,
        probability=probability,
        groups=groups,
    )


some_raised = st.lists(
    st.builds(
        raised,
        st.sampled_from("abcdefghijkl"),
        st.sampled_from([None, *Answer]),
        claim=st.sampled_from(Claim),
        therapist=st.sampled_from("uvw"),
        probability=st.one_of(st.none(), st.floats(0.0, 1.0)),
        modality=st.sampled_from(["cbt", "psychodynamic", "other"]),
    ),
    max_size=120,
)


class TestPrecision:
    def test_wholly_and_partly_confirm_and_cannot_say_resolves_nothing(self) -> None:
        said = [Answer.YES, Answer.PARTLY, Answer.NO, Answer.CANNOT_SAY, None]
        found = precision(raised(str(n), answer) for n, answer in enumerate(said))
        assert (found.raised, found.resolved, found.partly, found.undecided) == (5, 3, 1, 1)
        assert (found.share.count, found.share.n) == (2, 3)

    def test_it_is_told_from_ten_answers_of_five_clients_on(self) -> None:
        def told(answers: int, clients: int) -> bool:
            return precision(raised(str(n % clients)) for n in range(answers)).is_told

        assert told(LEAST_RESOLVED, LEAST_CLIENTS)
        assert not told(LEAST_RESOLVED - 1, LEAST_CLIENTS)
        assert not told(LEAST_RESOLVED * 3, LEAST_CLIENTS - 1)

    def test_one_signal_a_client_gives_wilson_and_many_of_one_a_wider_interval(self) -> None:
        answers = [Answer.YES] * 12 + [Answer.NO] * 6
        apart = precision(raised(str(n), answer) for n, answer in enumerate(answers)).share
        assert (apart.low, apart.high) == pytest.approx((wilson(12, 18).low, wilson(12, 18).high))
        alike = precision(raised(str(n // 3), answer) for n, answer in enumerate(answers)).share
        assert alike.value == apart.value
        assert alike.low < apart.low < apart.high < alike.high

    @given(some_raised, st.randoms())
    def test_order_does_not_matter(self, seen: list[Raised], chance: object) -> None:
        shuffled = sorted(seen, key=lambda _: chance.random())  # type: ignore[attr-defined]
        one, other = precision(seen), precision(shuffled)
        assert (one.raised, one.resolved, one.clients) == (
            other.raised, other.resolved, other.clients,
        )  # fmt: skip
        assert one.share == other.share or math.isnan(one.share.value)

    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
    def test_clustered_intervals_hold_the_share_and_lie_within_0_and_1(
        self, pairs: list[tuple[int, int]]
    ) -> None:
        counts, totals = [min(p) for p in pairs], [max(p) for p in pairs]
        found = clustered_wilson(counts, totals)
        if sum(totals):
            assert 0.0 <= found.low <= found.value <= found.high <= 1.0

    def test_impossible_counts_are_refused(self) -> None:
        with pytest.raises(InputError):
            clustered_wilson([2], [1])
        with pytest.raises(InputError):
            clustered_wilson([1], [1, 1])
        with pytest.raises(InputError):
            raised(probability=1.2)

    def test_every_kind_of_signal_claims_something(self) -> None:
        for kind in SignalKind:
            assert claim_of(kind, method="", talk_about="") in Claim
        slow = claim_of("rupture", method="cusum-of-surprises", talk_about="")
        assert slow is Claim.SLOW_RUPTURE
        worse = claim_of("reliable-change", method="", talk_about="what-got-worse")
        assert worse is Claim.DETERIORATED


class TestScoreboard:
    def test_facts_are_neither_right_nor_wrong(self) -> None:
        shown = {score.claim for score in scoreboard([raised(claim=Claim.SAFETY)])}
        assert shown == set(Claim) - FACTS

    def test_the_number_is_hidden_when_few_clients_had_such_a_signal(self) -> None:
        def counted(clients: int) -> bool:
            found = scoreboard(raised(str(n)) for n in range(clients))
            return next(one.is_counted for one in found if one.claim is Claim.RUPTURE)

        assert counted(0)
        assert not counted(LEAST_CLIENTS - 1)
        assert counted(LEAST_CLIENTS)

    def test_probabilities_are_judged_only_with_enough_of_both(self) -> None:
        def said(n: int) -> Answer:
            return Answer.NO if n % 4 == 0 else Answer.YES

        many = [raised(str(n), said(n), probability=0.5 + n / 100) for n in range(24)]
        found = sureness(many)
        assert found is not None
        assert found.n == 24
        assert found.observed == 18
        assert sum(one.n for one in found.curve) == 24
        assert sureness(many[:19]) is None
        assert sureness([raised(str(n), probability=0.7) for n in range(40)]) is None

    @given(some_raised)
    def test_no_group_shown_or_subtracted_is_small_or_one_therapists(
        self, seen: list[Raised]
    ) -> None:
        for claim, groups in in_groups(seen, "modality").items():
            of_claim = [one for one in seen if one.claim is claim and one.resolved]
            everyone = {one.therapist for one in of_claim}
            hidden = {one.group for one in groups if one.hidden}
            shown = {one.group for one in groups} - hidden
            parts = [{name} for name in shown] + ([hidden] if hidden else [])
            for part in parts:
                held = [one for one in of_claim if one.groups["modality"] in part]
                assert len({one.client for one in held}) >= LEAST_CLIENTS
                assert len({one.therapist for one in held}) >= min(2, len(everyone))
            assert all((one.precision is None) == (one.hidden is not None) for one in groups)

    def test_a_colleague_is_never_left_over(self) -> None:
        mine = [raised(str(n), therapist="me") for n in range(10)]
        one_other = [*mine, raised("x", therapist="she")]
        assert told_to("me", mine)
        assert not told_to("me", one_other)
        assert told_to("me", [*one_other, raised("y", therapist="he")])
        assert told_to("me", [*mine, raised("x", None, therapist="she")])


people = st.frozensets(st.integers(0, 30).map(str), max_size=12)


class TestDisclosure:
    @given(
        st.dictionaries(
            st.text("abcdefg", min_size=1, max_size=1),
            st.builds(
                lambda clients, staff: Behind(clients=clients, therapists=staff),
                people,
                st.frozensets(st.sampled_from("uvw"), min_size=1),
            ),
            max_size=7,
        )
    )
    def test_what_is_hidden_cannot_be_had_by_subtraction(self, groups: dict[str, Behind]) -> None:
        hidden = hidden_groups(groups, least_clients=5)
        peopled = {name for name, behind in groups.items() if behind.clients}
        assert set(hidden) <= peopled
        for name in peopled - set(hidden):
            assert len(groups[name].clients) >= 5
        if hidden and set(hidden) != peopled:
            assert len(hidden) >= 2
            assert len(frozenset().union(*(groups[n].clients for n in hidden))) >= 5

    def test_enough_everywhere_hides_nothing(self) -> None:
        def of(first: int) -> Behind:
            return Behind(
                clients=frozenset(str(n) for n in range(first, first + 5)),
                therapists=frozenset("ab"),
            )

        assert hidden_groups({"x": of(0), "y": of(10)}, least_clients=5) == {}
        with pytest.raises(InputError):
            hidden_groups({}, least_clients=0)

    def test_a_group_of_one_therapist_is_hidden_unless_the_practice_is(self) -> None:
        def of(first: int, staff: str) -> Behind:
            return Behind(
                clients=frozenset(str(n) for n in range(first, first + 9)),
                therapists=frozenset(staff),
            )

        groups = {"x": of(0, "ab"), "y": of(10, "a"), "z": of(20, "bc")}
        found = hidden_groups(groups, least_clients=5)
        assert found["y"] is Hidden.ONE_THERAPIST
        assert set(found) == {"x", "y"}
        alone = {"x": of(0, "a"), "y": of(10, "a")}
        assert hidden_groups(alone, least_clients=5) == {}


def week(number: float) -> datetime:
    return BEGAN + timedelta(weeks=number)


def course(values: list[float]) -> list[tuple[datetime, float]]:
    return [(week(n), value) for n, value in enumerate(values)]


def one(
    values: list[float], *, ended: Ended = Ended.PLANNED, off: tuple[float, ...] = ()
) -> Followed:
    return followed(
        client="c",
        therapist="t",
        ended=ended,
        outcome=course(values),
        off_track_at=[week(n) for n in off],
        ruptures_at=[],
        repairs_at=[],
        settings=CourseSettings(),
    )


class TestEndings:
    def test_a_signal_at_the_last_score_foretold_nothing(self) -> None:
        assert one([4.0, 3.0, 3.0], off=(1,)).off_track
        assert not one([4.0, 3.0, 3.0], off=(2,)).off_track

    def test_what_runs_or_has_too_few_scores_has_no_end(self) -> None:
        assert one([4.0, 4.0, 8.0], ended=Ended.RUNNING).verdict is None
        assert one([4.0, 8.0]).verdict is None
        assert one([4.0, 5.0, 8.0]).verdict is not None

    def test_no_reliable_improvement_is_what_a_signal_foretells(self) -> None:
        assert one([4.0, 4.0, 4.5]).not_improved
        assert one([4.0, 4.0, 1.0]).not_improved
        assert not one([4.0, 4.0, 8.0]).not_improved

    def test_the_landmark_needs_a_later_score(self) -> None:
        assert one([4.0, 4.0, 4.0, 2.0]).worse_by is None
        late = one([4.0, 4.0, 4.0, 2.0, 6.0]).worse_by
        assert late is not None
        assert late > 1.0

    def test_a_rupture_is_repaired_left_or_open(self) -> None:
        def fates(ruptures: list[float], repairs: list[float], ended: Ended) -> tuple[Fate, ...]:
            return followed(
                client="c",
                therapist="t",
                ended=ended,
                outcome=[],
                off_track_at=[],
                ruptures_at=[week(n) for n in ruptures],
                repairs_at=[week(n) for n in repairs],
                settings=CourseSettings(),
            ).fates

        assert fates([1, 5], [3], Ended.UNPLANNED) == (Fate.REPAIRED, Fate.LEFT)
        assert fates([1, 5], [6], Ended.PLANNED) == (Fate.ENDED_OPEN, Fate.REPAIRED)
        assert fates([4], [2], Ended.RUNNING) == (Fate.STILL_OPEN,)

    def test_the_record_counts_episodes_and_is_told_with_enough_of_each(self) -> None:
        def ended(n: int) -> Followed:
            values = [4.0, 3.0, 3.0] if n % 2 else [4.0, 5.0, 8.0]
            found = one(values, off=(1,) if n % 2 else ())
            return Followed(
                client=str(n), therapist="t", ended=Ended.PLANNED,
                verdict=found.verdict, off_track=found.off_track,
            )  # fmt: skip

        record = off_track_record([ended(n) for n in range(12)])
        assert record.is_told
        assert record.values.sensitivity.value == 1.0
        assert record.values.ppv.count == 6
        assert not off_track_record([ended(n) for n in range(8)]).is_told

    def test_ruptures_against_leaving(self) -> None:
        def of(ended: Ended, *fates: Fate) -> Followed:
            return Followed(client="c", therapist="t", ended=ended, fates=fates)

        episodes = [
            of(Ended.UNPLANNED, Fate.LEFT),
            of(Ended.PLANNED, Fate.REPAIRED),
            of(Ended.PLANNED),
            of(Ended.RUNNING, Fate.STILL_OPEN),
        ]
        record = rupture_record(episodes)
        assert record.episodes == 3
        assert (record.values.ppv.count, record.values.ppv.n) == (1, 2)
        assert fates_of(episodes) == {
            Fate.REPAIRED: 1, Fate.LEFT: 1, Fate.ENDED_OPEN: 0, Fate.STILL_OPEN: 1,
        }  # fmt: skip
        with pytest.raises(InputError):
            fates_of([of(Ended.RUNNING, Fate.LEFT)])

    def test_the_landmark_parts_who_does_not_improve(self) -> None:
        def of(client: str, values: list[float]) -> Followed:
            found = one(values)
            return Followed(
                client=client, therapist="t", ended=Ended.PLANNED,
                verdict=found.verdict, worse_by=found.worse_by,
            )  # fmt: skip

        good = [of(f"g{n}", [4.0, 5.0, 6.0, 6.0 + n / 10, 8.0]) for n in range(6)]
        bad = [of(f"b{n}", [4.0, 3.0, 3.0, 2.0 + n / 10, 3.5]) for n in range(6)]
        assert landmark_auc([*good, *bad]).value == 1.0
        assert math.isnan(landmark_auc(good).value)
