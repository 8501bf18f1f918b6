"""The time after an ending: when the client is asked, what is kept, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.course.after import MONTHS
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.endings import follow_ups, wishes
from openalliance.site.records.endings.access import (
    follow_up_answers,
    follow_ups_of,
    staying_well_of,
    wishes_in,
)
from openalliance.site.records.endings.consent import newest_consent
from openalliance.site.records.endings.figures import rule
from openalliance.site.records.endings.tickets import ticket_for
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.ending_words import months_typed, months_words, sheet_parts
from openalliance.site.screens.life_page import kept_words, life_page
from openalliance.site.screens.therapist.words import day, head_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from openalliance.site.records.endings.models import FollowUp

_KEEPING = "kept {value:g} of 10, in their own view"
_CONTACT = {1.0: "not sure about talking again", 2.0: "would like to talk again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """One time at which the client is, or was, asked."""

    after: str
    when: str
    state: str
    said: str
    link: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def after(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the time after; choose when the client is asked."""
    if request.method != "POST":
        return _shown(request, episode_id)
    months = months_typed(request.POST.getlist("months"))
    try:
        follow_ups.choose_months(episode_id, months, by=acting(request), now=now())
    except InputError as fault:
        return _shown(request, episode_id, error=fault.what, status=422)
    except ConflictError as fault:
        return _shown(request, episode_id, error=str(fault), status=409)
    messages.success(request, "Kept. Your client sees these times on their own page.")
    return redirect("therapist:after", episode_id=episode_id)


@require_POST
@staff(Role.THERAPIST)
def answered(request: HttpRequest, wish_id: UUID) -> HttpResponseBase:
    """Note that somebody was in touch with a client who wished it."""
    row = wishes.answered(wish_id, by=acting(request), now=now())
    messages.success(request, "Noted. The wish leaves your caseload.")
    if row.passed_to_id == acting(request).id:
        return redirect("therapist:caseload")
    return redirect("therapist:after", episode_id=row.episode_id)


@require_POST
@staff(Role.THERAPIST)
def take_up(request: HttpRequest, wish_id: UUID) -> HttpResponseBase:
    """Begin to work with somebody whose therapist left, and go on to their personal link."""
    made = wishes.take_up(wish_id, by=acting(request), now=now())
    messages.success(
        request,
        "They are on your caseload. What they did with your colleague stays theirs to tell.",
    )
    return redirect("therapist:link", episode_id=made.pk)


@require_POST
@staff(Role.THERAPIST)
def begin_again(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Start a new episode that is joined to this one."""
    try:
        made = wishes.begin_again(episode_id, by=acting(request), now=now())
    except ConflictError as fault:
        return _shown(request, episode_id, error=str(fault), status=409)
    messages.success(request, "A new episode has begun. It is joined to the one before.")
    return redirect("therapist:client", episode_id=made.pk)


def _shown(
    request: HttpRequest, episode_id: UUID, *, error: str = "", status: int = 200
) -> HttpResponse:
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="follow-ups")
    rows, consent = follow_ups_of(by, episode), newest_consent(episode.client_id)
    chosen = {one.months for one in rows}
    context: dict[str, Any] = {
        "head": head_of(episode),
        "transferred": episode.ending == "transferred",
        "consent": "none" if consent is None else "yes" if consent.given else "no",
        "consent_at": day(consent.at) if consent else "",
        "times": _times(request, rows, follow_up_answers(by, episode), at),
        "month_choices": [
            (str(month), f"after {months_words(month)}") for month in sorted(chosen | set(MONTHS))
        ],
        "chosen": [str(month) for month in sorted(chosen)],
        "wishes": [
            (one.pk, one.kind, day(one.at), one.words, one.answered_at)
            for one in wishes_in(by, episode)
            if one.taken_back_at is None
        ],
        "sheet": sheet_parts(staying_well_of(by, episode)),
        "limit": f"{rule().limit:.1f}",
        "kept": kept_words(episode, now=at, for_client=False),
        "life": life_page(by, episode, now=at) if episode.ended_at or episode.previous_id else None,
        "error": error,
    }
    return render(request, "therapist/after.html", context, status=status)


def _times(
    request: HttpRequest,
    rows: Sequence[FollowUp],
    answers: Mapping[UUID, Sequence[tuple[str, float]]],
    at: datetime,
) -> tuple[Time, ...]:
    return tuple(
        Time(
            after=months_words(one.months),
            when=day(one.due_at),
            state=_state(one, at),
            said=_said(answers.get(one.pk, ())),
            link=_link(request, one, at),
        )
        for one in rows
    )


def _state(one: FollowUp, at: datetime) -> str:
    if one.form is None:
        return "to come"
    if one.form.submitted_at is not None:
        return f"answered {day(one.form.submitted_at)}"
    return "asked, no answer yet" if one.form.closes_at > at else "no answer"


def _said(given: Sequence[tuple[str, float]]) -> str:
    found = dict(given)
    said = [_KEEPING.format(value=found["keeping"])] if "keeping" in found else []
    if found.get("contact") in _CONTACT:
        said.append(_CONTACT[found["contact"]])
    return ", ".join(said)


def _link(request: HttpRequest, one: FollowUp, at: datetime) -> str:
    """Return the link to open questions, to be handed over where nothing is mailed."""
    form = one.form
    if form is None or form.submitted_at is not None or form.closes_at <= at:
        return ""
    path = reverse("client_questions:start", args=[ticket_for(form)])
    return request.build_absolute_uri(path)
