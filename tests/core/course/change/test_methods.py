"""Indices, cut-offs and approaches: worked examples, traps, and what must always hold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from openalliance.core.course import Verdict, change_between
from openalliance.core.course.change_methods import (
    BY_CODE,
    UNDEFINED,
    Category,
    ChangeAnalysis,
    ChangeApproach,
    ChangeMethod,
    ChangeSettings,
    CutoffType,
    PrePost,
    analyse_change,
    crossings,
    cutoff_value,
    group_shares,
    unchanged_band,
)
from openalliance.core.errors import InputError
from openalliance.core.instruments import Better

BY_INDEX = [method for method in ChangeMethod if method not in {"hlm", "cwb"}]
APPROACHES = (ChangeApproach.DISTRIBUTION, ChangeApproach.STATISTICAL, ChangeApproach.COMBINED)


def analysed(pre: list[float], post: list[float], **asked: Any) -> ChangeAnalysis:
    asked = {"approach": ChangeApproach.DISTRIBUTION, "reliability": 0.8} | asked
    pairs = PrePost(pre=np.array(pre, float), post=np.array(post, float))
    return analyse_change(pairs, ChangeSettings(**asked))


def named(found: ChangeAnalysis) -> list[str | None]:
    return [BY_CODE[int(c)].value if int(c) in BY_CODE else None for c in found.codes]


# Jacobson & Truax (1991): means 40 and 60, both SDs 7.5, reliability .80, one client 32.5 → 47.5.


def test_jacobson_truax_1991_cutoffs() -> None:
    populations = {"clinical": (40.0, 7.5), "functional": (60.0, 7.5), "sign": 1.0}
    found = [cutoff_value(kind, **populations) for kind in CutoffType]
    assert found == [55.0, 45.0, 50.0]


def test_jacobson_truax_1991_client() -> None:
    found = analysed(
        [32.5], [47.5], sd=7.5, better=Better.HIGHER, approach=ChangeApproach.COMBINED,
        cutoff=CutoffType.B, functional_mean=60.0, functional_sd=7.5,
    )  # fmt: skip
    assert found.index is not None
    assert found.error == pytest.approx(4.74, abs=0.005)
    assert found.index[0] == pytest.approx(3.16, abs=0.005)
    # 47.5 is past cut-off b (45), not past c (50).
    assert named(found) == ["recovered"]
    with_c = replace(found.settings, cutoff=CutoffType.C, sd=7.5)
    pairs = PrePost(pre=np.array([32.5, 47.5]), post=np.array([47.5, 47.5]))
    assert named(analyse_change(pairs, with_c))[0] == "improved"


def test_lower_is_better_mirrors_the_cutoffs() -> None:
    populations = {"clinical": (-40.0, 7.5), "functional": (-60.0, 7.5), "sign": -1.0}
    assert [cutoff_value(kind, **populations) for kind in CutoffType] == [-55.0, -45.0, -50.0]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # SD 10, mean 20, r .8: SEM √20; one client 30 → 12.
        ("jt", -18.0 / math.sqrt(40.0)),
        ("gln", (12.0 - 20.0 - 0.8 * 10.0) / (10.0 * 0.6)),
        ("en", (12.0 - 28.0) / math.sqrt(20.0)),
        ("nk", (12.0 - 28.0) / math.sqrt(0.64 * 20.0 + 100.0 * 0.1)),
    ],
)
def test_indices_by_hand(method: str, expected: float) -> None:
    found = analysed(
        [30.0, 20.0, 10.0], [12.0, 20.0, 10.0], method=ChangeMethod(method), sd=10.0,
        reliability_post=0.9,
    )  # fmt: skip
    assert found.index is not None
    assert found.index[0] == pytest.approx(expected, rel=1e-14)


def test_hsu_linn_lord_is_gulliksen_lord_novick_without_the_common_gain() -> None:
    pre, post = [30.0, 22.0, 11.0, 25.0], [12.0, 20.0, 10.0, 24.0]
    gain = np.mean(post) - np.mean(pre)
    hll = analysed(pre, post, method=ChangeMethod.HSU_LINN_LORD).index
    gln = analysed(
        pre, (np.array(post) - gain).tolist(), method=ChangeMethod.GULLIKSEN_LORD_NOVICK
    ).index
    assert hll == pytest.approx(gln, rel=1e-13)


def test_hageman_arrindell_has_90_percent_by_default() -> None:
    settings = ChangeSettings(method=ChangeMethod.HAGEMAN_ARRINDELL, reliability=0.8)
    assert settings.critical_value == pytest.approx(1.6448536269514722, rel=1e-14)
    plain = ChangeSettings(reliability=0.8)
    assert plain.critical_value == pytest.approx(1.959963984540054, rel=1e-14)


def test_hageman_arrindell_says_nothing_where_changes_are_all_error() -> None:
    found = analysed(
        [10.0, 20.0, 30.0, 40.0], [11.0, 21.0, 31.0, 41.0], method=ChangeMethod.HAGEMAN_ARRINDELL
    )
    assert np.isnan(found.index).all()  # type: ignore[arg-type]
    assert named(found) == [None] * 4
    assert sum(share.n for share in found.summary) == 0
    assert any("without a category" in note for note in found.notes)


# The combined approach.


@pytest.mark.parametrize(
    ("pre", "post", "expected"),
    [
        (30.0, 10.0, "recovered"),
        (40.0, 25.0, "improved"),  # reliably, still on the clinical side
        (18.0, 4.0, "improved"),  # was functional before
        (21.0, 19.0, "unchanged"),  # crossed, but within error
        (25.0, 40.0, "deteriorated"),
        (2.0, 16.0, "deteriorated"),  # still on the functional side
        (15.0, 30.0, "harmed"),
        (20.0, 5.0, "improved"),  # on the cut-off is not the clinical side
        (35.0, 20.0, "improved"),  # onto the cut-off is not beyond it
        (20.0, 35.0, "harmed"),
        (5.0, 20.0, "harmed"),
    ],
)
def test_combined(pre: float, post: float, expected: str) -> None:
    found = analysed(
        [pre, 1.0], [post, 1.0], sd=10.0, approach=ChangeApproach.COMBINED, cutoff=CutoffType.B,
        functional_mean=10.0, functional_sd=5.0,
    )  # fmt: skip
    assert found.cutoff is not None
    assert found.cutoff.value == 20.0
    assert named(found)[0] == expected


def test_staying_on_the_cutoff_is_no_crossing() -> None:
    """clinicalsignificance counts such a client as deteriorated."""
    found = crossings(np.array([20.0]), np.array([20.0]), 20.0, -1.0)
    assert not found.forth[0]
    assert not found.back[0]


def test_a_cutoff_of_tenths_is_the_one_of_whole_points() -> None:
    asked = {"approach": ChangeApproach.STATISTICAL, "cutoff": CutoffType.B}
    scores = ([30.0, 15.0, 30.0], [22.0, 22.0, 21.0])
    whole = analysed(*scores, **asked, functional_mean=8.0, functional_sd=7.0)
    assert named(whole) == ["unchanged", "deteriorated", "improved"]
    for unit in (0.1, 1.0 / 3.0, 1e-3):
        pre, post = ([score * unit for score in part] for part in scores)
        asked |= {"functional_mean": 8.0 * unit, "functional_sd": 7.0 * unit}
        assert named(analysed(pre, post, **asked)) == named(whole)


def test_harmed_has_crossed_back_by_true_scores_too() -> None:
    """clinicalsignificance calls any reliable deterioration from the functional side harmed."""
    pre = [30.0, 35.0, 40.0, 20.0, 25.0, 30.0, 33.0, 2.0, 10.0]
    post = [10.0, 12.0, 40.0, 5.0, 20.0, 25.0, 14.0, 14.0, 26.0]
    found = analysed(
        pre, post, method=ChangeMethod.HAGEMAN_ARRINDELL, approach=ChangeApproach.COMBINED,
        cutoff=CutoffType.C, functional_mean=10.0, functional_sd=8.0, reliability=0.95,
    )  # fmt: skip
    assert found.cutoff is not None
    assert 14.0 < found.cutoff.value < 26.0
    assert named(found)[-2:] == ["deteriorated", "harmed"]  # the package: both harmed
    assert found.crossed is not None
    assert not found.crossed.back[-2]


def test_all_categories_are_in_the_summary() -> None:
    found = analysed([20.0, 30.0], [20.0, 30.0], approach=ChangeApproach.COMBINED)
    assert [(share.category, share.n) for share in found.summary] == [
        (Category.RECOVERED, 0), (Category.IMPROVED, 0), (Category.UNCHANGED, 2),
        (Category.DETERIORATED, 0), (Category.HARMED, 0),
    ]  # fmt: skip


def test_without_a_cutoff_asked_for_the_best_that_can_be_computed() -> None:
    assert ChangeSettings(reliability=0.8).cutoff_type is CutoffType.A
    known = ChangeSettings(reliability=0.8, functional_mean=8.0, functional_sd=4.0)
    assert known.cutoff_type is CutoffType.C


# Percentage and anchor.


def test_percentage_of_zero_is_undefined_never_both() -> None:
    """clinicalsignificance 3.0.0 flags pre = 0, post > 0 as improved and as deteriorated."""
    found = analysed(
        [0.0, 0.0, 0.0, 10.0], [5.0, -5.0, 0.0, 5.0], reliability=None,
        approach=ChangeApproach.PERCENTAGE, percent_improvement=0.5,
    )  # fmt: skip
    assert named(found) == [None, None, "unchanged", "improved"]
    assert found.codes[0] == UNDEFINED
    assert any("pre score of 0" in note for note in found.notes)
    assert [share.n for share in found.summary] == [1, 1, 0]
    assert [share.proportion for share in found.summary] == [0.5, 0.5, 0.0]


def test_percentages_are_reached_not_passed_and_in_tenths() -> None:
    found = analysed(
        [8.2, 10.0, 10.0, -10.0], [5.74, 7.0, 7.1, -13.0], reliability=None,
        approach=ChangeApproach.PERCENTAGE, percent_improvement=0.3,
    )  # fmt: skip
    assert named(found) == ["improved", "improved", "unchanged", "improved"]


def test_anchor_has_its_own_threshold_for_each_direction() -> None:
    found = analysed(
        [20.0] * 5, [11.0, 12.0, 24.0, 25.0, 20.0], reliability=None,
        approach=ChangeApproach.ANCHOR, mid_improvement=9.0, mid_deterioration=5.0,
    )  # fmt: skip
    assert named(found) == ["improved", "unchanged", "unchanged", "deteriorated", "unchanged"]
    assert found.index is None
    assert found.critical_value is None
    assert found.cutoff is None


# What cannot be asked, or not of these data.


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"reliability": None}, "reliability"),
        ({"reliability": 1.0}, "reliability"),
        ({"reliability": -0.1}, "reliability"),
        ({"reliability_post": 1.0}, "reliability_post"),
        ({"confidence": 1.0}, "confidence"),
        ({"sd": 0.0}, "sd"),
        ({"functional_sd": 0.0}, "functional_sd"),
        ({"functional_mean": math.inf}, "functional_mean"),
        ({"approach": ChangeApproach.COMBINED, "cutoff": CutoffType.B}, "functional_mean"),
        (
            {"approach": ChangeApproach.STATISTICAL, "cutoff": CutoffType.C,
             "functional_mean": 8.0}, "functional_sd",
        ),
        ({"approach": ChangeApproach.PERCENTAGE}, "percent_improvement"),
        ({"approach": ChangeApproach.PERCENTAGE, "percent_improvement": 50.0},
         "percent_improvement"),
        ({"percent_deterioration": 0.0}, "percent_deterioration"),
        ({"approach": ChangeApproach.ANCHOR}, "mid_improvement"),
        ({"mid_deterioration": -1.0}, "mid_deterioration"),
        ({"method": ChangeMethod.CLAUS_WAGER_BONNET}, "method"),
        ({"method": ChangeMethod.CLAUS_WAGER_BONNET, "approach": ChangeApproach.COMBINED},
         "mid_improvement"),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(asked: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as fault:
        ChangeSettings(**({"approach": ChangeApproach.DISTRIBUTION, "reliability": 0.8} | asked))
    assert fault.value.where == where


@pytest.mark.parametrize("method", BY_INDEX)
def test_reliability_0_is_possible_and_1_is_not(method: ChangeMethod) -> None:
    found = analysed([10.0, 14.0, 30.0, 21.0], [2.0, 8.0, 33.0, 1.0], reliability=0.0,
                     method=method)  # fmt: skip
    assert found.codes.shape == (4,)


def test_pre_scores_without_spread_are_refused_unless_the_sd_is_given() -> None:
    with pytest.raises(InputError, match="do not vary"):
        analysed([20.0, 20.0], [10.0, 30.0])
    assert named(analysed([20.0, 20.0], [1.0, 39.0], sd=7.0)) == ["improved", "deteriorated"]


def test_one_client_needs_the_sd() -> None:
    with pytest.raises(InputError, match="only one"):
        analysed([20.0], [10.0])
    with pytest.raises(InputError, match="one client only"):
        analysed([20.0], [10.0], sd=7.0, approach=ChangeApproach.COMBINED)
    assert named(analysed([20.0], [1.0], sd=7.0)) == ["improved"]


def test_nobody_with_both_scores_is_refused() -> None:
    with pytest.raises(InputError, match="no client"):
        analysed([math.nan, 1.0], [2.0, math.nan])


def test_true_score_cutoffs_need_a_spread_above_the_error() -> None:
    with pytest.raises(InputError, match="functional"):
        analysed(
            [20.0, 30.0, 40.0], [10.0, 20.0, 50.0], method=ChangeMethod.HAGEMAN_ARRINDELL,
            approach=ChangeApproach.STATISTICAL, functional_mean=5.0, functional_sd=1.0,
        )  # fmt: skip


def test_cutoff_a_asks_nothing_of_the_functional_population() -> None:
    pre, post = [30.0, 38.0, 25.0, 44.0], [12.0, 30.0, 24.0, 20.0]
    asked = {
        "approach": ChangeApproach.COMBINED,
        "method": ChangeMethod.HAGEMAN_ARRINDELL,
        "cutoff": CutoffType.A,
    }
    plain = analysed(pre, post, **asked)
    narrow = analysed(pre, post, **asked, functional_mean=8.0, functional_sd=2.0)
    assert plain.cutoff is not None
    assert plain.cutoff == narrow.cutoff
    assert named(plain) == named(narrow)


def test_what_is_uncertain_is_said() -> None:
    found = analysed(
        [20.0, 30.0], [15.0, 22.0], approach=ChangeApproach.COMBINED, functional_mean=40.0,
        functional_sd=5.0, method=ChangeMethod.NUNNALLY_KOTSCH,
    )  # fmt: skip
    said = " ".join(found.notes)
    for words in ("2 clients only", "is the direction right", "post score's reliability"):
        assert words in said


def test_who_is_left_out_is_counted() -> None:
    found = analysed(
        [20.0, math.nan, math.nan, 30.0, 25.0], [15.0, 1.0, math.nan, math.nan, 20.0],
    )  # fmt: skip
    assert found.clients.tolist() == [0, 4]
    assert [note for note in found.notes if "left out" in note] == [
        "1 client without a post score left out.",
        "1 client without a pre score left out.",
        "1 client without either score left out.",
    ]


# Properties.

few = hypothesis_settings(max_examples=25)  # each is asked of every method
scores = arrays.arrays(np.float64, st.integers(4, 30), elements=st.integers(0, 60).map(float))


@st.composite
def cohorts(draw: st.DrawFn) -> PrePost:
    pre = draw(scores)
    post = draw(arrays.arrays(np.float64, pre.shape, elements=st.integers(0, 60).map(float)))
    assume(pre.std() > 5.0)
    assume(post.std() > 5.0)
    return PrePost(pre=pre, post=post)


def settings_of(method: ChangeMethod, approach: ChangeApproach) -> ChangeSettings:
    return ChangeSettings(
        method=method, approach=approach, reliability=0.83, reliability_post=0.9,
        functional_mean=8.3, functional_sd=9.1, mid_improvement=9.5,
    )  # fmt: skip


def codes_or_refusal(pairs: PrePost, settings: ChangeSettings) -> list[int] | str:
    try:
        return analyse_change(pairs, settings).codes.tolist()
    except InputError as fault:
        return fault.what


@pytest.mark.parametrize("method", BY_INDEX)
@pytest.mark.parametrize("approach", APPROACHES)
@few
@given(pairs=cohorts())
def test_mirroring_scale_and_direction_changes_nothing(
    method: ChangeMethod, approach: ChangeApproach, pairs: PrePost
) -> None:
    settings = settings_of(method, approach)
    mirrored = replace(settings, better=Better.HIGHER, functional_mean=-8.3)
    turned = PrePost(pre=-pairs.pre, post=-pairs.post)
    assert codes_or_refusal(pairs, settings) == codes_or_refusal(turned, mirrored)


@pytest.mark.parametrize("method", BY_INDEX)
@few
@given(pairs=cohorts())
def test_turning_the_direction_alone_swaps_improved_and_deteriorated(
    method: ChangeMethod, pairs: PrePost
) -> None:
    settings = settings_of(method, ChangeApproach.DISTRIBUTION)
    lower = analyse_change(pairs, settings).codes
    higher = analyse_change(pairs, replace(settings, better=Better.HIGHER)).codes
    defined = lower != UNDEFINED
    np.testing.assert_array_equal(lower[defined], -higher[defined])
    np.testing.assert_array_equal(defined, higher != UNDEFINED)


@pytest.mark.parametrize("method", BY_INDEX)
@pytest.mark.parametrize("approach", APPROACHES)
@few
@given(pairs=cohorts(), power=st.integers(-3, 6), shift=st.integers(-64, 64))
def test_another_unit_and_origin_change_nothing(
    method: ChangeMethod, approach: ChangeApproach, pairs: PrePost, power: int, shift: int
) -> None:
    scale = 2.0**power  # exact in binary, so that scores on a limit stay on it
    settings = settings_of(method, approach)
    assert settings.functional_mean is not None
    assert settings.functional_sd is not None
    rescaled = replace(
        settings,
        functional_mean=settings.functional_mean * scale + shift * scale,
        functional_sd=settings.functional_sd * scale,
    )
    moved = PrePost(pre=pairs.pre * scale + shift * scale, post=pairs.post * scale + shift * scale)
    before, after = codes_or_refusal(pairs, settings), codes_or_refusal(moved, rescaled)
    if isinstance(before, list) and isinstance(after, list):
        # A client exactly on a limit may fall to either side by rounding.
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= on_a_limit(
            pairs, settings
        )
    else:
        assert before == after


def on_a_limit(pairs: PrePost, settings: ChangeSettings) -> int:
    found = analyse_change(pairs, settings)
    close = np.zeros(found.codes.shape, dtype=bool)
    limits = [
        (found.index, found.critical_value),
        (found.crossed and found.crossed.index, found.critical_value),
    ]
    for values, limit in limits:
        if values is not None and limit is not None:
            close |= np.isclose(np.abs(values), limit, rtol=1e-9)
    if found.cutoff is not None:
        for values in (found.pre, found.post):
            close |= np.isclose(values, found.cutoff.value, rtol=1e-9)
    return int(close.sum())


@pytest.mark.parametrize("method", BY_INDEX)
@few
@given(pairs=cohorts(), data=st.data())
def test_the_order_of_clients_does_not_matter(
    method: ChangeMethod, pairs: PrePost, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(pairs.pre.size))))
    settings = settings_of(method, ChangeApproach.DISTRIBUTION)
    index = analyse_change(pairs, settings).index
    mixed = analyse_change(PrePost(pre=pairs.pre[order], post=pairs.post[order]), settings).index
    assert index is not None
    assert mixed == pytest.approx(index[order], rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("method", BY_INDEX)
@few
@given(pairs=cohorts(), where=st.integers(0, 30))
def test_clients_with_a_missing_score_change_nothing_for_the_others(
    method: ChangeMethod, pairs: PrePost, where: int
) -> None:
    place = min(where, pairs.pre.size)
    more = PrePost(
        pre=np.insert(pairs.pre, place, 55.0), post=np.insert(pairs.post, place, math.nan)
    )
    settings = settings_of(method, ChangeApproach.DISTRIBUTION)
    np.testing.assert_array_equal(
        analyse_change(pairs, settings).codes, analyse_change(more, settings).codes
    )


@given(pairs=cohorts())
def test_the_batch_is_each_client_alone(pairs: PrePost) -> None:
    settings = ChangeSettings(approach=ChangeApproach.DISTRIBUTION, reliability=0.84, sd=10.0)
    found = analyse_change(pairs, settings)
    code = {Verdict.IMPROVED: 1, Verdict.UNCHANGED: 0, Verdict.DETERIORATED: -1}
    sem = 10.0 * math.sqrt(1.0 - 0.84)
    alone = [
        change_between(first, last, sem=sem, better=Better.LOWER)
        for first, last in zip(pairs.pre.tolist(), pairs.post.tolist(), strict=True)
    ]
    assert found.codes.tolist() == [code[change.verdict] for change in alone]
    assert found.index == pytest.approx([change.rci for change in alone], rel=1e-12)


@pytest.mark.parametrize("method", BY_INDEX)
@few
@given(pairs=cohorts())
def test_the_band_is_where_clients_are_unchanged(method: ChangeMethod, pairs: PrePost) -> None:
    found = analyse_change(pairs, settings_of(method, ChangeApproach.DISTRIBUTION))
    band = unchanged_band(found)
    if band is None:
        assert (found.codes == UNDEFINED).all()
        return
    lower = np.array([band.lower.at(pre) for pre in found.pre])
    upper = np.array([band.upper.at(pre) for pre in found.pre])
    near = np.isclose(found.post, lower) | np.isclose(found.post, upper)
    inside = (found.post >= lower) & (found.post <= upper)
    np.testing.assert_array_equal((found.codes == 0)[~near], inside[~near])


@given(pairs=cohorts(), data=st.data())
def test_groups_add_up_to_all(pairs: PrePost, data: st.DataObject) -> None:
    n = pairs.pre.size
    groups = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    found = analyse_change(pairs, settings_of(ChangeMethod.JACOBSON_TRUAX, APPROACHES[2]))
    parts = group_shares(found.codes, groups, 3, found.settings.categories)
    for place, whole in enumerate(found.summary):
        assert sum(part[place].n for part in parts) == whole.n
    for part in parts:
        proportions = [share.proportion for share in part]
        assert proportions == [None] * 5 or sum(proportions) == pytest.approx(1.0)  # type: ignore[arg-type]
