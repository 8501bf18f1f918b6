"""Where the staff are signed in, how long a sign-in lasts unused, and its end.

A session of the staff points to one of these rows. Without the row it opens nothing, so removing
the row signs out that device at its next request.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction

from openalliance.core.errors import NotFoundError
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Device, Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: not every request should write."""

IDLE_IN_THE_CLIENTS_HANDS = timedelta(hours=2)
"""How long a tablet that was handed over may rest; it shows one form, and only that."""


class Standing(StrEnum):
    """Whether a sign-in holds, waits for its person to come back, or is over."""

    HOLDS = "holds"
    IDLE = "idle"
    OVER = "over"


def standing_of(device: Device, *, handed_over: bool, now: datetime) -> Standing:
    """Return whether a sign-in still holds.

    A tablet in the client's hands is not locked in between, as only its therapist could open it
    again; after two hours unused it is signed out.
    """
    unused = now - device.last_used_at
    if now - device.since > settings.STAFF_STAYS:
        return Standing.OVER
    if handed_over:
        return Standing.OVER if unused > IDLE_IN_THE_CLIENTS_HANDS else Standing.HOLDS
    return Standing.IDLE if unused > settings.STAFF_IDLE else Standing.HOLDS


@transaction.atomic
def sign_in(person: Person, *, browser: str, now: datetime) -> Device:
    """Note that a person has signed in, and where."""
    device = Device.objects.create(
        practice_id=person.practice_id,
        person=person,
        browser=browser[:60],
        since=now,
        last_used_at=now,
    )
    log(Action.ADDED, "device", device.pk, by=actor_for(person), now=now, client_id=None)
    return device


def forget(device: Device) -> None:
    """Remove a device whose time is over, or at which its person has just signed in anew."""
    Device.objects.filter(pk=device.pk).delete()


def find(person: Person, device_id: str | None) -> Device | None:
    """Return the device that a person's session points to, unless it was signed out."""
    if not device_id:
        return None
    return Device.objects.filter(pk=UUID(device_id), person_id=person.pk).first()


def note_use(device: Device, *, now: datetime) -> None:
    """Remember that a device is in use; a clock that was set back changes nothing."""
    if now - device.last_used_at >= NOTED_EVERY:
        Device.objects.filter(pk=device.pk).update(last_used_at=now)


def welcome_back(device: Device, *, now: datetime) -> None:
    """Let a device go on that had not been used for a while."""
    Device.objects.filter(pk=device.pk).update(last_used_at=now)


def devices_of(by: Actor, *, now: datetime) -> Sequence[Device]:
    """Return where the actor is signed in, the latest used first."""
    return tuple(
        Device.objects.filter(
            practice_id=by.practice_id, person_id=by.id, since__gt=now - settings.STAFF_STAYS
        ).order_by("-last_used_at")
    )


@transaction.atomic
def sign_out(device_id: UUID, *, by: Actor, now: datetime) -> None:
    """Sign the actor out on one of their devices.

    Raises
    ------
    NotFoundError
        It is no device of theirs.
    """
    removed, _ = Device.objects.filter(
        pk=device_id, practice_id=by.practice_id, person_id=by.id
    ).delete()
    if not removed:
        raise NotFoundError("no such device")
    log(Action.CHANGED, "device", device_id, by=by, now=now, client_id=None)


@transaction.atomic
def sign_out_everywhere(
    person_id: UUID, *, but: str | None = None, by: Actor, now: datetime
) -> None:
    """Sign a person out on every device, or on every other one."""
    devices = Device.objects.filter(person_id=person_id, practice_id=by.practice_id)
    if but:
        devices = devices.exclude(pk=UUID(but))
    removed, _ = devices.delete()
    if removed:
        log(Action.CHANGED, "device", person_id, by=by, now=now, client_id=None)


def forget_old(*, now: datetime) -> None:
    """Remove sign-ins that have been over for days."""
    old = Device.objects.filter(since__lt=now - settings.STAFF_STAYS - timedelta(days=3))
    if old.exists():
        old.delete()
