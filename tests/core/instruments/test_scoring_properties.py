"""What must hold for every instrument and every form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import (
    Instrument,
    Item,
    ItemKind,
    ReasonCode,
    Score,
    catalogue,
    score,
    score_many,
)

KEYS = sorted(catalogue())


def answer_to(item: Item) -> st.SearchStrategy[float]:
    if item.kind is ItemKind.CHOICE:
        return st.sampled_from([option.value for option in item.options])
    if item.kind is ItemKind.VISUAL_ANALOGUE:
        return st.integers(0, 100).map(lambda tenths: tenths / 10)
    return st.integers(int(item.minimum), int(item.maximum)).map(float)


def form_of(instrument: Instrument) -> st.SearchStrategy[list[float]]:
    missing = st.just(float("nan"))
    return st.tuples(
        *(st.one_of(*[answer_to(item)] * 6, missing) for item in instrument.items)
    ).map(list)


forms = st.sampled_from(KEYS).flatmap(
    lambda key: st.tuples(
        st.just(catalogue()[key]), st.lists(form_of(catalogue()[key]), min_size=1, max_size=4)
    )
)


def as_responses(instrument: Instrument, row: list[float]) -> dict[str, float | None]:
    return {
        item.id: None if np.isnan(answer) else answer
        for item, answer in zip(instrument.items, row, strict=True)
    }


@given(forms)
def test_each_row_of_many_is_the_score_of_one(case: tuple[Instrument, list[list[float]]]) -> None:
    instrument, rows = case
    table = score_many(instrument, np.array(rows))
    for position, row in enumerate(rows):
        for key, one in score(instrument, as_responses(instrument, row)).items():
            many = table.values[key][position]
            if isinstance(one, Score):
                assert many == one.value
                assert table.reasons[key][position] == ReasonCode.SCORED
            else:
                assert np.isnan(many)
                assert table.reasons[key][position] != ReasonCode.SCORED


@given(forms, st.randoms(use_true_random=False))
def test_the_order_of_forms_does_not_matter(
    case: tuple[Instrument, list[list[float]]], random: st.DrawFn
) -> None:
    instrument, rows = case
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = score_many(instrument, np.array(rows))
    shuffled = score_many(instrument, np.array(rows)[order])
    for scale in instrument.scales:
        np.testing.assert_array_equal(straight.values[scale.key][order], shuffled.values[scale.key])


@given(forms)
def test_scores_stay_in_their_range(case: tuple[Instrument, list[list[float]]]) -> None:
    instrument, rows = case
    table = score_many(instrument, np.array(rows))
    for scale in instrument.scales:
        scored = table.values[scale.key][~np.isnan(table.values[scale.key])]
        assert np.all((scored >= scale.minimum) & (scored <= scale.maximum))


@given(forms)
def test_reversing_every_item_mirrors_the_score(
    case: tuple[Instrument, list[list[float]]],
) -> None:
    instrument, rows = case
    mirrored = replace(
        instrument,
        scales=tuple(
            replace(scale, reversed=frozenset(scale.items) - scale.reversed)
            for scale in instrument.scales
        ),
    )
    straight = score_many(instrument, np.array(rows))
    mirror = score_many(mirrored, np.array(rows))
    for scale in instrument.scales:
        np.testing.assert_allclose(
            straight.values[scale.key] + mirror.values[scale.key],
            np.where(np.isnan(mirror.values[scale.key]), np.nan, scale.minimum + scale.maximum),
            rtol=1e-14,
        )


@given(st.integers(2, 9), forms)
def test_the_multiplier_multiplies(factor: int, case: tuple[Instrument, list[list[float]]]) -> None:
    instrument, rows = case
    larger = replace(
        instrument,
        scales=tuple(
            replace(
                scale,
                multiplier=scale.multiplier * factor,
                minimum=scale.minimum * factor,
                maximum=scale.maximum * factor,
            )
            for scale in instrument.scales
        ),
    )
    one, many = score_many(instrument, np.array(rows)), score_many(larger, np.array(rows))
    for scale in instrument.scales:
        np.testing.assert_allclose(
            many.values[scale.key], one.values[scale.key] * factor, rtol=1e-14
        )


@settings(max_examples=30)
@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_sums_of_tenths_are_those_of_decimal_arithmetic(tenths: list[int]) -> None:
    result = score(
        catalogue()["ors"], {f"ors-{n}": tenth / 10 for n, tenth in enumerate(tenths, 1)}
    )["total"]
    assert isinstance(result, Score)
    assert result.value == sum(tenths) / 10


def test_many_blocks_of_rows_are_scored_like_one() -> None:
    instrument = catalogue()["phq-9"]
    rng = np.random.default_rng(1)
    table = rng.integers(0, 4, (40_000, 10)).astype(float)
    table[::7, 3] = np.nan
    result = score_many(instrument, table)
    np.testing.assert_array_equal(result.values["total"], table[:, :9].sum(axis=1))


class TestRefusedAnswers:
    @pytest.mark.parametrize(
        ("responses", "item"),
        [
            ({"days": 11}, "days"),
            ({"days": -1}, "days"),
            ({"days": 6.543}, "days"),
            ({"safety": 1.5}, "safety"),
            ({"days": float("nan")}, "days"),
            ({"days": float("inf")}, "days"),
            ({"days": 654 * 10**400}, "days"),
            ({"days": "6543"}, "days"),
            ({"days": True}, "days"),
            ({"weather": 6543}, "weather"),
        ],
    )
    def test_the_message_names_the_item_and_never_the_answer(
        self, responses: dict[str, float | None], item: str
    ) -> None:
        with pytest.raises(InstrumentError) as caught:
            score(catalogue()["oa-check-in"], responses)
        assert caught.value.path == f"$.{item}"
        assert "654" not in str(caught.value)

    def test_a_table_names_row_and_item(self) -> None:
        table = np.zeros((20_000, 7))
        table[17_000, 2] = 99
        with pytest.raises(InstrumentError) as caught:
            score_many(catalogue()["oa-check-in"], table)
        assert caught.value.path == "$[17000].people"
        assert "99" not in caught.value.reason

    @pytest.mark.parametrize("shape", [(3,), (3, 6), (3, 8)])
    def test_a_table_of_another_shape(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(InstrumentError, match="7 columns"):
            score_many(catalogue()["oa-check-in"], np.zeros(shape))

    def test_infinity_in_a_table(self) -> None:
        table = np.full((1, 4), 5.0)
        table[0, 3] = np.inf
        with pytest.raises(InstrumentError, match=r"\$\[0\].ors-4"):
            score_many(catalogue()["ors"], table)

    def test_an_empty_table_has_no_scores(self) -> None:
        assert score_many(catalogue()["ors"], np.zeros((0, 4))).values["total"].shape == (0,)
