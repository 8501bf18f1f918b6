"""Handing the tablet to the client and taking it back.

Between the two the server shows nothing but the client's form: the session remembers which
(`config.middleware.handed_over` keeps every other address shut), and only the therapist's
password ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.checkins.access import client_beside, form_to_answer
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.form_marks import FormState, mark_of
from openalliance.site.screens.therapist.words import head_of

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm

KEY = "handed_over"
# Questions answered since the tablet was handed over: names only, never an answer.
ANSWERED_HERE = "handed_over_answered"


def is_handed_over(request: HttpRequest, form_id: UUID) -> bool:
    """Whether this device is in the client's hands with this very form."""
    return bool(request.session.get(KEY) == str(form_id))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def start(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Explain what happens and hand over; once handed over, lead to the client's form."""
    if is_handed_over(request, form_id):
        return redirect("therapist:tablet_review", form_id=form_id)
    by, at = acting(request), now()
    form = form_to_answer(client_beside(by, form_id), form_id)
    episode = own_episode_for(by, form.episode_id, now=at, reading="tablet")
    mark = mark_of(form, at)
    usable = mark.state is FormState.OPEN
    if request.method == "POST" and usable:
        request.session[KEY] = str(form_id)
        request.session[ANSWERED_HERE] = []
        # A new session cookie and no cache: no page of the therapist's comes back by “back”.
        request.session.cycle_key()
        response = redirect("therapist:tablet_review", form_id=form_id)
        response["Clear-Site-Data"] = '"cache"'
        return response
    context = {"head": head_of(episode), "mark": mark, "usable": usable, "form": form}
    status = 409 if request.method == "POST" else 200
    return render(request, "therapist/hand_over.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def take_back(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Ask the therapist's password; only it brings the therapist's pages back."""
    if not is_handed_over(request, form_id):
        return redirect("therapist:in_session", form_id=form_id)
    by, person = acting(request), request.user
    client = client_beside(by, form_id)
    form = form_to_answer(client, form_id)
    request.by = client  # type: ignore[attr-defined]
    if request.method != "POST" or not person.is_authenticated:
        return _asked(request, form)
    if not consume(request, action="reauthenticate", user=person):
        words = "There were too many tries. Please wait a minute."
        return _asked(request, form, error=words, status=429)
    if not person.check_password(request.POST.get("password", "")):
        return _asked(request, form, error="That is not your password.", status=422)
    del request.session[KEY]
    request.session.pop(ANSWERED_HERE, None)
    request.session.cycle_key()
    _tell(request, by, form)
    return redirect("therapist:client", episode_id=form.episode_id)


def _tell(request: HttpRequest, by: Actor, form: AskedForm) -> None:
    if form.safety_told_at is not None:
        messages.warning(
            request, "The question about safety was marked. Please talk about it now, together."
        )
    elif form.submitted_at is not None:
        messages.success(request, "The form is in.")
    else:
        messages.info(
            request,
            "The form is not sent yet. What was answered is kept; you can hand it over again.",
        )


def _asked(
    request: HttpRequest, form: AskedForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    with translation.override("en"):
        context = {"form": form, "error": error}
        return render(request, "therapist/take_back.html", context, status=status)
