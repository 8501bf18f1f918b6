"""A form as screens, one thing on each: shared by client, therapist and the tablet they share.

Nothing here knows who answers or under which addresses: the screens say so with `StepUrls`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openalliance.core.errors import InputError
from openalliance.core.instruments import Item, ItemKind, ItemPurpose, Rater
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.access import form_to_answer
from openalliance.site.records.checkins.steps import (
    Step,
    marks_safety,
    missing,
    steps_of,
)
from openalliance.site.records.trust.actors import Actor
from openalliance.site.screens.wording_packs import form_lead

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm

ANSWER = "answer"
SECONDS_A_STEP = 6
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")


class UnknownStepError(InputError):
    """The form has no screen with that number."""


class LateSafetyError(services.ClosedError):
    """The form took no more answers, but one marked safety: the therapist was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUrls:
    """Where the screens of one form live."""

    step: Callable[[int], str]
    review: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPage:
    """One question with everything `ui/components/form_step.html` shows."""

    number: int
    steps: int
    kind: str
    question: str
    lead: str
    help: str
    minimum: int
    maximum: int
    resolution: str
    low: str
    high: str
    options: tuple[tuple[str, str], ...]
    value: str
    required: bool
    remaining: str
    submission: str
    action: str
    back_url: str
    skip_url: str
    next_label: str
    from_review: bool
    error: str = ""
    name: str = ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One answer on the page before sending."""

    number: int
    question: str
    answer: str
    url: str
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """All answers before they are sent; ``first_missing`` is where an answer is still needed."""

    rows: tuple[ReviewRow, ...]
    missing: int
    first_missing: str
    submission: str
    back_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one posted answer. ``following`` is the next step; none means review."""

    form: AskedForm
    following: int | None
    safety: bool


def words_in(texts: Mapping[str, str], language: str) -> str:
    """Return the words in a language, else in English, else in any there is."""
    for tag in (language, language.partition("-")[0], "en"):
        if tag in texts:
            return texts[tag]
    return next(iter(texts.values()), "")


def step_of(form: AskedForm, number: int) -> Step:
    """Return one step of a form.

    Raises
    ------
    UnknownStepError
        The form has no such step.
    """
    steps = steps_of(form)
    if not 1 <= number <= len(steps):
        raise UnknownStepError("this form has no such question", where=f"question {number}")
    return steps[number - 1]


def step_page(
    form: AskedForm,
    number: int,
    *,
    language: str,
    urls: StepUrls,
    from_review: bool = False,
) -> StepPage:
    """Return the screen of one question. ``from_review``: the answer is being changed.

    Raises
    ------
    UnknownStepError
        The form has no such step.
    """
    step = step_of(form, number)
    item, steps = step.item, steps_of(form)
    last = number == len(steps)
    following = urls.review if from_review or last else urls.step(number + 1)
    before = urls.review if from_review else urls.before if number == 1 else urls.step(number - 1)
    return StepPage(
        number=number,
        steps=len(steps),
        kind=item.kind,
        question=words_in(item.text, language),
        lead=_lead(form) if number == 1 else "",
        help=_help(item),
        minimum=int(item.minimum),
        maximum=int(item.maximum),
        resolution=f"{item.step:g}",
        low=words_in(item.low_anchor, language),
        high=words_in(item.high_anchor, language),
        options=tuple((_plain(one.value), words_in(one.label, language)) for one in item.options),
        value=_plain(step.answer),
        required=item.required,
        remaining=_remaining(len(steps) - number + 1),
        submission=str(form.pk),
        action=urls.step(number) + ("?from=review" if from_review else ""),
        back_url=before,
        skip_url="" if item.required else following,
        next_label=_("Keep this answer") if from_review else _("Next"),
        from_review=from_review,
    )


def _lead(form: AskedForm) -> str:
    """Return the line of the episode's wording pack that a client reads before the questions."""
    return form_lead(form.episode.wording, form.moment) if form.rater == Rater.CLIENT else ""


def refused(page: StepPage, typed: str) -> StepPage:
    """Return the same screen with calm words about an answer that could not be taken."""
    words = (
        _("Please choose an answer. Any answer is all right.")
        if not typed.strip()
        else _("That answer does not fit this question. Please choose one of those shown.")
    )
    return replace(page, error=words, value=typed[:20])


def receive(form_id: UUID, number: int, post: QueryDict, *, by: Actor, now: datetime) -> Received:
    """Keep the posted answer to one question.

    An answer that marks safety is told to the therapist at once, even when the form closed
    while the client was still writing.

    Raises
    ------
    UnknownStepError
        The form has no such question.
    InputError
        There is no answer where one is needed, or it does not fit the question.
    LateSafetyError
        The form takes no more answers, and this one marked safety.
    ClosedError
        The form takes no more answers.
    """
    form = form_to_answer(by, form_id)
    step = step_of(form, number)
    value = _parsed(post.get(ANSWER, ""), step.item)
    safety = marks_safety(step.item, value)
    try:
        form = services.save_answer(form_id, step.field, value, by=by, now=now)
    except services.ClosedError as closed:
        if not safety:
            raise
        services.raise_safety(form_id, step.field, value, by=by, now=now)
        raise LateSafetyError("the form takes no more answers") from closed
    count = len(steps_of(form))
    return Received(form=form, following=number + 1 if number < count else None, safety=safety)


def review_page(form: AskedForm, *, language: str, urls: StepUrls) -> ReviewPage:
    """Return the page that shows all answers before they are sent."""
    steps = steps_of(form)
    left = missing(steps)
    return ReviewPage(
        rows=tuple(
            ReviewRow(
                number=step.number,
                question=words_in(step.item.text, language),
                answer=_answer_words(step, language),
                url=f"{urls.step(step.number)}?from=review",
                missing=step.answer is None and step.item.required,
            )
            for step in steps
        ),
        missing=len(left),
        first_missing=urls.step(left[0].number) if left else "",
        submission=str(form.pk),
        back_url=urls.step(len(steps)),
    )


def all_answered(steps: Sequence[Step]) -> bool:
    """Whether nothing is left to ask before the review page."""
    return all(step.answer is not None or not step.item.required for step in steps)


def _parsed(typed: str, item: Item) -> float | None:
    typed = typed.strip().replace(",", ".")
    if not typed:
        if item.required:
            raise InputError("choose an answer", where=item.id)
        return None
    if not _NUMBER.fullmatch(typed):  # float() would also read “1_0” as ten
        raise InputError("the answer must be a number", where=item.id)
    return float(typed)


def _help(item: Item) -> str:
    """Return what to know before answering: who is told, and whether it may be left out."""
    told = item.purpose is ItemPurpose.SAFETY and _(
        "If your answer shows that you may not be safe, we tell your therapist at once."
        " You also see who can help."
    )
    optional = not item.required and _("You may leave this one out.")
    return " ".join(words for words in (told, optional) if words)


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _remaining(steps: int) -> str:
    seconds = steps * SECONDS_A_STEP
    if seconds <= 15:
        return _("nearly there")
    if seconds <= 40:
        return _("about half a minute")
    minutes = max(1, round(seconds / 60))
    return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}


def _answer_words(step: Step, language: str) -> str:
    if step.answer is None:
        return _("no answer yet") if step.item.required else _("left out")
    if step.item.kind is ItemKind.CHOICE:
        for option in step.item.options:
            if option.value == step.answer:
                return words_in(option.label, language)
    return _("%(answer)s out of %(most)s") % {
        "answer": _plain(step.answer),
        "most": _plain(step.item.maximum),
    }
