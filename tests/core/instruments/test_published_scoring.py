"""Every skeleton against scores worked out by hand from the published rules."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from openalliance.core.instruments import NotScorable, Score, catalogue, score


def answers(key: str, values: list[float | None]) -> dict[str, float | None]:
    return dict(zip([item.id for item in catalogue()[key].items], values, strict=True))


def value(key: str, scale: str, values: list[float | None]) -> float:
    result = score(catalogue()[key], answers(key, values))[scale]
    assert isinstance(result, Score)
    return result.value


def reason(key: str, scale: str, values: list[float | None]) -> str:
    result = score(catalogue()[key], answers(key, values))[scale]
    assert isinstance(result, NotScorable)
    return result.reason


# CORE-OM: item n answered with n mod 5. Worked out item by item from the printed scoring key.
CORE_OM = [float(n % 5) for n in range(1, 35)]


@pytest.mark.parametrize(
    ("key", "scale", "values", "expected"),
    [
        ("phq-9", "total", [0, 1, 2, 3, 0, 1, 2, 3, 1, None], 13),
        ("phq-9", "total", [3] * 9 + [3], 27),
        ("gad-7", "total", [3, 2, 1, 0, 3, 2, 1], 12),
        ("core-10", "total", [4, 0, 0, 4, 4, 4, 4, 4, 4, 4], 40),
        ("core-10", "total", [0, 4, 4, 0, 0, 0, 0, 0, 0, 0], 0),
        ("core-10", "total", [1, 3, 2, 0, 4, 0, 2, 1, 3, 2], 16),
        ("who-5", "well-being", [5, 4, 3, 2, 1], 60),
        ("ors", "total", [7.3, 6.1, 5.0, 4.4], 22.8),
        ("ors", "total", [6.2, 6.3, 6.2, 6.3], 25.0),
        ("ors", "total", [0.1, 0.2, 0.3, 0.1], 0.7),
        ("srs", "total", [9.9, 10, 8.7, 9.1], 37.7),
        ("wai-sr", "alliance", list(range(1, 6)) * 2 + [5, 1], 36),
        ("wai-sr", "tasks", [5, 4, 1, 1, 1, 1, 1, 1, 1, 3, 1, 2], 14),
        ("wai-sr", "goals", [1, 1, 1, 5, 1, 4, 1, 3, 1, 1, 2, 1], 14),
        ("wai-sr", "bond", [1, 1, 5, 1, 4, 1, 3, 1, 2, 1, 1, 1], 14),
        ("pcl-5", "total", [0, 1, 2, 3, 4] * 4, 40),
        ("pcl-5", "intrusion", [1] * 5 + [0] * 15, 5),
        ("pcl-5", "avoidance", [0] * 5 + [2, 3] + [0] * 13, 5),
        ("pcl-5", "mood", [0] * 7 + [4] * 7 + [0] * 6, 28),
        ("pcl-5", "arousal", [0] * 14 + [1, 2, 3, 4, 0, 1], 11),
        ("gas", "level", [-2], -2),
        ("goal-rating", "progress", [7], 7),
    ],
)
def test_complete_forms(key: str, scale: str, values: list[float | None], expected: float) -> None:
    assert value(key, scale, values) == expected


class TestCoreOm:
    """1–34 mod 5: 1 2 3 4 0 | 1 2 3 4 0 | … ; raw sum of all 34 answers 6·10 + 10 = 70."""

    def test_domains(self) -> None:
        # well-being 4→0, 14→4, 17→2, 31→3 (reversed: 4−4 = 0 and 4−1 = 3)
        assert value("core-om", "well-being", CORE_OM) == 22.5
        # problems 2, 0, 3, 1, 3, 0, 3, 0, 3, 2, 3, 0
        assert value("core-om", "problems", CORE_OM) == pytest.approx(200 / 12, rel=1e-15)
        # functioning 1, 1(3), 2(7), 0, 2(12), 0(19), 3(21), 0, 1, 4, 2(32), 3
        assert value("core-om", "functioning", CORE_OM) == pytest.approx(190 / 12, rel=1e-15)
        # risk 1, 4, 1, 2, 4, 4
        assert value("core-om", "risk", CORE_OM) == pytest.approx(160 / 6, rel=1e-15)

    def test_total_is_ten_times_the_mean_of_all(self) -> None:
        assert value("core-om", "total", CORE_OM) == pytest.approx(10 * (9 + 20 + 19 + 16) / 34)
        assert value("core-om", "non-risk", CORE_OM) == pytest.approx(10 * (9 + 20 + 19) / 28)

    def test_up_to_three_missing_are_prorated(self) -> None:
        some: list[float | None] = [
            None if n in (1, 2, 6) else CORE_OM[n - 1] for n in range(1, 35)
        ]
        assert value("core-om", "total", some) == pytest.approx(10 * (64 - 1 - 2 - 1) / 31)
        assert value("core-om", "problems", some) == pytest.approx(10 * 18 / 11)
        assert reason("core-om", "risk", some) == "too-many-missing"
        more = [None if n == 3 else answer for n, answer in enumerate(some, 1)]
        assert reason("core-om", "total", more) == "too-many-missing"

    def test_item_30_is_not_reversed(self) -> None:
        right = catalogue()["core-om"]
        total = right.main_scale
        wrong = replace(right, scales=(replace(total, reversed=total.reversed | {"core-om-30"}),))
        form = answers("core-om", [*CORE_OM[:29], 4.0, *CORE_OM[30:]])
        ours, theirs = score(right, form)["total"], score(wrong, form)["total"]
        assert isinstance(ours, Score)
        assert isinstance(theirs, Score)
        assert ours.value - theirs.value == pytest.approx(40 / 34)


class TestMissing:
    @pytest.mark.parametrize("key", ["phq-9", "gad-7", "pcl-5", "who-5", "ors", "srs", "wai-sr"])
    def test_a_missing_answer_is_never_a_zero(self, key: str) -> None:
        instrument = catalogue()[key]
        full = {
            item_id: instrument.item(item_id).maximum for item_id in instrument.main_scale.items
        }
        first = instrument.main_scale.items[0]
        for partial in ({**full, first: None}, {k: v for k, v in full.items() if k != first}):
            result = score(instrument, partial)[instrument.main_scale.key]
            assert result == NotScorable(
                scale=instrument.main_scale.key,
                reason="too-many-missing",
                answered=len(full) - 1,
                missing=1,
            )

    def test_core_10_with_one_missing_is_prorated(self) -> None:
        nine: list[float | None] = [None, 3, 2, 0, 4, 0, 2, 1, 3, 2]
        assert value("core-10", "total", nine) == pytest.approx(15 / 9 * 10, rel=1e-15)
        assert (
            reason("core-10", "total", [None, None, 2, 0, 4, 0, 2, 1, 3, 2]) == "too-many-missing"
        )

    @pytest.mark.parametrize("key", sorted(catalogue()))
    def test_an_empty_form_has_no_score(self, key: str) -> None:
        for result in score(catalogue()[key], {}).values():
            assert isinstance(result, NotScorable)
            assert result.reason == "no-answers"

    def test_the_difficulty_question_is_not_part_of_the_score(self) -> None:
        without = value("phq-9", "total", [1] * 9 + [None])
        assert without == value("phq-9", "total", [1] * 9 + [3]) == 9


class TestOwnForms:
    def test_life_is_the_mean_of_its_five(self) -> None:
        result = score(
            catalogue()["oa-check-in"],
            {"days": 7, "energy": 5, "people": 8, "doing": 6, "coping": 3, "tasks": 0, "safety": 3},
        )
        assert result == {
            "life": Score(scale="life", value=5.8, answered=5, missing=0),
            "adherence": Score(scale="adherence", value=0.0, answered=1, missing=0),
        }

    def test_no_agreed_tasks_is_not_no_adherence(self) -> None:
        assert isinstance(score(catalogue()["oa-check-in"], {"days": 7})["adherence"], NotScorable)

    def test_alliance_and_its_parts(self) -> None:
        form = {"safe": 9, "understood": 8, "goals": 7, "tasks": 6, "pace": 4, "honest": 2}
        result = score(catalogue()["oa-check-out-client"], form)
        found = {key: one.value for key, one in result.items() if isinstance(one, Score)}
        assert found == {
            "alliance": 6, "bond": 8.5, "goals": 7, "tasks": 6, "pace": 4, "honesty": 2,
        }  # fmt: skip


def test_working_errors_follow_from_the_figures_beside_them() -> None:
    def sem(key: str) -> float | None:
        return catalogue()[key].main_scale.sem

    assert sem("phq-9") == pytest.approx(1.824143634691839)
    assert sem("gad-7") == pytest.approx(1.2727922061357857)
    assert sem("core-10") == pytest.approx(2.434953798338837)
    # The WHO-5's well-known 10 points are a relevant change, within the error of a single client.
    for key in ("core-om", "pcl-5", "who-5"):
        change = catalogue()[key].main_scale.reliable_change
        assert change is not None
        assert sem(key) == pytest.approx(change.value / (1.96 * math.sqrt(2)))
