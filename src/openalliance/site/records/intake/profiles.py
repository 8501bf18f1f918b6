"""Changing what the public sees of the practice and its therapists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import IO

from django.db import transaction

from openalliance.core.errors import InputError
from openalliance.site.records.intake.models import Portrait, PracticePage, Profile, Taking
from openalliance.site.records.intake.portraits import portrait_from
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

_PROFILE = frozenset({
    "headline", "about", "trainings", "languages", "cultures", "approach", "style", "humour",
    "ways", "fees", "availability", "taking", "is_public",
})  # fmt: skip
_PAGE = frozenset({
    "about", "place", "accessibility", "fees", "availability", "is_public", "takes_requests",
    "alternatives", "unanswered_days", "declined_days",
})  # fmt: skip


@transaction.atomic
def save_profile(changes: Mapping[str, object], *, by: Actor, now: datetime) -> None:
    """Change what the public sees of a therapist.

    Raises
    ------
    InputError
        A field is not one of a profile, or ``taking`` is unknown.
    """
    require(by, Role.THERAPIST)
    _only(changes, _PROFILE)
    if changes.get("taking", Taking.YES) not in Taking.values:
        raise InputError("say whether you have room", where="taking")
    Profile.objects.update_or_create(person_id=by.id, defaults=changes)
    log(Action.CHANGED, "profile", by.id, by=by, now=now, client_id=None)


@transaction.atomic
def save_portrait(sent: IO[bytes], *, by: Actor, now: datetime) -> None:
    """Make a therapist's picture anew from a file they sent, in place of the one before.

    Raises
    ------
    InputError
        It is too large, or no picture of a known format.
    """
    require(by, Role.THERAPIST)
    image = portrait_from(sent)
    Portrait.objects.update_or_create(
        person_id=by.id,
        defaults={"image": image, "digest": sha256(image).hexdigest()[:16], "changed_at": now},
    )
    log(Action.CHANGED, "portrait", by.id, by=by, now=now, client_id=None)


@transaction.atomic
def remove_portrait(*, by: Actor, now: datetime) -> None:
    """Delete a therapist's picture."""
    require(by, Role.THERAPIST)
    gone, _rows = Portrait.objects.filter(person_id=by.id).delete()
    if gone:
        log(Action.ERASED, "portrait", by.id, by=by, now=now, client_id=None)


@transaction.atomic
def save_page(changes: Mapping[str, object], *, by: Actor, now: datetime) -> None:
    """Change what the practice tells the public about itself.

    Raises
    ------
    InputError
        A field is not one of that page.
    """
    require(by, Role.ADMINISTRATOR)
    _only(changes, _PAGE)
    PracticePage.objects.update_or_create(practice_id=by.practice_id, defaults=changes)
    log(Action.CHANGED, "public page", by.practice_id, by=by, now=now, client_id=None)


def _only(changes: Mapping[str, object], allowed: frozenset[str]) -> None:
    if unknown := set(changes) - allowed:
        raise InputError("not a part of this page", where=", ".join(sorted(unknown)))
