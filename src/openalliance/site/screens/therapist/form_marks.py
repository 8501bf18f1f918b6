"""Where the forms of a session stand: state only, never an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from openalliance.site.screens.therapist.words import FORM_NAMES, moment

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm


class FormState(StrEnum):
    """How far a form has come."""

    LATER = "later"
    OPEN = "open"
    SEALED = "sealed"
    SENT = "sent"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormMark:
    """One form: whose it is and how far it has come."""

    id: UUID
    name: str
    is_client: bool
    state: FormState
    words: str


def mark_of(form: AskedForm, at: datetime) -> FormMark:
    """Return the state of one form in words."""
    state = _state(form, at)
    words = {
        FormState.LATER: f"opens {moment(form.opens_at)}",
        FormState.OPEN: f"open until {moment(form.closes_at)}",
        FormState.SEALED: f"sent, sealed until both are in, at the latest {moment(form.closes_at)}",
        FormState.SENT: "sent",
        FormState.MISSED: "not answered",
    }
    return FormMark(
        id=form.pk,
        name=FORM_NAMES.get(form.moment, form.moment),
        is_client=form.rater == "client",
        state=state,
        words=words[state],
    )


def marks_by_session(found: Iterable[AskedForm], at: datetime) -> dict[UUID, tuple[FormMark, ...]]:
    """Return the marks of each session's forms: check-in first, the client's side first."""
    marks: dict[UUID, list[FormMark]] = {}
    for form in found:
        if form.session_id is not None:
            marks.setdefault(form.session_id, []).append(mark_of(form, at))
    return {
        session_id: tuple(sorted(ones, key=lambda one: (one.name, not one.is_client)))
        for session_id, ones in marks.items()
    }


def all_in(marks: Iterable[FormMark]) -> bool:
    """Whether every form of a session was sent and nothing is sealed any more."""
    states = [mark.state for mark in marks]
    return bool(states) and all(state is FormState.SENT for state in states)


def _state(form: AskedForm, at: datetime) -> FormState:
    if form.submitted_at is not None:
        sealed = form.moment == "check-out" and form.unsealed_at is None
        return FormState.SEALED if sealed else FormState.SENT
    if at < form.opens_at:
        return FormState.LATER
    return FormState.OPEN if at < form.closes_at else FormState.MISSED
