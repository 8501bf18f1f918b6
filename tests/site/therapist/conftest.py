"""What the therapist's tests share: the signed-in therapist, and an episode with a rupture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import Signal
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from tests.site.therapist.answers import weeks_of_work


@pytest.fixture
def by(therapist: Person) -> Actor:
    return actor_for(therapist)


@pytest.fixture
def desk(
    client: Browser, sign_in: Callable[[Browser, Person], Browser], therapist: Person
) -> Browser:
    """The therapist's browser."""
    return sign_in(client, therapist)


@pytest.fixture
def ruptured(episode: Episode, by: Actor, client_actor: Actor, now: datetime) -> Signal:
    """A rupture after eight good sessions."""
    levels = [8, 8, 8, 8, 8, 8, 8, 3]
    sessions = []
    for week, level in enumerate(levels):
        at = now - timedelta(weeks=len(levels) - week)
        session = services.plan_session(episode.pk, starts_at=at, by=by, now=at)
        sessions.append((session, float(level)))
    weeks_of_work(sessions, client=client_actor, therapist=by)
    return Signal.objects.filter(episode=episode, kind="rupture", rater="client").get()
