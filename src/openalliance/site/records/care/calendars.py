"""Calendar feeds: appointments for a calendar program, without a word of what they are about.

The address is the secret; whoever has it reads times. So a feed holds a client's code at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from openalliance.site.records.care.models import CalendarFeed, Session, SessionStatus
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.services import Action, log

BEHIND = timedelta(days=60)
"""How long past appointments stay in the feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One appointment: ``code`` is empty in a client's own feed; ``changes`` grows with each."""

    id: UUID
    starts_at: datetime
    minutes: int
    cancelled: bool
    changes: int
    code: str


@transaction.atomic
def make_feed(*, by: Actor, now: datetime) -> str:
    """Make a new address for the actor's own appointments; an older one stops working."""
    stop_feed(by=by, now=now)
    token = tokens.new_token()
    feed = CalendarFeed.objects.create(
        practice_id=by.practice_id,
        client_id=by.id if by.is_client else None,
        person_id=None if by.is_client else by.id,
        token_hash=tokens.digest(token),
        made_at=now,
    )
    client_id = by.id if by.is_client else None
    log(Action.ADDED, "calendar", feed.pk, by=by, now=now, client_id=client_id)
    return token


@transaction.atomic
def stop_feed(*, by: Actor, now: datetime) -> int:
    """Let the actor's address stop working; return how many there were."""
    return _own(by).update(revoked_at=now)


def has_feed(by: Actor) -> bool:
    """Whether the actor has an address that works."""
    return _own(by).exists()


@transaction.atomic
def feed_by(token: str, *, now: datetime) -> tuple[CalendarFeed, Sequence[Appointment]] | None:
    """Return a feed and its appointments, or nothing if there is no such address.

    Calendar programs come back all day long: the log notes the first time of each day.
    """
    feed = (
        CalendarFeed.objects.filter(token_hash=tokens.digest(token), revoked_at=None)
        .select_related("practice", "client", "person")
        .first()
    )
    if feed is None or not _may_still(feed):
        return None
    if feed.read_on != now.date():
        CalendarFeed.objects.filter(pk=feed.pk).update(read_on=now.date())
        log(Action.READ, "calendar", feed.pk, by=_owner(feed), now=now, client_id=feed.client_id)
    return feed, _appointments(feed, now)


def _own(by: Actor) -> QuerySet[CalendarFeed]:
    feeds = CalendarFeed.objects.filter(practice_id=by.practice_id, revoked_at=None)
    return feeds.filter(client_id=by.id) if by.is_client else feeds.filter(person_id=by.id)


def _owner(feed: CalendarFeed) -> Actor:
    if feed.client_id is not None:
        return Actor(kind=ActorKind.CLIENT, id=feed.client_id, practice_id=feed.practice_id)
    if feed.person_id is None:
        raise ValueError("a feed has an owner")
    return Actor(kind=ActorKind.STAFF, id=feed.person_id, practice_id=feed.practice_id)


def _may_still(feed: CalendarFeed) -> bool:
    if feed.client is not None:
        return feed.client.erased_at is None
    person = feed.person
    # The address knows no sign-in: what a page would ask of its visitor is asked here.
    return person is not None and person.is_active and actor_for(person).has(Role.THERAPIST)


def _appointments(feed: CalendarFeed, now: datetime) -> tuple[Appointment, ...]:
    sessions = Session.objects.filter(
        practice_id=feed.practice_id,
        removed_at=None,
        starts_at__gt=now - BEHIND,
        episode__client__erased_at=None,
    )
    if feed.client_id:
        sessions = sessions.filter(episode__client_id=feed.client_id)
    else:
        sessions = sessions.filter(episode__therapist_id=feed.person_id)
    rows = sessions.select_related("episode__client").annotate(moved=Count("moves"))
    return tuple(
        Appointment(
            id=one.pk,
            starts_at=one.starts_at,
            minutes=one.minutes,
            cancelled=one.status == SessionStatus.CANCELLED,
            changes=one.moved + (one.status == SessionStatus.CANCELLED),
            code="" if feed.client_id else one.episode.client.code,
        )
        for one in rows.order_by("starts_at")
    )
