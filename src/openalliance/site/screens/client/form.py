"""A check-in or check-out: one thing on each screen, a look before sending, thanks after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.access import form_to_answer
from openalliance.site.records.checkins.services import ClosedError, IncompleteError
from openalliance.site.records.checkins.steps import first_open, steps_of
from openalliance.site.records.endings.services import send_form
from openalliance.site.screens import form_steps
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.form_states import (
    State,
    closed_page,
    sent_page,
    state_of,
    who_reads,
)
from openalliance.site.screens.client.words import form_name
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm


@require_safe
@client_page
def start(request: HttpRequest, token: str, form_id: UUID) -> HttpResponseBase:
    """Lead to the first question without an answer, or to the review when all have one."""
    form = form_to_answer(acting(request), form_id)
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, token, form)
    steps = steps_of(form)
    if form_steps.all_answered(steps):
        return redirect("client:review", token=token, form_id=form_id)
    return redirect("client:step", token=token, form_id=form_id, number=first_open(steps))


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def step(request: HttpRequest, token: str, form_id: UUID, number: int) -> HttpResponseBase:
    """Ask one question; keep its answer and go on."""
    form = form_to_answer(acting(request), form_id)
    if request.method == "POST":
        return _received(request, token, form, number)
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, token, form)
    return _step_shown(request, token, form, number)


@require_safe
@client_page
def safety(request: HttpRequest, token: str, form_id: UUID, number: int) -> HttpResponseBase:
    """Show where to turn at once, right after a safety question was marked; then the way on."""
    form = form_to_answer(acting(request), form_id)
    count = len(steps_of(form))
    if state_of(form, now()) is not State.OPEN:
        on = reverse("client:home", args=[token])
    elif _from_review(request) or number >= count:
        on = reverse("client:review", args=[token, form_id])
    else:
        on = reverse("client:step", args=[token, form_id, number + 1])
    context = {"on_url": on, "form_name": form_name(form.moment)}
    return show(request, token, "client/safety.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_page
def review(request: HttpRequest, token: str, form_id: UUID) -> HttpResponseBase:
    """Show all answers before they are sent; send them."""
    if request.method == "POST":
        return _send(request, token, form_id)
    form = form_to_answer(acting(request), form_id)
    if state_of(form, now()) is not State.OPEN:
        return _not_open(request, token, form)
    return _review_shown(request, token, form)


@require_safe
@client_page
def sent(request: HttpRequest, token: str, form_id: UUID) -> HttpResponseBase:
    """Thank, and say what happens with the answers now."""
    form = form_to_answer(acting(request), form_id)
    if form.submitted_at is None:
        return redirect("client:form", token=token, form_id=form_id)
    return show(request, token, "client/sent.html", {"page": sent_page(form, now())})


def _received(request: HttpRequest, token: str, form: AskedForm, number: int) -> HttpResponseBase:
    by, form_id = acting(request), form.pk
    try:
        received = form_steps.receive(form_id, number, request.POST, by=by, now=now())
    except ClosedError as closed:
        late = isinstance(closed, form_steps.LateSafetyError)
        return _not_open(request, token, form, help_now=late)
    except form_steps.UnknownStepError:
        return show(request, token, "client/not_understood.html", status=422)
    except InputError:
        typed = request.POST.get(form_steps.ANSWER, "")
        return _step_shown(request, token, form, number, typed=typed)
    if received.safety:
        return redirect(_with_review(request, "client:safety", token, form_id, number))
    if _from_review(request) or received.following is None:
        return redirect("client:review", token=token, form_id=form_id)
    return redirect("client:step", token=token, form_id=form_id, number=received.following)


def _send(request: HttpRequest, token: str, form_id: UUID) -> HttpResponseBase:
    by, at = acting(request), now()
    submission = _submission(request.POST.get("submission", ""), form_id)
    try:
        form = send_form(form_id, submission=submission, by=by, now=at)
    except IncompleteError:
        error = _("One or more questions still need an answer. They are marked below.")
        return _review_shown(request, token, form_to_answer(by, form_id), error=error)
    except ClosedError:
        return _not_open(request, token, form_to_answer(by, form_id))
    sent_just_now = form.submitted_at == at
    following = "after" if form.moment == "check-out" and sent_just_now else "sent"
    return redirect(f"client:{following}", token=token, form_id=form_id)


def _submission(typed: str, otherwise: UUID) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        return otherwise


def _not_open(
    request: HttpRequest, token: str, form: AskedForm, *, help_now: bool = False
) -> HttpResponse:
    """Say warmly why nothing more is asked here; the form is read anew, it may have moved on."""
    at = now()
    form = form_to_answer(acting(request), form.pk)
    if state_of(form, at) is State.SENT and not help_now:
        page = sent_page(form, at, already=True)
        return show(request, token, "client/sent.html", {"page": page})
    closed = closed_page(form, at)
    context = {"page": closed, "help_now": help_now}
    return show(request, token, "client/closed.html", context, status=closed.status)


def _step_shown(
    request: HttpRequest, token: str, form: AskedForm, number: int, *, typed: str | None = None
) -> HttpResponse:
    try:
        page = form_steps.step_page(
            form,
            number,
            language=translation.get_language() or "en",
            urls=_urls(token, form.pk),
            from_review=_from_review(request),
        )
    except form_steps.UnknownStepError:
        return show(request, token, "client/not_understood.html", status=422)
    if number == 1:
        page = replace(page, help=f"{who_reads(form)} {page.help}".strip())
    if typed is not None:
        page = form_steps.refused(page, typed)
    context = {"page": page, "form_name": form_name(form.moment)}
    return show(request, token, "client/step.html", context, status=200 if typed is None else 422)


def _review_shown(
    request: HttpRequest, token: str, form: AskedForm, *, error: str = ""
) -> HttpResponse:
    page = form_steps.review_page(
        form, language=translation.get_language() or "en", urls=_urls(token, form.pk)
    )
    context = {
        "page": page,
        "form_name": form_name(form.moment),
        "error": error,
        "who_reads": who_reads(form),
    }
    return show(request, token, "client/review.html", context, status=422 if error else 200)


def _urls(token: str, form_id: UUID) -> form_steps.StepUrls:
    return form_steps.StepUrls(
        step=lambda number: reverse("client:step", args=[token, form_id, number]),
        review=reverse("client:review", args=[token, form_id]),
        before=reverse("client:home", args=[token]),
    )


def _from_review(request: HttpRequest) -> bool:
    return request.GET.get("from") == "review"


def _with_review(request: HttpRequest, name: str, token: str, form_id: UUID, number: int) -> str:
    url = reverse(name, args=[token, form_id, number])
    return f"{url}?from=review" if _from_review(request) else url
