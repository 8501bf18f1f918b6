"""Signals in words: what was seen, how sure it is, why it is shown, what to talk about.

Every signal is an offer to talk and never a verdict, for the therapist and for the client alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openalliance.core.course import Method, SignalKind, TalkAbout
from openalliance.core.instruments import Rater
from openalliance.site.screens.wording_packs import NEUTRAL, opening

WORSE = "worse"


class Audience(StrEnum):
    """Who reads the words."""

    THERAPIST = "therapist"
    CLIENT = "client"


class FoundSignal(Protocol):
    """What the words need of a signal's row."""

    kind: str
    rater: str
    seen: Mapping[str, float]
    probability: float | None
    low: float | None
    high: float | None
    method: str
    talk_about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWords:
    """One signal in plain words; ``how_sure`` is empty for what is a plain fact."""

    title: str
    seen: str
    how_sure: str
    why: str
    talk_about: str


def signal_words(
    signal: FoundSignal, audience: Audience | str, *, wording: str = NEUTRAL
) -> SignalWords:
    """Return a signal in words for its reader, in the active language and an episode's wording."""
    reader = Audience(audience)
    kind = SignalKind(signal.kind)
    return SignalWords(
        title=_own_title(signal) if reader is Audience.CLIENT else kind_label(signal),
        seen=_SEEN[kind](signal, reader),
        how_sure=_HOW_SURE[kind](signal, reader),
        why=_why(signal.method),
        talk_about=_talk_about(signal.talk_about, reader, wording),
    )


def kind_label(signal: FoundSignal) -> str:
    """Return the short name of what a signal is about."""
    match SignalKind(signal.kind):
        case SignalKind.SAFETY:
            return _("Safety")
        case SignalKind.RUPTURE:
            if signal.method == Method.CUSUM:
                return _("Your work together may have been getting harder")
            return _("Something between you may have got difficult")
        case SignalKind.REPAIR:
            return _("You found your way back to each other")
        case SignalKind.OFF_TRACK:
            return _("Slower than hoped")
        case SignalKind.RELIABLE_CHANGE:
            return _("Clearly better") if _improved(signal) else _("Clearly worse")
        case SignalKind.GAP:
            return _("You see your work together differently")
        case SignalKind.MISSED_CHECK_INS:
            return _("Check-ins left out")


def _own_title(signal: FoundSignal) -> str:
    if card_kind(signal) == WORSE:
        return _("Things have got harder")
    return kind_label(signal)


def card_kind(signal: FoundSignal) -> str:
    """Return how a signal's card looks: like its kind, and a turn for the worse like a strain."""
    if signal.kind == SignalKind.RELIABLE_CHANGE and not _improved(signal):
        return WORSE
    return signal.kind


def number(value: float) -> str:
    """Return a value with one decimal, as the active language writes it."""
    rounded = round(value, 1) + 0.0  # never “-0.0”
    return str(number_format(rounded, 1)).replace("-", "−")


def _improved(signal: FoundSignal) -> bool:
    return "improved" in signal.seen


def _seen_of(signal: FoundSignal, key: str) -> str:
    return number(signal.seen.get(key, 0.0))


def _safety_seen(signal: FoundSignal, reader: Audience) -> str:
    if reader is Audience.CLIENT:
        return _("You told us that you may not be safe. Your therapist was told at once.")
    return _("Your client marked the question about their safety.")


def _rupture_seen(signal: FoundSignal, reader: Audience) -> str:
    values = {"rating": _seen_of(signal, "rating"), "usual": _seen_of(signal, "expected")}
    of_client, for_client = signal.rater == Rater.CLIENT, reader is Audience.CLIENT
    if signal.method == Method.CUSUM:
        return _slow_rupture_seen(of_client=of_client, for_client=for_client) % values
    return _sudden_rupture_seen(of_client=of_client, for_client=for_client) % values


def _sudden_rupture_seen(*, of_client: bool, for_client: bool) -> str:
    if of_client:
        if for_client:
            return _("You rated your work together %(rating)s. Before, it was about %(usual)s.")
        return _("Your client rated your work together %(rating)s. Before, it was about %(usual)s.")
    if for_client:
        return _(
            "Your therapist rated your work together %(rating)s. Before, it was about %(usual)s."
        )
    return _("You, the therapist, rated your work together %(rating)s; before, about %(usual)s.")


def _slow_rupture_seen(*, of_client: bool, for_client: bool) -> str:
    if of_client:
        if for_client:
            return _(
                "Over several sessions your ratings of your work together have gone down, to"
                " %(rating)s. Before, they were about %(usual)s."
            )
        return _(
            "Over several sessions your client’s ratings of your work together have gone down, to"
            " %(rating)s. Before, they were about %(usual)s."
        )
    if for_client:
        return _(
            "For some sessions your therapist has rated your work together lower: now about"
            " %(rating)s. Before, it was about %(usual)s."
        )
    return _(
        "Over several sessions your own ratings of your work together have gone down, to"
        " %(rating)s. Before, they were about %(usual)s."
    )


def _repair_seen(signal: FoundSignal, reader: Audience) -> str:
    values = {"level": _seen_of(signal, "level"), "before": _seen_of(signal, "before")}
    return (
        _("Your work together is rated about %(level)s again. Before it got hard: %(before)s.")
        % values
    )


def _off_track_seen(signal: FoundSignal, reader: Audience) -> str:
    weeks = max(1, round(signal.seen.get("weeks", 0.0)))
    values = {
        "value": _seen_of(signal, "value"),
        "expected": _seen_of(signal, "expected"),
        "weeks": weeks,
    }
    if reader is Audience.CLIENT:
        return (
            ngettext(
                "Your last check-in was %(value)s. For people who started like you, it is often"
                " about %(expected)s after %(weeks)d week. This is nobody’s fault.",
                "Your last check-in was %(value)s. For people who started like you, it is often"
                " about %(expected)s after %(weeks)d weeks. This is nobody’s fault.",
                weeks,
            )
            % values
        )
    return (
        ngettext(
            "The last check-in was %(value)s. After %(weeks)d week, clients who started alike"
            " are expected at about %(expected)s.",
            "The last check-in was %(value)s. After %(weeks)d weeks, clients who started alike"
            " are expected at about %(expected)s.",
            weeks,
        )
        % values
    )


def _change_seen(signal: FoundSignal, reader: Audience) -> str:
    values = {"first": _seen_of(signal, "first"), "last": _seen_of(signal, "last")}
    values["limit"] = _seen_of(signal, "limit")
    if reader is Audience.CLIENT:
        return (
            _(
                "From %(first)s at the start to %(last)s on that day. That is more than the ups"
                " and downs of single days."
            )
            % values
        )
    return (
        _(
            "From %(first)s at the start to %(last)s on that day. Up to %(limit)s could be the"
            " ups and downs of answering."
        )
        % values
    )


def _gap_seen(signal: FoundSignal, reader: Audience) -> str:
    values = {"client": _seen_of(signal, "client"), "therapist": _seen_of(signal, "therapist")}
    if reader is Audience.CLIENT:
        return (
            _("You rate your work together about %(client)s, your therapist about %(therapist)s.")
            % values
        )
    return (
        _("Your client rates your work together about %(client)s, you about %(therapist)s.")
        % values
    )


def _missed_seen(signal: FoundSignal, reader: Audience) -> str:
    missed = round(signal.seen.get("missed", 0.0))
    return ngettext(
        "%(n)d check-in was left out.", "%(n)d check-ins in a row were left out.", missed
    ) % {"n": missed}


def _plain_fact(signal: FoundSignal, reader: Audience) -> str:
    return ""


def _rupture_sure(signal: FoundSignal, reader: Audience) -> str:
    return _("About %(n)s of 100 sure that this is more than the usual ups and downs.") % {
        "n": _of_100(signal.probability)
    }


def _repair_sure(signal: FoundSignal, reader: Audience) -> str:
    return _("About %(n)s of 100 sure that it is back to where it was.") % {
        "n": _of_100(signal.probability)
    }


def _off_track_sure(signal: FoundSignal, reader: Audience) -> str:
    return _(
        "Of 100 people with such a start, about %(n)s may be expected to do better by then."
    ) % {"n": _of_100(signal.probability)}


def _change_sure(signal: FoundSignal, reader: Audience) -> str:
    values = {"n": _of_100(signal.probability)}
    if signal.low is None or signal.high is None:
        return _("About %(n)s of 100 sure that the change is real.") % values
    values |= {"low": number(signal.low), "high": number(signal.high)}
    return (
        _(
            "About %(n)s of 100 sure that the change is real. It lies between %(low)s and"
            " %(high)s points (95 %% interval)."
        )
        % values
    )


def _gap_sure(signal: FoundSignal, reader: Audience) -> str:
    values = {
        "n": _of_100(signal.probability),
        "low": _seen_of(signal, "usual_low"),
        "high": _seen_of(signal, "usual_high"),
    }
    return (
        _(
            "About %(n)s of 100 sure that the difference is larger than usual. Usual is from"
            " %(low)s to %(high)s: clients often rate a little higher than their therapists."
        )
        % values
    )


def _of_100(probability: float | None) -> str:
    if probability is None:
        return "?"
    return str(min(99, max(1, round(probability * 100))))


_Sentence = Callable[[FoundSignal, Audience], str]
_SEEN: Mapping[SignalKind, _Sentence] = {
    SignalKind.SAFETY: _safety_seen,
    SignalKind.RUPTURE: _rupture_seen,
    SignalKind.REPAIR: _repair_seen,
    SignalKind.OFF_TRACK: _off_track_seen,
    SignalKind.RELIABLE_CHANGE: _change_seen,
    SignalKind.GAP: _gap_seen,
    SignalKind.MISSED_CHECK_INS: _missed_seen,
}
_HOW_SURE: Mapping[SignalKind, _Sentence] = {
    SignalKind.SAFETY: _plain_fact,
    SignalKind.RUPTURE: _rupture_sure,
    SignalKind.REPAIR: _repair_sure,
    SignalKind.OFF_TRACK: _off_track_sure,
    SignalKind.RELIABLE_CHANGE: _change_sure,
    SignalKind.GAP: _gap_sure,
    SignalKind.MISSED_CHECK_INS: _plain_fact,
}


def _why(method: str) -> str:
    match Method(method):
        case Method.LOCAL_LEVEL:
            return _(
                "Each rating is compared with the level of this person’s own earlier ratings."
                " Ordinary ups and downs are taken into account, so a small fall is no signal."
            )
        case Method.CUSUM:
            return _(
                "No single rating was unusual, but several in a row were lower than this person’s"
                " own earlier ones. Together they are more than ordinary ups and downs."
            )
        case Method.TRAJECTORY:
            return _(
                "The check-ins are compared with how things usually go for people who started"
                " at the same point. Where nothing is published, that is a working assumption; with"
                " enough clients of its own, the practice’s own data count too."
            )
        case Method.RELIABLE_CHANGE:
            return _(
                "Answers vary a little from day to day. This change from the first check-in is"
                " larger than that (reliable change after Jacobson and Truax)."
            )
        case Method.NORMAL_GAP:
            return _(
                "Two people never rate the same hour quite alike. The difference is compared with"
                " how far client and therapist usually are apart in published studies."
            )
        case Method.SAFETY_ITEM:
            return _("This is an answer and not an estimate. It is always shown, and at once.")
        case Method.COUNT:
            return _("This is a plain count of check-ins that were asked and not answered.")


def _talk_about(key: str, reader: Audience, wording: str) -> str:
    about, for_client = TalkAbout(key), reader is Audience.CLIENT
    neutral = _for_client if for_client else _for_therapist
    return opening(wording, about, for_client=for_client) or neutral(about)


def _for_therapist(key: TalkAbout) -> str:
    match key:
        case TalkAbout.SAFETY_NOW:
            return _("Ask directly and calmly how safe they are right now, and what would help.")
        case TalkAbout.WHAT_HAPPENED_BETWEEN_US:
            return _("“Did something in that session feel wrong between us? What was it like?”")
        case TalkAbout.WHAT_HELPED_REPAIR:
            return _("“Something got easier between us again. What helped?”")
        case TalkAbout.WHAT_TO_CHANGE:
            return _("“Is what we do helping? What should we do differently?”")
        case TalkAbout.WHAT_GOT_BETTER:
            return _("“Something has changed for the better. What have you done for it?”")
        case TalkAbout.WHAT_GOT_WORSE:
            return _("“Things have got harder. What has happened, and what do you need?”")
        case TalkAbout.HOW_EACH_SEES_IT:
            return _("“We see our work a little differently. How does it look from your side?”")
        case TalkAbout.WHETHER_CHECK_INS_FIT:
            return _("“Do the check-ins suit you? Shall we change when or how often?”")


def _for_client(key: TalkAbout) -> str:
    match key:
        case TalkAbout.SAFETY_NOW:
            return _("How safe you are now, and what would help you.")
        case TalkAbout.WHAT_HAPPENED_BETWEEN_US:
            return _("Whether something between you and your therapist did not feel right.")
        case TalkAbout.WHAT_HELPED_REPAIR:
            return _("What helped to make it easier again.")
        case TalkAbout.WHAT_TO_CHANGE:
            return _("What you could do differently in your sessions.")
        case TalkAbout.WHAT_GOT_BETTER:
            return _("What got better, and what you did for it.")
        case TalkAbout.WHAT_GOT_WORSE:
            return _("What got harder, and what you need.")
        case TalkAbout.HOW_EACH_SEES_IT:
            return _("How your work together looks from your side and from theirs.")
        case TalkAbout.WHETHER_CHECK_INS_FIT:
            return _("Whether the check-ins suit you, and when they would.")
