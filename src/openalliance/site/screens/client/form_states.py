"""Where a form stands, and what the client is told when it takes no answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from openalliance.site.records.checkins.steps import safety_marked, steps_of
from openalliance.site.screens.client.words import day_and_time

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm


class State(StrEnum):
    """Whether a form takes answers, and why not."""

    OPEN = "open"
    SENT = "sent"
    REMOVED = "removed"
    EARLY = "early"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPage:
    """Why a form takes no answers, said so that nobody worries; with the HTTP status."""

    status: int
    title: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """Thanks, and what happens with the answers now."""

    title: str
    words: tuple[str, ...]
    offers_hard_to_say: bool
    help_now: bool


def state_of(form: AskedForm, now: datetime) -> State:
    """Return where a form stands."""
    if form.submitted_at is not None:
        return State.SENT
    if form.session is not None and form.session.removed_at is not None:
        return State.REMOVED
    if now < form.opens_at:
        return State.EARLY
    return State.OVER if now >= form.closes_at else State.OPEN


def who_reads(form: AskedForm) -> str:
    """Return who reads the answers and when: said before the first one is given."""
    if form.moment == "check-in":
        return _("Once you send your answers, your therapist can read them.")
    if form.moment == "check-out":
        return _(
            "Your therapist first gives their own answers. Only then, or when the time is over,"
            " can they see yours."
        )
    if form.moment in {"follow-up", "exit"}:
        return _("Your therapist can read your answer. You do not have to give one.")
    return ""


def closed_page(form: AskedForm, now: datetime) -> ClosedPage:
    """Return what is said about a form that takes no answers and was not sent."""
    state = state_of(form, now)
    if state is State.REMOVED:
        return ClosedPage(
            status=410,
            title=_("This session is no longer planned"),
            words=(
                _("Your practice took it off the list. These questions are not needed any more."),
                _("You did nothing wrong, and there is nothing you need to do."),
            ),
        )
    if state is State.EARLY:
        return ClosedPage(
            status=409,
            title=_("It is a little early"),
            words=(
                _("These questions open on %(when)s. Please come back then.")
                % {"when": day_and_time(form.opens_at)},
            ),
        )
    if form.moment in {"follow-up", "exit"}:
        return ClosedPage(
            status=410,
            title=_("The time for these questions is over"),
            words=(_("That is fine. There is nothing you need to do."),),
        )
    return ClosedPage(
        status=410,
        title=_("The time for these questions is over"),
        words=(
            _("They closed on %(when)s. That happens, and it is fine.")
            % {"when": day_and_time(form.closes_at)},
            _("Your next session will have new ones. If there is something you want to say now,"
              " you can still write it down."),
        ),
    )  # fmt: skip


def sent_page(form: AskedForm, now: datetime, *, already: bool = False) -> SentPage:
    """Return the thanks for a form that was sent, and whether it was sent before."""
    title = _("Already sent, thank you") if already else _("Thank you")
    words = [_("Your answers are safe with us.")] if not already else [
        _("We have your answers. They were sent once, and that is all that is needed."),
    ]  # fmt: skip
    if form.moment == "check-in":
        words.append(_("You and your therapist can look at them together in your session."))
    elif form.moment == "check-out":
        words.append(
            _("You can both see how each of you saw the session.")
            if form.unsealed_at is not None
            else _("They stay sealed until your therapist has answered too, or until %(when)s."
                   " Then you both see both.") % {"when": day_and_time(form.closes_at)}
        )  # fmt: skip
    else:
        words.append(_("The door stays open: you can come back at any time."))
    return SentPage(
        title=title,
        words=tuple(words),
        offers_hard_to_say=form.moment == "check-out",
        help_now=safety_marked(steps_of(form)) is not None,
    )
