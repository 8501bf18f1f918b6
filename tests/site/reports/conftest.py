"""A client's course with a rupture, a plan and two sides looking back, for the reports' tests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from openalliance.core.plan import Goal, Plan
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import services
from openalliance.site.records.endings import services as endings
from openalliance.site.records.plans import services as plans
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from tests.site.therapist.answers import weeks_of_work


@pytest.fixture
def by(therapist: Person) -> Actor:
    return actor_for(therapist)


@pytest.fixture
def followed(episode: Episode, by: Actor, client_actor: Actor, now: datetime) -> Episode:
    """Eight sessions with a rupture in the last one, a plan of one goal, and an ending begun."""
    sessions = []
    for week, level in enumerate((8, 8, 8, 8, 8, 8, 8, 3)):
        at = now - timedelta(weeks=8 - week)
        session = services.plan_session(episode.pk, starts_at=at, by=by, now=at)
        sessions.append((session, float(level)))
    weeks_of_work(sessions, client=client_actor, therapist=by)
    version = plans.propose(
        episode.pk, Plan(goals=(Goal(id="g0", words="Sleep through the night"),)), by=by, now=now
    )
    plans.agree(version.pk, by=client_actor, now=now)
    endings.look_back(episode.pk, by=by, now=now)
    for side, words in ((by, "We took our time."), (client_actor, "Somebody listened.")):
        given = endings.Review(
            feels=1 if side.is_client else None, changed="", helped=words, missing=""
        )
        endings.review(episode.pk, given, by=side, now=now)
    sheet = endings.Sheet(signs=("I stop calling friends",), steps=("Go out",), people=("Mira",))
    endings.write_staying_well(episode.pk, sheet, by=client_actor, now=now)
    return episode
