"""What the tests of the client's pages do again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from django.test import Client as Browser

from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.steps import Step, steps_of
from openalliance.site.records.trust.actors import Actor


class Link(Protocol):
    """A client's way in, as the shared cast hands it over."""

    token: str
    code: str

    @property
    def url(self) -> str: ...


ComeIn = Callable[[Browser, Link], Browser]


def form_of(session: Session, moment: str, rater: str = "client") -> AskedForm:
    return AskedForm.objects.get(session=session, moment=moment, rater=rater)


def safe_answer(step: Step) -> str:
    return f"{step.item.minimum:g}" if step.item.safety_threshold is not None else "6"


def safety_step(form: AskedForm) -> Step:
    return next(step for step in steps_of(form) if step.item.safety_threshold is not None)


def answer_in_browser(browser: Browser, url: str, form: AskedForm) -> None:
    """Answer every question by the form's own pages."""
    for step in steps_of(form):
        sent = browser.post(f"{url}form/{form.pk}/{step.number}", {"answer": safe_answer(step)})
        assert sent.status_code == 302, step.field


def send(form: AskedForm, value: float, *, by: Actor, now: datetime) -> None:
    """Answer and send a form without the browser."""
    for step in steps_of(form):
        answer = step.item.minimum if step.item.safety_threshold is not None else value
        services.save_answer(form.pk, step.field, answer, by=by, now=now)
    services.submit(form.pk, submission=uuid4(), by=by, now=now)
