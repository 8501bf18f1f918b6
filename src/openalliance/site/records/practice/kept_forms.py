"""Forms that were sent after a sign-in had run out: kept sealed until their writer is back.

Only what somebody known sent is kept, for a day, and only they can open it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import NotFoundError
from openalliance.site.records.practice.models import KeptForm

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 10
"""Of one owner; the oldest go first."""

NEVER_KEPT = ("csrfmiddlewaretoken", "password")
"""Fields whose name holds one of these are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where a form was to go, and what was in it."""

    path: str
    sent: tuple[tuple[str, str], ...]


@transaction.atomic
def keep(
    path: str,
    sent: Iterable[tuple[str, str]],
    *,
    owner_id: UUID,
    practice_id: UUID,
    now: datetime,
) -> UUID:
    """Keep a form of ``owner_id`` and return under which id."""
    pairs = [[name, text] for name, text in sent if not any(part in name for part in NEVER_KEPT)]
    kept = KeptForm.objects.create(
        practice_id=practice_id, owner_id=owner_id, path=path, sent=pairs, kept_at=now
    )
    own = KeptForm.objects.filter(owner_id=owner_id).order_by("-kept_at", "pk")
    surplus = list(own.values_list("pk", flat=True)[MOST_KEPT:])
    if surplus:
        KeptForm.objects.filter(pk__in=surplus).delete()
    return kept.pk


def kept_form(kept_id: UUID, *, owner_id: UUID, now: datetime) -> Form:
    """Return what was kept, to whom it belongs.

    Raises
    ------
    NotFoundError
        There is nothing of that id, it is somebody else's, or its day is over.
    """
    kept = KeptForm.objects.filter(
        pk=kept_id, owner_id=owner_id, kept_at__gt=now - KEPT_FOR
    ).first()
    if kept is None:
        raise NotFoundError("nothing kept")
    return Form(path=kept.path, sent=tuple((name, text) for name, text in kept.sent))


def forget(kept_id: UUID, *, owner_id: UUID) -> None:
    """Remove what was kept, once it was sent or is not wanted any more."""
    KeptForm.objects.filter(pk=kept_id, owner_id=owner_id).delete()


def forget_old(*, now: datetime) -> None:
    """Remove what nobody came back for."""
    old = KeptForm.objects.filter(kept_at__lt=now - KEPT_FOR)
    if old.exists():
        old.delete()
