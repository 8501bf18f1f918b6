"""Posting letters: kept in the transaction of what they speak of, mailed by a job after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from openalliance.site.records.letters.jobs import deliver
from openalliance.site.records.letters.models import Letter, LetterKind

USEFUL = {LetterKind.URGENT: timedelta(hours=24)}
"""How long a letter may be late; what is later would only confuse."""


def post(
    kind: LetterKind, *, once: str, person_id: UUID, practice_id: UUID, now: datetime
) -> Letter | None:
    """Keep a letter for mailing, unless one about the same is there; ``None`` without mail.

    Call it inside the transaction of what it speaks of: both happen or neither.
    """
    if not settings.MAIL_IS_SET_UP:
        return None
    letter, is_new = Letter.objects.get_or_create(
        practice_id=practice_id,
        once=f"{kind}:{once}",
        defaults={
            "kind": kind,
            "person_id": person_id,
            "made_at": now,
            "due_at": now,
            "useless_at": now + USEFUL[kind],
        },
    )
    if is_new:
        deliver.enqueue(str(letter.pk))
    return letter
