"""The client's personal link and short code: made here, shown once, revoked here.

Both exist only in the one answer that shows them; what is stored are their hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.site.records.care.access import current_link, own_episode_for
from openalliance.site.records.care.links import issue_link, revoke_links
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.words import Head, head_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A link and its code for the handout, this once."""

    url: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """Whether the client has a way in, and the new one if it was just made."""

    head: Head
    issued_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    new: NewLink | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show when the link was made and used; make a new one and show it once."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="personal link")
    new = None
    if request.method == "POST":
        _row, token, code = issue_link(episode, by=by, now=at)
        url = request.build_absolute_uri(reverse("client:home", args=[token]))
        new = NewLink(url=url, code=code)
    held = current_link(by, episode.client, now=at)
    page = LinkPage(
        head=head_of(episode),
        issued_at=held.issued_at if held else None,
        expires_at=held.expires_at if held else None,
        last_used_at=held.last_used_at if held else None,
        new=new,
    )
    return render(request, "therapist/link.html", {"page": page, "head": page.head})


@require_POST
@staff(Role.THERAPIST)
def revoke(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Make every link of the client useless."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="personal link")
    revoke_links(episode, by=by, now=at)
    messages.success(request, "The link no longer works. You can make a new one at any time.")
    return redirect("therapist:link", episode_id=episode_id)
