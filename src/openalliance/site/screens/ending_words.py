"""Words about endings and the time after that both sides' pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from openalliance.core.course.leaving import Feels, Leaving
from openalliance.core.plan import Aspect
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.endings.services import EXIT, Review, Sheet
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.plan_review import (
    LOOKED_BACK_ON,
    Question,
    answers_typed,
    last_questions,
)

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.endings.models import EndingReview, StayingWell

PARTS = ("signs", "steps", "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedBack:
    """What one side wrote at the end, as questions and answers; empty ones are left out."""

    feels: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """One part of the sheet for staying well, as lines to read and to write in."""

    name: str
    title: str
    help: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def feels_options() -> tuple[tuple[str, str], ...]:
    """Return the answers to how right it feels to end here."""
    return tuple((str(one.value), words) for one, words in _feels().items())


def _feels() -> Mapping[Feels, str]:
    return {
        Feels.RIGHT: _("Yes, this is a good place to end"),
        Feels.MIXED: _("Partly"),
        Feels.WRONG: _("No, not for me"),
    }


def questions_at_the_end() -> tuple[tuple[str, str], ...]:
    """Return what both are asked in words: field and question."""
    return (
        ("changed", _("What has changed since you began?")),
        ("helped", _("What helped most?")),
        ("missing", _("What was missing, or is still open?")),
    )


def looked_back(review: EndingReview | None) -> LookedBack | None:
    """Return what one side wrote, in words."""
    if review is None:
        return None
    feels = _feels()[Feels(review.feels)] if review.feels in set(Feels) else ""
    answers = ((words, getattr(review, name)) for name, words in questions_at_the_end())
    return LookedBack(feels=feels, answers=tuple(pair for pair in answers if pair[1]))


def review_typed(post: QueryDict) -> Review:
    """Return what was typed on the page that looks back."""
    feels = post.get("feels", "")
    return Review(
        feels=int(feels) if feels in {str(one.value) for one in Feels} else None,
        **{name: post.get(name, "").strip() for name, _words in questions_at_the_end()},
    )


def goals_asked(episode: Episode, *, for_client: bool) -> tuple[Question, ...]:
    """Return the questions about the goals of the agreed plan; none without one."""
    agreed = plan_of_episode(episode).agreed
    return last_questions(plan_of(agreed), for_client=for_client) if agreed else ()


def goals_typed(post: QueryDict, episode: Episode) -> Mapping[tuple[Aspect, str], int]:
    """Return what was answered about the goals."""
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        return {}
    typed = answers_typed(post, plan_of(agreed))
    return {key: value for key, value in typed.items() if key[0] in LOOKED_BACK_ON}


def sheet_parts(row: StayingWell | None) -> tuple[SheetPart, ...]:
    """Return the parts of the sheet for staying well."""
    content = row.content if row is not None else {}
    words = {
        "signs": (
            _("My warning signs"),
            _("How do you notice, early, that things get harder? One in each line."),
        ),
        "steps": (_("What I do then"), _("What has helped before? One in each line.")),
        "people": (
            _("Who I turn to"),
            _("Who may know, and who can help? One in each line."),
        ),
    }
    return tuple(
        SheetPart(name=name, title=words[name][0], help=words[name][1],
                  lines=tuple(content.get(name, ())))
        for name in PARTS
    )  # fmt: skip


def sheet_typed(post: QueryDict) -> Sheet:
    """Return the sheet that was typed, one line each."""
    return Sheet(**{name: _lines(post.get(name, "")) for name in PARTS})


def _lines(typed: str) -> tuple[str, ...]:
    stripped = (line.strip().lstrip("-•*").strip() for line in typed.splitlines())
    return tuple(line for line in stripped if line)


def reason_words(reason: int | None) -> str:
    """Return why somebody left, as they said it."""
    if reason is None:
        return ""
    language = translation.get_language() or "en"
    for option in instrument(EXIT).item("reason").options:
        if option.value == reason:
            return words_in(option.label, language)
    return ""


def leaving_words(leaving: Leaving) -> str:
    """Return how somebody left, for staff."""
    return {
        Leaving.WELL: "They left well, in their own words.",
        Leaving.BADLY: "They left badly, in their own words.",
        Leaving.OTHERWISE: "They left neither well nor badly.",
        Leaving.UNKNOWN: "We do not know how it was for them. They have not said.",
    }[leaving]


def months_words(months: int) -> str:
    """Return a length such as “3 months” or “2 years”."""
    if months >= 12 and months % 12 == 0:
        years = months // 12
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}


def day_of(at: datetime) -> str:
    """Return a day such as “3 March 2027”."""
    return formats.date_format(timezone.localtime(at), pgettext("date format", "j F Y"))


def months_typed(typed: Sequence[str]) -> tuple[int, ...]:
    """Return the months that were typed; what is no number becomes 0, which is refused."""
    found = [one.strip() for one in typed if one.strip()]
    return tuple(
        int(one) if one.isascii() and one.isdigit() and len(one) < 4 else 0 for one in found
    )
