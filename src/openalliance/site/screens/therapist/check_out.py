"""The therapist's own check-out, one question a screen; sealed until both sides are in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.access import form_to_answer
from openalliance.site.records.checkins.services import ClosedError, IncompleteError, submit
from openalliance.site.records.checkins.steps import first_open, steps_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens import form_steps
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.form_marks import FormState, mark_of
from openalliance.site.screens.therapist.words import head_of

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm

LANGUAGE = "en"


@require_safe
@staff(Role.THERAPIST)
def start(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Lead to the first question without an answer, or to the review."""
    form = form_to_answer(acting(request), form_id)
    if not _open(form):
        return _not_open(request, form)
    steps = steps_of(form)
    if form_steps.all_answered(steps):
        return redirect("therapist:check_out_review", form_id=form_id)
    return redirect("therapist:check_out_step", form_id=form_id, number=first_open(steps))


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def step(request: HttpRequest, form_id: UUID, number: int) -> HttpResponseBase:
    """Ask one question; keep its answer and go on."""
    by = acting(request)
    form = form_to_answer(by, form_id)
    if request.method != "POST":
        return _step_shown(request, form, number) if _open(form) else _not_open(request, form)
    try:
        received = form_steps.receive(form_id, number, request.POST, by=by, now=now())
    except ClosedError:
        return _not_open(request, form)
    except form_steps.UnknownStepError:
        raise
    except InputError:
        typed = request.POST.get(form_steps.ANSWER, "")
        return _step_shown(request, form, number, typed=typed)
    if _from_review(request) or received.following is None:
        return redirect("therapist:check_out_review", form_id=form_id)
    return redirect("therapist:check_out_step", form_id=form_id, number=received.following)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def review(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Show all answers before they are sent; send them."""
    by = acting(request)
    form = form_to_answer(by, form_id)
    if request.method != "POST":
        return _review_shown(request, form) if _open(form) else _not_open(request, form)
    try:
        submit(form_id, submission=form.pk, by=by, now=now())
    except IncompleteError:
        return _review_shown(request, form, error="Some questions still need an answer.")
    except ClosedError:
        return _not_open(request, form)
    return redirect("therapist:check_out_sent", form_id=form_id)


@require_safe
@staff(Role.THERAPIST)
def sent(request: HttpRequest, form_id: UUID) -> HttpResponseBase:
    """Say that the answers are in, and when both sides will be seen."""
    form = form_to_answer(acting(request), form_id)
    if form.submitted_at is None:
        return redirect("therapist:check_out", form_id=form_id)
    return _not_open(request, form)


def _open(form: AskedForm) -> bool:
    removed = form.session is not None and form.session.removed_at is not None
    return not removed and mark_of(form, now()).state is FormState.OPEN


def _not_open(request: HttpRequest, form: AskedForm) -> HttpResponse:
    mark = mark_of(form_to_answer(acting(request), form.pk), now())
    sent = mark.state in {FormState.SENT, FormState.SEALED}
    context = {"form": form, "mark": mark, "head": head_of(form.episode), "sent": sent}
    status = 200 if sent else 409 if mark.state is FormState.LATER else 410
    return render(request, "therapist/check_out_closed.html", context, status=status)


def _step_shown(
    request: HttpRequest, form: AskedForm, number: int, *, typed: str | None = None
) -> HttpResponse:
    page = form_steps.step_page(
        form, number, language=LANGUAGE, urls=_urls(form), from_review=_from_review(request)
    )
    if typed is not None:
        page = form_steps.refused(page, typed)
    context = {"page": page, "form": form, "head": head_of(form.episode)}
    status = 200 if typed is None else 422
    return render(request, "therapist/check_out_step.html", context, status=status)


def _review_shown(request: HttpRequest, form: AskedForm, *, error: str = "") -> HttpResponse:
    page = form_steps.review_page(form, language=LANGUAGE, urls=_urls(form))
    context = {"page": page, "form": form, "head": head_of(form.episode), "error": error}
    status = 422 if error else 200
    return render(request, "therapist/check_out_review.html", context, status=status)


def _urls(form: AskedForm) -> form_steps.StepUrls:
    return form_steps.StepUrls(
        step=lambda number: reverse("therapist:check_out_step", args=[form.pk, number]),
        review=reverse("therapist:check_out_review", args=[form.pk]),
        before=reverse("therapist:client", args=[form.episode_id]),
    )


def _from_review(request: HttpRequest) -> bool:
    return request.GET.get("from") == "review"
