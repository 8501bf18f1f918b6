"""Every signal has words for both readers, and the words hold the numbers that were seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.utils import translation

from openalliance.core.course import Change, Method, Reason, SignalKind, TalkAbout, Verdict
from openalliance.site.screens.course_wording import change_words, reason_tone, reason_words
from openalliance.site.screens.wording import WORSE, Audience, card_kind, signal_words


@dataclass(frozen=True, kw_only=True)
class Found:
    kind: str
    rater: str = "client"
    seen: dict[str, float] = field(default_factory=dict)
    probability: float | None = 0.97
    low: float | None = 1.0
    high: float | None = 2.0
    method: str = Method.LOCAL_LEVEL
    talk_about: str = TalkAbout.SAFETY_NOW


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("kind", SignalKind)
@pytest.mark.parametrize("rater", ["client", "therapist"])
def test_every_signal_has_words(kind: SignalKind, audience: Audience, rater: str) -> None:
    words = signal_words(Found(kind=kind, rater=rater), audience)
    assert words.title
    assert words.seen
    assert words.why
    assert words.talk_about


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("talk_about", TalkAbout)
def test_every_method_and_every_conversation_has_words(method: str, talk_about: str) -> None:
    found = Found(kind=SignalKind.GAP, method=method, talk_about=talk_about)
    sides = [signal_words(found, audience) for audience in Audience]
    assert sides[0].talk_about != sides[1].talk_about


def test_the_numbers_seen_and_their_certainty_are_told() -> None:
    found = Found(kind=SignalKind.RUPTURE, seen={"rating": 3.0, "expected": 7.25})
    words = signal_words(found, Audience.THERAPIST)
    assert "3.0" in words.seen
    assert "7.2" in words.seen
    assert "97 of 100" in words.how_sure


def test_an_interval_says_that_it_is_one_of_95_per_cent() -> None:
    found = Found(kind=SignalKind.RELIABLE_CHANGE, seen={"improved": 1.0})
    told = signal_words(found, Audience.THERAPIST).how_sure
    assert "between 1.0 and 2.0 points (95 % interval)" in told


def test_a_working_assumption_is_not_called_published() -> None:
    found = Found(kind=SignalKind.OFF_TRACK, method=Method.TRAJECTORY)
    assert "working assumption" in signal_words(found, Audience.CLIENT).why


def test_nothing_is_ever_certain() -> None:
    for probability, told in ((1.0, "99 of 100"), (0.0, "1 of 100")):
        found = Found(kind=SignalKind.RUPTURE, probability=probability)
        assert told in signal_words(found, Audience.CLIENT).how_sure


def test_numbers_follow_the_readers_language() -> None:
    found = Found(kind=SignalKind.RUPTURE, seen={"rating": 3.5, "expected": 7.0})
    with translation.override("es"):
        assert "3,5" in signal_words(found, Audience.CLIENT).seen


def test_safety_is_a_fact_and_no_estimate() -> None:
    for audience in Audience:
        assert signal_words(Found(kind=SignalKind.SAFETY), audience).how_sure == ""


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_and_a_tone(reason: Reason) -> None:
    assert reason_words(reason)
    assert reason_tone(reason)


def test_a_turn_for_the_worse_does_not_look_like_good_news() -> None:
    worse = Found(kind=SignalKind.RELIABLE_CHANGE, seen={"deteriorated": 1.0})
    better = Found(kind=SignalKind.RELIABLE_CHANGE, seen={"improved": 1.0})
    assert card_kind(worse) == WORSE
    assert card_kind(better) == SignalKind.RELIABLE_CHANGE


def test_a_limit_that_was_never_measured_is_called_a_working_value() -> None:
    change = Change(
        first=5.0, last=3.0, change=-2.0, rci=-2.8, sd_diff=0.71, limit=1.4, probability=0.99,
        verdict=Verdict.DETERIORATED,
    )  # fmt: skip
    assert "working value" in change_words(change, Audience.THERAPIST, measured=False).caution
    assert change_words(change, Audience.THERAPIST, measured=True).caution == ""
    names = [name for name, *_ in change_words(change, Audience.CLIENT, measured=True).figures]
    assert names == ["At the start", "Now", "Change"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_slow_or_hard_times_are_no_reproach_to_the_client(language: str) -> None:
    slow = Found(kind=SignalKind.OFF_TRACK, method=Method.TRAJECTORY)
    harder = Found(kind=SignalKind.RELIABLE_CHANGE, seen={"deteriorated": 1.0})
    with translation.override(language):
        told = signal_words(slow, Audience.CLIENT).seen
        own, theirs = (
            signal_words(harder, audience) for audience in (Audience.CLIENT, Audience.THERAPIST)
        )
    assert told.endswith(("nobody’s fault.", "No es culpa de nadie."))
    assert own.title in ("Things have got harder", "Las cosas se han puesto más difíciles")
    assert theirs.title in ("Clearly worse", "Claramente peor")
    assert own.seen != theirs.seen
