"""Fills forms in for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from openalliance.core.instruments import ItemKind, ItemPurpose
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.steps import Step, steps_of
from openalliance.site.records.trust.actors import Actor


def form_of(session: Session, moment: str, rater: str) -> AskedForm:
    return AskedForm.objects.get(session=session, moment=moment, rater=rater)


def answer(form: AskedForm, level: float, *, by: Actor, now: datetime, safety: float = 0) -> None:
    """Answer every question with about ``level`` and send the form."""
    for step in steps_of(form):
        services.save_answer(form.pk, step.field, _value(step, level, safety), by=by, now=now)
    services.submit(form.pk, submission=uuid4(), by=by, now=now)


def _value(step: Step, level: float, safety: float) -> float:
    if step.item.purpose is ItemPurpose.SAFETY:
        return safety
    if step.item.kind is ItemKind.CHOICE:
        return step.item.options[0].value
    return level


def weeks_of_work(
    sessions: list[tuple[Session, float]], *, client: Actor, therapist: Actor
) -> None:
    """Both sides rate each session at its level, an hour and two after it began."""
    for session, level in sessions:
        at = session.starts_at
        answer(form_of(session, "check-in", "client"), level, by=client, now=at)
        for rater, by, hours in (("client", client, 1), ("therapist", therapist, 2)):
            form = form_of(session, "check-out", rater)
            answer(form, level, by=by, now=at + timedelta(hours=hours))
