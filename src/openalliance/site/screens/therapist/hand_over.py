"""Handing the tablet to the client and taking it back.

Between the two the server shows nothing but the client's form, or the plan they are asked about:
the session remembers which (`config.middleware.handed_over` keeps every other address shut), and
only the therapist's password ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
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
TO = "handed_over_to"
IN_SESSION = "therapist:in_session"
# Questions answered since the tablet was handed over: names only, never an answer.
ANSWERED_HERE = "handed_over_answered"


def is_handed_over(request: HttpRequest, form_id: UUID) -> bool:
    """Whether this device is in the client's hands with this very form."""
    return bool(request.session.get(KEY) == str(form_id))


def hand_over(request: HttpRequest, subject_id: UUID, to: str) -> HttpResponse:
    """Shut this device but for the page named ``to`` about one thing, and lead there."""
    request.session[KEY] = str(subject_id)
    request.session[TO] = to
    request.session[ANSWERED_HERE] = []
    # A new session cookie and no cache: no page of the therapist's comes back by “back”.
    request.session.cycle_key()
    response = redirect(to, subject_id)
    response["Clear-Site-Data"] = '"cache"'
    return response


def wrong_password(request: HttpRequest) -> tuple[str, int] | None:
    """Return what is wrong with the password that was typed, and the status to say it with."""
    person = request.user
    if not person.is_authenticated:
        return "That is not your password.", 422
    if not consume(request, action="reauthenticate", user=person):
        return "There were too many tries. Please wait a minute.", 429
    if not person.check_password(request.POST.get("password", "")):
        return "That is not your password.", 422
    return None


def taken_back(request: HttpRequest) -> None:
    """Open this device again for the therapist."""
    for key in (KEY, TO, ANSWERED_HERE):
        request.session.pop(key, None)
    request.session.cycle_key()


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
        return hand_over(request, form_id, IN_SESSION)
    context = {"head": head_of(episode), "mark": mark, "usable": usable, "form": form}
    status = 409 if request.method == "POST" else 200
    return render(request, "therapist/hand_over.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def take_back(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Ask the therapist's password; only it brings the therapist's pages back."""
    if not is_handed_over(request, form_id):
        return redirect("therapist:in_session", form_id=form_id)
    by = acting(request)
    client = client_beside(by, form_id)
    form = form_to_answer(client, form_id)
    request.by = client  # type: ignore[attr-defined]
    fault = wrong_password(request) if request.method == "POST" else ("", 200)
    if fault is not None:
        words, status = fault
        return _asked(request, form, error=words, status=status)
    taken_back(request)
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
        context = {"back_url": reverse(IN_SESSION, args=[form.pk]), "error": error}
        return render(request, "therapist/take_back.html", context, status=status)
