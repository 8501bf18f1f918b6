"""What the client agreed to, and whether they asked to be erased, in lines for their therapist."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.views.decorators.http import require_POST

from openalliance.site.records.rights.consent import ConsentKind, consents_of
from openalliance.site.records.rights.erasure import ask_for_client, standing_in
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.rights.consent import Consent

_NAMES = {ConsentKind.USE: "Use of these pages", ConsentKind.RESEARCH: "Numbers for research"}


@require_POST
@staff(Role.THERAPIST)
def ask_erasure(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Note that the client asked in person to have their record deleted."""
    ask_for_client(episode_id, by=acting(request), now=now())
    messages.success(request, "Noted. The client can take it back on their page for a week.")
    return redirect("therapist:details", episode_id=episode_id)


def rights_lines(episode: Episode) -> tuple[tuple[str, str], ...]:
    """Return pairs of what it is about and how it stands."""
    lines = [
        (_NAMES[one.kind], _answer(one))
        for one in consents_of(episode.client_id, practice_id=episode.practice_id)
    ]
    asked = standing_in(episode)
    if asked is not None:
        until = f"kept until {_day(asked.kept_until)}" if asked.kept_until else "after the therapy"
        lines.append(("Deletion", f"asked for on {_day(asked.request.asked_at)}; {until}"))
    return tuple(lines)


def _answer(consent: Consent) -> str:
    if not consent.answered:
        return "not answered, which counts as no"
    said = "yes" if consent.given else "no"
    return f"{said}, {_day(consent.history[0].at)}"


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j F Y")
