"""States of the world that open other pages: each begins where the world was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch
from uuid import UUID

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.db import SessionStore
from django.test.utils import override_settings

from openalliance.site.records.care import services as care
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.plans import services as plans
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice import first_start
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.models import Practice
from openalliance.site.records.trust.actors import Actor
from tests.site.fuzz.visits import Shot, Visitors
from tests.site.fuzz.world import ADMINISTRATOR, ANONYMOUS, CLIENT, SET_UP_CODE, THERAPIST
from tests.site.therapist.answers import form_of

Scene = Callable[[Visitors], AbstractContextManager[None]]


@contextmanager
def midway(visitors: Visitors) -> Iterator[None]:
    """Leave everything as it was made: proposals wait, forms are half-filled."""
    yield


@contextmanager
def later(visitors: Visitors) -> Iterator[None]:
    """Answer what waits: plans agreed or taken back, forms full but not sent, an episode ended."""
    world = visitors.world
    plans.agree(_open(world.episodes["noor"].pk), by=world.actor("noor"), now=world.now)
    plans.take_back(_open(world.episodes["nils"].pk), by=world.actor("nils"), now=world.now)
    for moment in ("check-in", "check-out"):
        _fill(form_of(world.running["noor"], moment, "client"), world.actor("noor"), visitors)
    _fill(form_of(world.running["nils"], "check-out", "therapist"), world.actor("tomas"), visitors)
    care.end_episode(world.episodes["nils"].pk, "planned", by=world.actor("tomas"), now=world.now)
    practices.deactivate(world.people["cora"].pk, by=world.actor("ada"), now=world.now)
    yield


@contextmanager
def doorstep(visitors: Visitors) -> Iterator[None]:
    """Everybody stands before a door: a code, a password, a second factor is asked first."""
    world = visitors.world
    form = form_of(world.running["noor"], "check-in", "client")
    visitors.type_password(ANONYMOUS, "cora")
    visitors.must(Shot(role=THERAPIST, method="POST", path=f"/therapist/in-session/{form.pk}/"))
    Authenticator.objects.filter(user=world.people["sana"]).delete()
    session = SessionStore(visitors.cookies[ADMINISTRATOR]["oa_session"])
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**one, "at": 0} for one in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    session.save()
    visitors.cookies[CLIENT].clear()
    yield


@contextmanager
def opening(visitors: Visitors) -> Iterator[None]:
    """Serve a demonstration that sends mail, and one that is still to be set up.

    The therapist's device lies before a client, who is asked about the plan.
    """
    Practice.objects.update(is_demonstration=True)
    session = SessionStore(visitors.cookies[THERAPIST]["oa_session"])
    session["handed_over"] = str(_open(visitors.world.episodes["noor"].pk))
    session["handed_over_to"] = "therapist:plan_in_room"
    session.save()
    mail = override_settings(
        DEMONSTRATION=True, MAIL_IS_SET_UP=True,
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    )  # fmt: skip
    is_new = patch.object(first_start, "is_set_up", lambda: False)
    fits = patch.object(first_start, "code_fits", lambda code: code == SET_UP_CODE)
    with mail, is_new, fits:
        yield


SCENES: tuple[Scene, ...] = (midway, later, doorstep, opening)


def _open(episode_id: UUID) -> UUID:
    found: UUID = PlanVersion.objects.get(episode=episode_id, status="proposed").pk
    return found


def _fill(form: AskedForm, by: Actor, visitors: Visitors) -> None:
    for step in steps_of(form):
        value = step.item.options[0].value if step.item.options else step.item.minimum or 0.0
        checkins.save_answer(form.pk, step.field, value, by=by, now=visitors.world.now)
