"""What anybody may see of the practice, and who may read the requests of those who knock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.intake.models import (
    Arrival,
    ContactRequest,
    Portrait,
    PracticePage,
    Profile,
    RequestState,
)
from openalliance.site.records.practice.access import require, therapists
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log, log_many


def public_page(practice: Practice) -> PracticePage | None:
    """Return what the practice tells about itself, once it was made public."""
    return PracticePage.objects.filter(practice=practice, is_public=True).first()


def public_profiles(practice: Practice) -> Sequence[Profile]:
    """Return the profiles that therapists have made public, by name."""
    return tuple(_public(practice).order_by("person__name", "pk"))


def public_profile(practice: Practice, person_id: UUID) -> Profile:
    """Return one public profile.

    Raises
    ------
    NotFoundError
        There is none: nobody, no therapist any more, or not made public.
    """
    found = _public(practice).filter(pk=person_id).first()
    if found is None:
        raise NotFoundError("no such profile")
    return found


def public_portrait(practice: Practice, person_id: UUID) -> Portrait:
    """Return the picture beside a public profile.

    Raises
    ------
    NotFoundError
        There is none, or the profile is not public.
    """
    found = Portrait.objects.filter(person__profile__in=_public(practice).filter(pk=person_id))
    portrait = found.first()
    if portrait is None:
        raise NotFoundError("no such portrait")
    return portrait


def own_profile(by: Actor) -> Profile:
    """Return a therapist's own profile, unsaved and empty when there is none yet."""
    require(by, Role.THERAPIST)
    return Profile.objects.filter(person_id=by.id).first() or Profile(person_id=by.id)


def own_portrait(by: Actor) -> Portrait | None:
    """Return a therapist's own picture, public or not."""
    require(by, Role.THERAPIST)
    return Portrait.objects.filter(person_id=by.id).first()


def page_to_edit(by: Actor) -> PracticePage:
    """Return the practice's own page, unsaved and empty when there is none yet."""
    require(by, Role.ADMINISTRATOR)
    found = PracticePage.objects.filter(practice_id=by.practice_id).first()
    return found or PracticePage(practice_id=by.practice_id)


def requests_for(by: Actor, *, now: datetime) -> Sequence[ContactRequest]:
    """Return the requests an actor may read, oldest first, and log that they read them.

    An administrator reads all of the practice; a therapist those they were asked for by name or
    that were passed to them.
    """
    found = tuple(visible_requests(by).order_by("at", "pk"))
    log_many(Action.READ, "contact request", ((one.pk, None) for one in found), by=by, now=now)
    return found


def request_for(by: Actor, request_id: UUID, *, now: datetime) -> ContactRequest:
    """Return one request, and log that the actor read it.

    Raises
    ------
    NotFoundError
        There is none, or the actor may not read it.
    """
    found = visible_requests(by).filter(pk=request_id).first()
    if found is None:
        raise NotFoundError("no such request")
    log(Action.READ, "contact request", found.pk, by=by, now=now, client_id=None)
    return found


def unanswered(by: Actor) -> int:
    """Return how many requests wait for the actor's first answer; a number, nobody's words."""
    return visible_requests(by).filter(state=RequestState.NEW).count()


def visible_requests(by: Actor) -> QuerySet[ContactRequest]:
    """Return the requests the actor may see; nothing is logged yet."""
    require(by, Role.ADMINISTRATOR, Role.THERAPIST)
    found = ContactRequest.objects.filter(practice_id=by.practice_id).select_related(
        "practice", "therapist", "passed_to", "handled_by"
    )
    if by.has(Role.ADMINISTRATOR):
        return found
    return found.filter(Q(passed_to_id=by.id) | Q(passed_to=None, therapist_id=by.id))


def offers_for(by: Actor) -> Sequence[tuple[Person, Profile | None]]:
    """Return the therapists of the practice with what they say of themselves, public or not."""
    people = therapists(by)
    said = {one.pk: one for one in Profile.objects.filter(person__in=people)}
    return tuple((person, said.get(person.pk)) for person in people)


def arrival_of(episode: Episode) -> Arrival | None:
    """Return what the client of an episode wrote before they were one.

    `care.access.episode_for` let the actor see the episode.
    """
    return Arrival.objects.filter(
        client_id=episode.client_id, practice_id=episode.practice_id
    ).first()


def _public(practice: Practice) -> QuerySet[Profile]:
    return (
        Profile.objects.filter(
            person__practice=practice,
            person__is_active=True,
            person__grants__role=Role.THERAPIST,
            person__grants__ended_at=None,
            is_public=True,
        )
        .select_related("person", "person__portrait")
        .defer("person__portrait__image")
    )
