"""Posting letters: kept in the transaction of what they speak of, mailed by a job after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from openalliance.site.records.letters.jobs import deliver
from openalliance.site.records.letters.models import Letter, LetterKind, Reply

USEFUL = {
    LetterKind.URGENT: timedelta(hours=24),
    LetterKind.EMERGENCY: timedelta(days=3),
    LetterKind.REPLY: timedelta(days=14),
    LetterKind.RETURN: timedelta(days=7),
    LetterKind.LEFT_BEHIND: timedelta(days=7),
}
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


def post_reply(
    *, to: str, subject: str, words: str, practice_id: UUID, now: datetime
) -> Reply | None:
    """Keep an answer to somebody outside for mailing; ``None`` without mail.

    Call it inside the transaction of what it speaks of.
    """
    if not settings.MAIL_IS_SET_UP:
        return None
    reply = Reply.objects.create(
        practice_id=practice_id, address=to, subject=subject, words=words, written_at=now
    )
    letter = Letter.objects.create(
        practice_id=practice_id,
        kind=LetterKind.REPLY,
        once=f"{LetterKind.REPLY}:{reply.pk}",
        reply=reply,
        made_at=now,
        due_at=now,
        useless_at=now + USEFUL[LetterKind.REPLY],
    )
    deliver.enqueue(str(letter.pk))
    return reply


def post_to_client(
    kind: LetterKind,
    *,
    once: str,
    about: UUID,
    client_id: UUID,
    practice_id: UUID,
    now: datetime,
    useless_at: datetime,
) -> UUID | None:
    """Keep a letter to a client, unless one about the same is there: its id when it is new.

    What it says and whether it is still wanted is known by who registered the kind in `making`. It
    is queued by `letters.jobs`, or right away by the caller.
    """
    letter, is_new = Letter.objects.get_or_create(
        practice_id=practice_id,
        once=f"{kind}:{once}",
        defaults={
            "kind": kind, "client_id": client_id, "about": about, "made_at": now, "due_at": now,
            "useless_at": useless_at,
        },
    )  # fmt: skip
    return letter.pk if is_new else None
