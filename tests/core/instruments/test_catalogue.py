"""What ships: our own forms in two languages, skeletons without a word."""

from __future__ import annotations

import pytest

from openalliance.core.instruments import (
    ItemKind,
    ItemPurpose,
    Moment,
    Rater,
    catalogue,
    parse,
    to_document,
    without_text,
)

OWN = [
    "oa-check-in", "oa-check-out-client", "oa-check-out-therapist", "oa-follow-up", "oa-exit",
    "goal-rating", "gas",
]  # fmt: skip
SKELETONS = ["phq-9", "gad-7", "core-10", "core-om", "wai-sr", "ors", "srs", "who-5", "pcl-5"]


def test_the_catalogue_is_complete() -> None:
    assert sorted(catalogue()) == sorted(OWN + SKELETONS)


@pytest.mark.parametrize("key", OWN + SKELETONS)
def test_documents_round_trip(key: str) -> None:
    instrument = catalogue()[key]
    assert parse(to_document(instrument)) == instrument
    assert hash(parse(to_document(instrument))) == hash(instrument)


@pytest.mark.parametrize("key", OWN)
@pytest.mark.parametrize("language", ["en", "es"])
class TestOwnForms:
    def test_everything_has_words(self, key: str, language: str) -> None:
        form = catalogue()[key]
        assert form.usable_in(language)
        assert language in form.title
        for item in form.items:
            assert item.text[language]
            if item.kind is ItemKind.CHOICE:
                assert all(option.label[language] for option in item.options)
            else:
                assert item.low_anchor[language] != item.high_anchor[language]
        for scale in form.scales:
            assert scale.title[language]

    def test_they_say_that_they_are_not_validated(self, key: str, language: str) -> None:
        form = catalogue()[key]
        assert not form.validated
        assert not form.text_required
        assert not any(scale.cutoffs or scale.norms for scale in form.scales)

    def test_sentences_are_short(self, key: str, language: str) -> None:
        for item in catalogue()[key].items:
            for sentence in item.text[language].replace("?", ".").split("."):
                assert len(sentence.split()) <= 25


class TestCheckIn:
    def test_life_comes_first(self) -> None:
        life = catalogue()["oa-check-in"].main_scale
        assert (life.key, len(life.items), life.minimum, life.maximum) == ("life", 5, 0, 10)
        assert life.sem == 0.5
        assert "unvalidated" in life.sem_source

    def test_tasks_are_adherence_and_may_be_left_out(self) -> None:
        tasks = catalogue()["oa-check-in"].item("tasks")
        assert tasks.purpose is ItemPurpose.ADHERENCE
        assert not tasks.required

    def test_any_mark_of_danger_counts(self) -> None:
        safety = catalogue()["oa-check-in"].item("safety")
        assert safety.purpose is ItemPurpose.SAFETY
        assert safety.safety_threshold == 1
        assert safety.options[0].label["en"] == "No"

    def test_the_follow_up_asks_life_in_the_same_words(self) -> None:
        before, after = catalogue()["oa-check-in"], catalogue()["oa-follow-up"]
        assert before.main_scale == after.main_scale
        for item_id in [*before.main_scale.items, "safety"]:
            assert before.item(item_id) == after.item(item_id)


def test_the_two_check_outs_mirror_each_other() -> None:
    client = catalogue()["oa-check-out-client"]
    therapist = catalogue()["oa-check-out-therapist"]
    assert (client.raters, therapist.raters) == ((Rater.CLIENT,), (Rater.THERAPIST,))
    assert [item.theme for item in client.items] == [
        "safe", "understood", "goals", "tasks", "pace", "honest",
    ]  # fmt: skip
    assert [item.theme for item in therapist.items] == [item.theme for item in client.items]
    assert therapist.scales == client.scales
    assert [scale.key for scale in client.scales] == [
        "alliance", "bond", "goals", "tasks", "pace", "honesty",
    ]  # fmt: skip


def test_the_exit_is_one_question() -> None:
    form = catalogue()["oa-exit"]
    assert form.moment is Moment.EXIT
    assert len(form.items) == 1


@pytest.mark.parametrize("key", SKELETONS)
class TestSkeletons:
    def test_no_word_of_a_questionnaire(self, key: str) -> None:
        skeleton = catalogue()[key]
        assert skeleton.text_required
        assert not skeleton.usable_in("en")
        assert not any(item.has_text for item in skeleton.items)
        assert without_text(skeleton) == skeleton

    def test_every_figure_has_a_source(self, key: str) -> None:
        for scale in catalogue()[key].scales:
            figures = (*scale.cutoffs, *scale.norms, *scale.reliability)
            assert all(figure.source for figure in figures)
            assert scale.reliable_change is None or scale.reliable_change.source
            assert scale.missing_source


@pytest.mark.parametrize(
    ("key", "items", "minimum", "maximum", "cutoffs"),
    [
        ("phq-9", 9, 0, 27, [5, 10, 15, 20]),
        ("gad-7", 7, 0, 21, [8, 10]),
        ("core-10", 10, 0, 40, [11]),
        ("core-om", 34, 0, 40, [10]),
        ("wai-sr", 12, 12, 60, []),
        ("ors", 4, 0, 40, [25]),
        ("srs", 4, 0, 40, []),
        ("who-5", 5, 0, 100, [50]),
        ("pcl-5", 20, 0, 80, [31, 33]),
    ],
)
def test_ranges_and_cut_offs(
    key: str, items: int, minimum: float, maximum: float, cutoffs: list[float]
) -> None:
    scale = catalogue()[key].main_scale
    assert (len(scale.items), scale.minimum, scale.maximum) == (items, minimum, maximum)
    assert [cutoff.value for cutoff in scale.cutoffs] == cutoffs


def test_core_om_domains_share_out_the_items() -> None:
    form = catalogue()["core-om"]
    domains = [form.scale(key).items for key in ("well-being", "problems", "functioning", "risk")]
    assert sorted(sum(domains, ())) == sorted(form.main_scale.items)
    assert form.main_scale.reversed == {f"core-om-{n}" for n in (3, 4, 7, 12, 19, 21, 31, 32)}


@pytest.mark.parametrize(
    ("key", "numbers"),
    [("phq-9", [9]), ("core-10", [6]), ("core-om", [6, 9, 16, 22, 24, 34]), ("gad-7", [])],
)
def test_risk_items_are_scored_and_mark_safety(key: str, numbers: list[int]) -> None:
    form = catalogue()[key]
    risk = [n for n, item in enumerate(form.items, 1) if item.purpose is ItemPurpose.SAFETY]
    assert risk == numbers
    for number in numbers:
        item = form.items[number - 1]
        assert item.safety_threshold == 1
        assert item.id in form.main_scale.items
