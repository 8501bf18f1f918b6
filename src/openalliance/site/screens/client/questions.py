"""A few questions by a link of their own, years after: no code, no name, and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.services import ClosedError, IncompleteError
from openalliance.site.records.checkins.steps import first_open, steps_of
from openalliance.site.records.endings.follow_ups import client_of, stop_by_link
from openalliance.site.records.endings.services import send_form
from openalliance.site.records.endings.tickets import form_behind
from openalliance.site.screens import form_steps
from openalliance.site.screens.client.entry import no_link
from openalliance.site.screens.client.form_states import State, state_of
from openalliance.site.screens.client.words import form_name
from openalliance.site.screens.door import now

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm


def by_ticket(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in whoever has the link to a form; it speaks the client's language and practice time."""

    @wraps(view)
    def inner(request: HttpRequest, ticket: str, **kwargs: Any) -> HttpResponseBase:
        form = form_behind(ticket, now=now())
        if form is None:
            return no_link(request)
        language = _language(request, form)
        with (
            translation.override(language),
            timezone.override(ZoneInfo(form.practice.time_zone)),
        ):
            request.LANGUAGE_CODE = language
            response = view(request, ticket, form, **kwargs)
            response.headers["Content-Language"] = language
            # The address is the key: neither a search engine nor the next site shall learn it.
            response.headers["X-Robots-Tag"] = "noindex"
            response.headers["Referrer-Policy"] = "same-origin"
            return response

    return inner


@require_safe
@by_ticket
def start(request: HttpRequest, ticket: str, form: AskedForm) -> HttpResponseBase:
    """Lead to the first question without an answer."""
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, ticket, form)
    steps = steps_of(form)
    if form_steps.all_answered(steps) and len(steps) > 1:
        return redirect("client_questions:review", ticket)
    return redirect("client_questions:step", ticket, first_open(steps))


@require_http_methods(["GET", "HEAD", "POST"])
@by_ticket
def step(request: HttpRequest, ticket: str, form: AskedForm, number: int) -> HttpResponseBase:
    """Ask one question; keep its answer and go on. A form of one question is sent with it."""
    if request.method == "POST":
        return _received(request, ticket, form, number)
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, ticket, form)
    return _step_shown(request, ticket, form, number)


@require_safe
@by_ticket
def safety(request: HttpRequest, ticket: str, form: AskedForm, number: int) -> HttpResponseBase:
    """Show where to turn at once, right after a safety question was marked; then the way on."""
    last = number >= len(steps_of(form)) or state_of(form, now()) is not State.OPEN
    on = ("review", ()) if last else ("step", (number + 1,))
    url = reverse(f"client_questions:{on[0]}", args=[ticket, *on[1]])
    return _shown(request, ticket, form, "client/question_safety.html", {"on_url": url})


@require_http_methods(["GET", "HEAD", "POST"])
@by_ticket
def review(request: HttpRequest, ticket: str, form: AskedForm) -> HttpResponseBase:
    """Show all answers before they are sent; send them."""
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, ticket, form)
    if request.method == "POST":
        return _send(request, ticket, form)
    return _review_shown(request, ticket, form)


@require_safe
@by_ticket
def sent(request: HttpRequest, ticket: str, form: AskedForm) -> HttpResponseBase:
    """Thank, and say where the client's own page is."""
    if form.submitted_at is None:
        return redirect("client_questions:start", ticket)
    return _shown(request, ticket, form, "client/question_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
@by_ticket
def stop(request: HttpRequest, ticket: str, form: AskedForm) -> HttpResponseBase:
    """Ask once whether to stop; stop for good."""
    if form.moment != "follow-up":
        return no_link(request)
    if request.method == "POST":
        stop_by_link(form, now=now())
        return _shown(request, ticket, form, "client/question_stopped.html")
    return _shown(request, ticket, form, "client/question_stop.html")


def _received(
    request: HttpRequest, ticket: str, form: AskedForm, number: int
) -> HttpResponseBase:  # fmt: skip
    by, at = client_of(form), now()
    try:
        received = form_steps.receive(form.pk, number, request.POST, by=by, now=at)
    except ClosedError as closed:
        late = isinstance(closed, form_steps.LateSafetyError)
        return _not_open(request, ticket, form, help_now=late)
    except form_steps.UnknownStepError:
        return _shown(request, ticket, form, "client/not_understood.html", status=422)
    except InputError:
        typed = request.POST.get(form_steps.ANSWER, "")
        return _step_shown(request, ticket, form, number, typed=typed)
    if received.safety:
        return redirect("client_questions:safety", ticket, number)
    if len(steps_of(form)) == 1:
        return _send(request, ticket, form)
    if request.GET.get("from") == "review" or received.following is None:
        return redirect("client_questions:review", ticket)
    return redirect("client_questions:step", ticket, received.following)


def _send(request: HttpRequest, ticket: str, form: AskedForm) -> HttpResponseBase:
    try:
        send_form(form.pk, submission=form.pk, by=client_of(form), now=now())
    except IncompleteError:
        error = _("One or more questions still need an answer. They are marked below.")
        return _review_shown(request, ticket, form, error=error)
    except ClosedError:
        return _not_open(request, ticket, form)
    return redirect("client_questions:sent", ticket)


def _step_shown(
    request: HttpRequest, ticket: str, form: AskedForm, number: int, *, typed: str | None = None
) -> HttpResponse:
    try:
        page = form_steps.step_page(
            form, number, language=translation.get_language() or "en", urls=_urls(ticket),
            from_review=request.GET.get("from") == "review",
        )  # fmt: skip
    except form_steps.UnknownStepError:
        return _shown(request, ticket, form, "client/not_understood.html", status=422)
    if number == 1:
        page = replace(page, help=f"{_who_reads()} {page.help}".strip())
    if page.steps == 1:
        page = replace(page, next_label=_("Send my answer"))
    if typed is not None:
        page = form_steps.refused(page, typed)
    context = {"page": page, "hide_back": number == 1}
    status = 200 if typed is None else 422
    return _shown(request, ticket, form, "client/question_step.html", context, status=status)


def _review_shown(
    request: HttpRequest, ticket: str, form: AskedForm, *, error: str = ""
) -> HttpResponse:
    page = form_steps.review_page(
        form, language=translation.get_language() or "en", urls=_urls(ticket)
    )
    context = {"page": page, "error": error, "who_reads": _who_reads()}
    status = 422 if error else 200
    return _shown(request, ticket, form, "client/review.html", context, status=status)


def _not_open(
    request: HttpRequest, ticket: str, form: AskedForm, *, help_now: bool = False
) -> HttpResponse:
    if form.submitted_at is not None and not help_now:
        return _shown(request, ticket, form, "client/question_sent.html", {"already": True})
    context = {"help_now": help_now}
    return _shown(request, ticket, form, "client/question_closed.html", context, status=410)


def _shown(
    request: HttpRequest,
    ticket: str,
    form: AskedForm,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    shared = {
        "practice": form.practice,
        "ticket": ticket,
        "form_name": form_name(form.moment),
        "is_follow_up": form.moment == "follow-up",
    }
    return render(request, template, shared | (context or {}), status=status)


def _urls(ticket: str) -> form_steps.StepUrls:
    return form_steps.StepUrls(
        step=lambda number: reverse("client_questions:step", args=[ticket, number]),
        review=reverse("client_questions:review", args=[ticket]),
        before=reverse("client_questions:start", args=[ticket]),
    )


def _who_reads() -> str:
    return _("Your therapist can read your answer. You do not have to give one.")


def _language(request: HttpRequest, form: AskedForm) -> str:
    known = {code for code, _name in settings.LANGUAGES}
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    wanted = (chosen, form.episode.client.language)
    return next((code for code in wanted if code in known), settings.LANGUAGE_CODE)
