"""The therapist's record of ruptures: noticed, tried, repaired or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openalliance.core.course.repair import Marker, Noticed, Outcome, Tried
from openalliance.core.errors import InputError
from openalliance.site.records.care.access import own_episode_for, sessions_of
from openalliance.site.records.conversations import ruptures as services
from openalliance.site.records.conversations.access import (
    repaired_here,
    rupture_for,
    ruptures_of,
    topics_for,
)
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.rupture_words import (
    MARKERS,
    NOTICED,
    OUTCOMES,
    SOURCE,
    TRIED,
    rates,
)
from openalliance.site.screens.therapist.words import day, head_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.checkins.models import Signal
    from openalliance.site.records.conversations.access import Ruptured
    from openalliance.site.records.trust.actors import Actor

_OFFERED_SESSIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record as the page says it."""

    id: UUID
    title: str
    noticed: str
    words: str
    tried: tuple[str, ...]
    tried_words: str
    outcome: str
    outcome_words: str
    measured: str
    is_open: bool


@require_safe
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show what was recorded, ways to repair, and how it has gone in this practice."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="ruptures")
    standing, out = ruptures_of(by, episode)
    context = {
        "head": head_of(episode),
        "running": episode.ended_at is None,
        "lines": tuple(_line(one) for one in standing),
        "taken_out": tuple((one.pk, _title(one.marker, one.at)) for one in out),
        "ways": tuple(TRIED.values()),
        "rates": rates(repaired_here(by)),
        "source": SOURCE,
    }
    return render(request, "therapist/ruptures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def add(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Write a rupture down."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="ruptures")
    if request.method != "POST":
        raised = _raised(by, episode, _id(request.GET.get("signal", "")), at)
        said = services.Said(marker="", noticed_by=Noticed.SIGNAL if raised else "")
        return _form(request, episode, at, said=said, raised=raised)
    said = _typed(request)
    try:
        services.note_rupture(
            episode_id, said, session_id=_id(request.POST.get("session", "")),
            signal_id=_id(request.POST.get("signal", "")), by=by, now=at,
        )  # fmt: skip
    except InputError as fault:
        return _form(request, episode, at, said=said, fault=fault)
    messages.success(request, "Noted. The next check-out will show how your client feels about it.")
    return redirect("therapist:ruptures", episode_id=episode_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def change(request: HttpRequest, rupture_id: UUID) -> HttpResponseBase:
    """Add what was tried, or what became of it."""
    by, at = acting(request), now()
    if request.method != "POST":
        row = rupture_for(by, rupture_id, now=at)
        said = services.Said(
            marker=row.marker, noticed_by=row.noticed_by, words=row.words, tried=tuple(row.tried),
            tried_words=row.tried_words, outcome=row.outcome, outcome_words=row.outcome_words,
        )  # fmt: skip
        return _form(request, row.episode, at, said=said, rupture_id=row.pk)
    said = _typed(request)
    try:
        row = services.change_rupture(rupture_id, said, by=by, now=at)
    except InputError as fault:
        row = rupture_for(by, rupture_id, now=at)
        return _form(request, row.episode, at, said=said, rupture_id=row.pk, fault=fault)
    messages.success(request, "Kept.")
    return redirect("therapist:ruptures", episode_id=row.episode_id)


@require_POST
@staff(Role.THERAPIST)
def remove(request: HttpRequest, rupture_id: UUID) -> HttpResponseBase:
    """Take out what was written by mistake."""
    row = services.remove_rupture(rupture_id, by=acting(request), now=now())
    messages.success(request, "Taken out. You can put it back below.")
    return redirect("therapist:ruptures", episode_id=row.episode_id)


@require_POST
@staff(Role.THERAPIST)
def restore(request: HttpRequest, rupture_id: UUID) -> HttpResponseBase:
    """Put it back."""
    row = services.restore_rupture(rupture_id, by=acting(request), now=now())
    messages.success(request, "Put back.")
    return redirect("therapist:ruptures", episode_id=row.episode_id)


def _form(
    request: HttpRequest,
    episode: Episode,
    at: datetime,
    *,
    said: services.Said,
    rupture_id: UUID | None = None,
    raised: Signal | None = None,
    fault: InputError | None = None,
) -> HttpResponse:
    past = [one for one in sessions_of(episode) if one.starts_at <= at]
    then = [one for one in past if raised and one.number == raised.session_number] or past[-1:]
    context = {
        "head": head_of(episode),
        "rupture_id": rupture_id,
        "said": said,
        "markers": [(one.value, *MARKERS[one]) for one in Marker],
        "noticed": [(one.value, NOTICED[one]) for one in Noticed],
        "tried": [(one.value, TRIED[one][0]) for one in Tried],
        "outcomes": [(one.value, OUTCOMES[one]) for one in Outcome],
        "sessions": _offered(past, then),
        "session": request.POST.get("session", str(then[0].pk) if then else ""),
        "signal": request.POST.get("signal", str(raised.pk) if raised else ""),
        "longest": services.LONGEST,
        "errors": [(fault.what, fault.where or "")] if fault else [],
    }
    return render(request, "therapist/rupture.html", context, status=422 if fault else 200)


def _raised(by: Actor, episode: Episode, pk: UUID | None, at: datetime) -> Signal | None:
    """Return the signal of this therapy that a record is to begin with, if there is such a one."""
    if pk is None:
        return None
    signals = (topic.signal for topic in topics_for(by, episode, now=at))
    return next((one for one in signals if one is not None and one.pk == pk), None)


def _offered(past: Sequence[Session], then: Sequence[Session]) -> list[tuple[str, str]]:
    newest = list(reversed(past))[:_OFFERED_SESSIONS]
    newest += [one for one in then if one not in newest]
    return [(str(one.pk), f"Session {one.number}, {day(one.starts_at)}") for one in newest]


def _typed(request: HttpRequest) -> services.Said:
    typed = request.POST
    return services.Said(
        marker=typed.get("marker", ""),
        noticed_by=typed.get("noticed_by", ""),
        words=typed.get("words", ""),
        tried=tuple(typed.getlist("tried")),
        tried_words=typed.get("tried_words", ""),
        outcome=typed.get("outcome", ""),
        outcome_words=typed.get("outcome_words", ""),
    )


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _title(marker: str, at: datetime) -> str:
    return f"{MARKERS[Marker(marker)][0]}, {day(at)}"


def _line(held: Ruptured) -> Line:
    row = held.record
    return Line(
        id=row.pk,
        title=_title(row.marker, row.at),
        noticed=NOTICED[Noticed(row.noticed_by)],
        words=row.words,
        tried=tuple(TRIED[Tried(one)][0] for one in row.tried),
        tried_words=row.tried_words,
        outcome=OUTCOMES[Outcome(row.outcome)] if row.outcome else "Still open",
        outcome_words=row.outcome_words,
        measured=_measured(held),
        is_open=not row.outcome,
    )


def _measured(held: Ruptured) -> str:
    before, after = held.remeasured.before, held.remeasured.after
    if after is None:
        return "Your client’s next check-out will show how they feel about working together."
    if before is None:
        return f"Your client’s alliance at the session after: {after:.1f}."
    return f"Your client’s alliance: {before:.1f} up to then, {after:.1f} at the session after."
