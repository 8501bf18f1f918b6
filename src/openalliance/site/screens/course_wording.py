"""The course in words: change and its verdict, the gap of both sides, why somebody is first."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from openalliance.core.course import (
    Change,
    Course,
    CourseSettings,
    Reason,
    Verdict,
)
from openalliance.core.course.measures import reliable_from
from openalliance.core.course.pairs import Apart, latest_gap
from openalliance.site.screens.wording import Audience, number


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWords:
    """A change since the first check-in: what it is, in a sentence, and its figures."""

    verdict: str
    title: str
    words: str
    caution: str
    figures: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapWords:
    """How far both sides are apart about one session, against what is usual."""

    title: str
    words: str
    why: str
    session: int | None


def change_words(change: Change, audience: Audience, *, measured: bool) -> ChangeWords:
    """Return the change of an episode in words and numbers.

    ``measured`` tells whether the questionnaire's exactness was; our own has a working value.
    """
    titles = {
        Verdict.IMPROVED: _("Clearly better than at the start"),
        Verdict.UNCHANGED: _("No clear change yet"),
        Verdict.DETERIORATED: _("Clearly worse than at the start"),
    }
    explained = {
        Verdict.IMPROVED: _("The change is larger than the ups and downs of answering."),
        Verdict.UNCHANGED: _(
            "The difference could come from the ups and downs of answering. That says nothing"
            " about how much work was done."
        ),
        Verdict.DETERIORATED: _(
            "The change is larger than the ups and downs of answering. It is worth asking what"
            " has happened, and what is needed."
        ),
    }
    signed = f"{'+' if change.change > 0 else '−' if change.change < 0 else '±'}" + number(
        abs(change.change)
    )
    figures = [
        (_("At the start"), number(change.first), ""),
        (_("Now"), number(change.last), ""),
        (_("Change"), signed, _("more than chance from %s on") % number(change.limit)),
    ]
    if audience is Audience.THERAPIST:
        figures.append(
            (
                _("Reliable change index"),
                number(change.rci),
                _("beyond ±%s is reliable") % number_format(reliable_from(change), 2),
            )
        )
    caution = _(
        "How exact this questionnaire is has not been measured yet; the limit is a working value."
    )
    return ChangeWords(
        verdict=change.verdict,
        title=titles[change.verdict],
        words=explained[change.verdict],
        caution="" if measured else caution,
        figures=tuple(figures),
    )


def gap_words(course: Course, settings: CourseSettings, audience: Audience) -> GapWords | None:
    """Return the gap about the latest session that both have rated, or nothing without one."""
    found = latest_gap(course, settings)
    if found is None:
        return None
    client, therapist, gap = found
    values = {
        "client": number(client.rating),
        "therapist": number(therapist.rating),
        "low": number(gap.usual_low),
        "high": number(gap.usual_high),
        "gap": number(gap.gap),
    }
    if audience is Audience.CLIENT:
        words = _("You rated the session %(client)s, your therapist %(therapist)s.")
    else:
        words = _("Your client rated the session %(client)s, you %(therapist)s.")
    unsure = _("Whether it is more than usual cannot be said yet.")
    return GapWords(
        title=_gap_title(gap.apart),
        words=words % values,
        why=_(
            "Over the sessions, and with the error of both ratings in mind, the difference is"
            " about %(gap)s. From %(low)s to %(high)s is usual: clients tend to rate a little"
            " higher than their therapists. A difference is nobody’s mistake."
        )
        % values
        + (f" {unsure}" if gap.apart is Apart.AT_THE_EDGE else ""),
        session=client.session,
    )


def _gap_title(apart: Apart) -> str:
    """Return the title; it calls a gap unusual only where a signal would."""
    if apart is Apart.UNUSUAL:
        return _("Further apart than usual")
    if apart is Apart.AT_THE_EDGE:
        return _("At the edge of what is usual")
    return _("As far apart as is usual")


def reason_words(key: str) -> str:
    """Return in words why somebody needs a conversation first."""
    return {
        Reason.SAFETY: _("marked the question about safety"),
        Reason.RUPTURE: _("something between you may have got difficult"),
        Reason.OFF_TRACK: _("slower than hoped"),
        Reason.DETERIORATED: _("clearly worse than at the start"),
        Reason.HARD_TO_SAY: _("said something that was hard to say"),
        Reason.MISSED_CHECK_INS: _("left out several check-ins"),
        Reason.GAP: _("you see your work differently"),
        Reason.REPAIR: _("you found your way back to each other"),
        Reason.IMPROVED: _("clearly better than at the start"),
    }[Reason(key)]


_TONE = {
    Reason.SAFETY: "danger",
    Reason.RUPTURE: "warm",
    Reason.OFF_TRACK: "warm",
    Reason.DETERIORATED: "warm",
    Reason.HARD_TO_SAY: "accent",
    Reason.MISSED_CHECK_INS: "caution",
    Reason.GAP: "caution",
    Reason.REPAIR: "good",
    Reason.IMPROVED: "good",
}


def reason_tone(key: str) -> str:
    """Return the tone of a reason's tag; the words say the same."""
    return _TONE[Reason(key)]


def reason_for_others(key: str) -> str:
    """Return the same as it reads to a third person, for staff."""
    between_them = {
        Reason.RUPTURE: "something between them may have got difficult",
        Reason.GAP: "they see their work differently",
        Reason.REPAIR: "they found their way back to each other",
    }
    return between_them.get(Reason(key)) or reason_words(key)
