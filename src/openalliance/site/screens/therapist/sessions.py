"""The sessions of an episode: planned, held, missed, taken out and put back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care.access import (
    own_episode_for,
    removed_sessions_of,
    session_for,
    sessions_of,
)
from openalliance.site.records.checkins.access import forms_of_episode
from openalliance.site.records.checkins.series import plan_series
from openalliance.site.records.checkins.services import close_due
from openalliance.site.records.checkins.sessions import (
    cancel_session,
    move_session,
    remove_session,
    restore_session,
    set_session_status,
)
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.form_marks import FormMark, all_in, marks_by_session
from openalliance.site.screens.therapist.local_times import Resolved, resolve, weekly
from openalliance.site.screens.therapist.words import (
    STATUSES,
    Head,
    called_off_words,
    head_of,
    is_running,
    is_unclear,
    moment,
    status_words,
)

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session


class PlanForm(forms.Form):
    """One appointment, or the same one every week or so."""

    date = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}))
    minutes = forms.IntegerField(label="Minutes", min_value=5, max_value=480, initial=50)
    times = forms.IntegerField(
        label="How many sessions", help_text="1 is a single one.", min_value=1, max_value=52,
        initial=1,
    )  # fmt: skip
    every_weeks = forms.IntegerField(
        label="Every how many weeks", min_value=1, max_value=12, initial=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session with what became of it and of its forms."""

    id: UUID
    number: int
    when: str
    minutes: int
    status: str
    status_words: str
    is_past: bool
    is_unclear: bool
    date: str
    time: str
    called_off: str
    marks: tuple[FormMark, ...]

    @property
    def all_in(self) -> bool:
        return all_in(self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage:
    """All sessions, coming ones first, and those that were taken out."""

    head: Head
    zone: str
    coming: tuple[SessionRow, ...]
    past: tuple[SessionRow, ...]
    removed: tuple[SessionRow, ...]
    statuses: tuple[tuple[str, str], ...] = STATUSES


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show the sessions; plan one or a series."""
    by, at = acting(request), now()
    close_due(by.practice_id, now=at)
    episode = own_episode_for(by, episode_id, now=at, reading="sessions")
    zone = ZoneInfo(episode.practice.time_zone)
    form, status = PlanForm(initial={"date": timezone.localdate(at, zone)}), 200
    if request.method == "POST":
        form, status = PlanForm(request.POST), 422
        if form.is_valid():
            try:
                planned = _planned(form, zone)
                plan_series(
                    episode_id,
                    [one.at for one in planned],
                    minutes=form.cleaned_data["minutes"],
                    by=by,
                    now=at,
                )
            except InputError as fault:
                form.add_error(fault.where if fault.where in form.fields else None, fault.what)
            except ConflictError as fault:
                form.add_error(None, str(fault))
                status = 409
            else:
                _say_planned(request, planned)
                return redirect("therapist:sessions", episode_id=episode_id)
    page = sessions_page(
        episode,
        marks_by_session(forms_of_episode(by, episode), at),
        at,
    )
    context = {"page": page, "head": page.head, "form": form}
    return render(request, "therapist/sessions.html", context, status=status)


def _planned(form: PlanForm, zone: ZoneInfo) -> tuple[Resolved, ...]:
    given = form.cleaned_data
    return weekly(
        given["date"],
        given["time"],
        zone,
        times=given["times"],
        every_weeks=given["every_weeks"],
    )


def _say_planned(request: HttpRequest, planned: tuple[Resolved, ...]) -> None:
    count = len(planned)
    words = "The session is planned." if count == 1 else f"{count} sessions are planned."
    messages.success(request, f"{words} Check-ins and check-outs will be asked in time.")
    for one in planned:
        if one.twice:
            messages.info(
                request,
                f"On {one.local:%-d %B %Y} the clock shows {one.local:%H:%M} twice;"
                " the first of the two was taken.",
            )


def sessions_page(
    episode: Episode, marks: dict[UUID, tuple[FormMark, ...]], at: datetime
) -> SessionsPage:
    """Return all sessions with their words."""
    rows = [_row(one, marks.get(one.pk, ()), at) for one in sessions_of(episode)]
    return SessionsPage(
        head=head_of(episode),
        zone=episode.practice.time_zone.replace("_", " "),
        coming=tuple(row for row in rows if not row.is_past),
        past=tuple(reversed([row for row in rows if row.is_past])),
        removed=tuple(_row(one, (), at) for one in removed_sessions_of(episode)),
    )


def _row(session: Session, marks: tuple[FormMark, ...], at: datetime) -> SessionRow:
    return SessionRow(
        id=session.pk,
        number=session.number,
        when=moment(session.starts_at),
        minutes=session.minutes,
        status=session.status,
        status_words="now" if is_running(session, at) else status_words(session, at),
        is_past=session.starts_at <= at,
        is_unclear=is_unclear(session, at),
        date=f"{timezone.localtime(session.starts_at):%Y-%m-%d}",
        time=f"{timezone.localtime(session.starts_at):%H:%M}",
        called_off=called_off_words(session),
        marks=marks,
    )


class MoveForm(forms.Form):
    """Another time for one appointment."""

    date = forms.DateField()
    time = forms.TimeField()
    minutes = forms.IntegerField(min_value=5, max_value=480)


@require_POST
@staff(Role.THERAPIST)
def move(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Give a session another time; its forms move with it."""
    by, at = acting(request), now()
    session = session_for(by, session_id, now=at)
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise InputError("give a date, a time and a length in minutes", where="date")
    zone = ZoneInfo(session.episode.practice.time_zone)
    new = resolve(form.cleaned_data["date"], form.cleaned_data["time"], zone)
    minutes = form.cleaned_data["minutes"]
    session = move_session(session_id, new.at, minutes=minutes, by=by, now=at)
    messages.success(request, f"Session {session.number} is moved to {moment(session.starts_at)}.")
    return redirect("therapist:sessions", episode_id=session.episode_id)


@require_POST
@staff(Role.THERAPIST)
def cancel(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Note that a session was called off, and by whom."""
    side = request.POST.get("side", "")
    session = cancel_session(session_id, side=side, by=acting(request), now=now())
    messages.success(request, f"Session {session.number} is called off.")
    return redirect("therapist:sessions", episode_id=session.episode_id)


@require_POST
@staff(Role.THERAPIST)
def set_status(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Record what became of a session."""
    session = set_session_status(
        session_id, request.POST.get("status", ""), by=acting(request), now=now()
    )
    words = dict(STATUSES)[session.status]
    messages.success(request, f"Session {session.number} is now noted as: {words}.")
    return redirect("therapist:sessions", episode_id=session.episode_id)


@require_POST
@staff(Role.THERAPIST)
def remove(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Take a session out; it stands below, ready to be put back."""
    session = remove_session(session_id, by=acting(request), now=now())
    messages.success(
        request,
        f"Session {session.number} was taken out. What was answered is kept; you can put it back"
        " at the foot of this page.",
    )
    return redirect("therapist:sessions", episode_id=session.episode_id)


@require_POST
@staff(Role.THERAPIST)
def restore(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Put a session back."""
    session = restore_session(session_id, by=acting(request), now=now())
    messages.success(request, f"Session {session.number} is back.")
    return redirect("therapist:sessions", episode_id=session.episode_id)
