"""A client who has come in, and what is theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from client_steps import ComeIn, Link
from django.test import Client as Browser

from openalliance.core.plan import Goal, Pace, Plan, Strategy
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.hard_to_say import say
from openalliance.site.records.checkins.models import HardToSay
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.plans.services import agree, propose
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, ActorKind

SLEEP = Goal(id="sleep", words="Sleep through most nights")
PLAN = Plan(
    goals=(SLEEP,),
    strategies=(Strategy(id="phone", words="No phone after ten", goal_id="sleep"),),
    pace=Pace(words="slowly"),
)


@pytest.fixture
def own(client_link: Link, come_in: ComeIn) -> Browser:
    """A browser in which the client is in."""
    return come_in(Browser(), client_link)


@pytest.fixture
def url(client_link: Link) -> str:
    return client_link.url


@pytest.fixture
def other_client(colleague: Person, now: datetime) -> Episode:
    """Another client of the same practice, with a session that is going on."""
    return care.add_client(
        care.NewClient(name="Olek Other", email=None, language="en", modality="cbt"),
        by=actor_for(colleague),
        now=now - timedelta(days=10),
    )


@pytest.fixture
def other_actor(other_client: Episode) -> Actor:
    return Actor(
        kind=ActorKind.CLIENT, id=other_client.client_id, practice_id=other_client.practice_id
    )


@pytest.fixture
def agreed_plan(
    episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> PlanVersion:
    version = propose(episode.pk, PLAN, by=client_actor, now=now - timedelta(days=9))
    return agree(version.pk, by=actor_for(therapist), now=now - timedelta(days=8))


@pytest.fixture
def said(episode: Episode, client_actor: Actor, now: datetime) -> HardToSay:
    return say(
        episode.pk,
        session=None,
        about="pace",
        words="It goes too fast for me 🙈",
        visibility="later",
        submission=uuid4(),
        by=client_actor,
        now=now - timedelta(days=2),
    )
