"""The client answers on the therapist's tablet: one thing a screen, then back it goes.

What the client answered before, on their own device or before the tablet was last taken back, is
kept but neither shown nor sent from here: whoever holds the tablet may be the therapist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from openalliance.core.errors import InputError
from openalliance.site.records.checkins.access import client_beside, form_to_answer
from openalliance.site.records.checkins.services import ClosedError, IncompleteError, submit
from openalliance.site.records.checkins.steps import Step, steps_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens import form_steps
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.form_marks import FormState, mark_of
from openalliance.site.screens.therapist.hand_over import ANSWERED_HERE, is_handed_over

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import AskedForm

View = Callable[..., HttpResponseBase]


def tablet(view: View) -> View:
    """Let the client beside the therapist in, as themselves and in their language.

    The therapist's own session carries them, but the actor of everything is the client.
    """

    @wraps(view)
    @staff(Role.THERAPIST)
    def inner(request: HttpRequest, form_id: UUID, **kwargs: Any) -> HttpResponseBase:
        if not is_handed_over(request, form_id):
            return redirect("therapist:in_session", form_id=form_id)
        client = client_beside(acting(request), form_id)
        form = form_to_answer(client, form_id)
        request.by = client  # type: ignore[attr-defined]
        with translation.override(form.episode.client.language):
            return view(request, form, **kwargs)

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
@tablet
def step(request: HttpRequest, form: AskedForm, number: int) -> HttpResponseBase:
    """Ask one question; keep its answer and go on."""
    if request.method != "POST":
        return _step_shown(request, form, number) if _open(form) else _closed(request, form)
    try:
        received = form_steps.receive(form.pk, number, request.POST, by=acting(request), now=now())
    except form_steps.LateSafetyError:
        return _help(request, form, reverse("therapist:tablet_thanks", args=[form.pk]))
    except ClosedError:
        return _closed(request, form)
    except form_steps.UnknownStepError:
        raise
    except InputError:
        return _step_shown(request, form, number, typed=request.POST.get(form_steps.ANSWER, ""))
    _answered_here(request, form_steps.step_of(form, number))
    if received.safety:
        return redirect("therapist:tablet_safety", form_id=form.pk, number=number)
    if _from_review(request) or received.following is None:
        return redirect("therapist:tablet_review", form_id=form.pk)
    return redirect("therapist:tablet_step", form_id=form.pk, number=received.following)


@require_safe
@tablet
def safety(request: HttpRequest, form: AskedForm, number: int) -> HttpResponseBase:
    """Show where to turn at once, and say that the therapist beside them knows."""
    following = number + 1 if number < len(steps_of(form)) else None
    on = (
        reverse("therapist:tablet_step", args=[form.pk, following])
        if following
        else reverse("therapist:tablet_review", args=[form.pk])
    )
    return _help(request, form, on)


@require_http_methods(["GET", "HEAD", "POST"])
@tablet
def review(request: HttpRequest, form: AskedForm) -> HttpResponseBase:
    """Lead to what is unanswered; show all answers before they are sent; send them."""
    steps = steps_of(form)
    if request.method != "POST":
        if not _open(form):
            return _closed(request, form)
        if (ask := _to_ask(request, steps)) is not None:
            return redirect("therapist:tablet_step", form_id=form.pk, number=ask)
        return _review_shown(request, form)
    if _open(form) and (ask := _to_ask(request, steps)) is not None:
        return redirect("therapist:tablet_step", form_id=form.pk, number=ask)
    try:
        submit(form.pk, submission=form.pk, by=acting(request), now=now())
    except IncompleteError as fault:
        return redirect("therapist:tablet_step", form_id=form.pk, number=fault.step)
    except ClosedError:
        return _closed(request, form)
    return redirect("therapist:tablet_thanks", form_id=form.pk)


@require_safe
@tablet
def thanks(request: HttpRequest, form: AskedForm) -> HttpResponseBase:
    """Thank, and ask to hand the tablet back."""
    context = {"form": form, "sent": form.submitted_at is not None, "open": _open(form)}
    return render(request, "therapist/tablet_thanks.html", context)


def _open(form: AskedForm) -> bool:
    removed = form.session is not None and form.session.removed_at is not None
    return not removed and mark_of(form, now()).state is FormState.OPEN


def _closed(request: HttpRequest, form: AskedForm) -> HttpResponse:
    form = form_to_answer(acting(request), form.pk)
    sent = form.submitted_at is not None
    context = {"form": form, "sent": sent}
    return render(request, "therapist/tablet_thanks.html", context, status=200 if sent else 410)


def _help(request: HttpRequest, form: AskedForm, on_url: str) -> HttpResponse:
    return render(request, "therapist/tablet_help.html", {"form": form, "on_url": on_url})


def _step_shown(
    request: HttpRequest, form: AskedForm, number: int, *, typed: str | None = None
) -> HttpResponse:
    page = form_steps.step_page(
        form,
        number,
        language=form.episode.client.language,
        urls=_urls(form),
        from_review=_from_review(request),
    )
    if form_steps.step_of(form, number).field not in _here(request):
        page = replace(page, value="")
    if typed is not None:
        page = form_steps.refused(page, typed)
    context = {"page": page, "form": form, "first": number == 1}
    status = 200 if typed is None else 422
    return render(request, "therapist/tablet_step.html", context, status=status)


def _review_shown(request: HttpRequest, form: AskedForm) -> HttpResponse:
    page = form_steps.review_page(form, language=form.episode.client.language, urls=_urls(form))
    closed = {
        step.number
        for step in steps_of(form)
        if step.answer is not None and step.field not in _here(request)
    }
    rows = tuple(
        replace(row, answer=_("answered before, not shown here")) if row.number in closed else row
        for row in page.rows
    )
    context = {"page": replace(page, rows=rows), "form": form}
    return render(request, "therapist/tablet_review.html", context)


def _here(request: HttpRequest) -> list[str]:
    fields: list[str] = request.session.get(ANSWERED_HERE) or []
    return fields


def _answered_here(request: HttpRequest, step: Step) -> None:
    request.session[ANSWERED_HERE] = sorted({*_here(request), step.field})


def _to_ask(request: HttpRequest, steps: Sequence[Step]) -> int | None:
    """Return the first question to ask on this tablet, or nothing when it may be sent."""
    here = _here(request)
    if not here:
        return 1
    return next((s.number for s in steps if s.item.required and s.field not in here), None)


def _urls(form: AskedForm) -> form_steps.StepUrls:
    return form_steps.StepUrls(
        step=lambda number: reverse("therapist:tablet_step", args=[form.pk, number]),
        review=reverse("therapist:tablet_review", args=[form.pk]),
        before=reverse("therapist:tablet_review", args=[form.pk]),
    )


def _from_review(request: HttpRequest) -> bool:
    return request.GET.get("from") == "review"
