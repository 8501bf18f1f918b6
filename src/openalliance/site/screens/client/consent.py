"""What the client agreed to: read it, say yes or no, and change their mind at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.site.records.rights.consent import answer, own_consents, question
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day_with_year
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.rights.consent import Consent

_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCard:
    """One question, where it stands, and every answer so far."""

    kind: str
    title: str
    words: tuple[str, ...]
    given: bool
    standing: str
    history: tuple[str, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def consents(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show what can be agreed to; keep a yes or a no."""
    by, at = acting(request), now()
    own_episode(by, now=at, reading="consent")
    if request.method == "POST":
        said = request.POST.get("answer", "")
        if said not in _ANSWERS:
            raise InputError("choose yes or no", where="answer")
        answer(request.POST.get("kind", ""), _ANSWERS[said], by=by, now=at)
        messages.success(request, _("Your answer is kept. You can change it at any time."))
        return redirect("client:consents", token=token)
    cards = tuple(_card(one) for one in own_consents(by))
    return show(request, token, "client/consents.html", {"cards": cards})


def _card(consent: Consent) -> ConsentCard:
    title, words = question(consent.kind)
    return ConsentCard(
        kind=consent.kind,
        title=title,
        words=words,
        given=consent.given,
        standing=_standing(consent),
        history=tuple(
            (_("%(day)s: yes") if one.given else _("%(day)s: no")) % {"day": day_with_year(one.at)}
            for one in consent.history
        ),
    )


def _standing(consent: Consent) -> str:
    if not consent.history:
        return _("You have not answered yet. That counts as no.")
    if not consent.answered:
        return _("The words have changed since you answered. Until you answer, it counts as no.")
    when = {"day": day_with_year(consent.history[0].at)}
    return (_("You said yes on %(day)s.") if consent.given else _("You said no on %(day)s.")) % when
