"""Mailing letters: each is claimed before it is sent, and kept until the mail server has it.

Two workers never send the same letter: the claim is a row that only one of them can change. A
worker that dies between the server's answer and its note of it leaves a letter whose fate is
unknown; it is sent again under the same Message-ID, so that mail programs show it once.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from openalliance.site.records.letters import making, reminders, texts
from openalliance.site.records.letters.models import Channel, Letter, LetterKind, LetterState
from openalliance.site.records.letters.wording import WORDS, Words

_log = logging.getLogger("openalliance.letters")

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
CLAIM_LASTS = timedelta(minutes=10)
"""Longer than a mail server may take: then the worker is dead."""
JOB_COMES_WITHIN = timedelta(minutes=1)


def mail(letter_id: UUID, *, now: datetime) -> datetime | None:
    """Send a letter that is due; return when to try again, if that failed.

    Does nothing for a letter that is sent, given up, in another worker's hands or not due.
    """
    letter = _claimed(letter_id, now)
    if letter is None:
        return None
    try:
        _send(letter)
    except (SMTPException, OSError) as fault:
        # Not the message: a mail server may repeat the address in it.
        kind = type(fault).__name__
        _log.error("a letter could not be mailed and is kept: %s", kind)
        return _put_back(letter, kind, now)
    Letter.objects.filter(pk=letter.pk).update(
        state=LetterState.SENT, sent_at=now, claimed_at=None, fault=""
    )
    return None


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, an hour at most."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doublings)


def left_lying(*, now: datetime) -> list[UUID]:
    """Return letters that no job will come for: their worker died. They are waiting again."""
    Letter.objects.filter(state=LetterState.SENDING, claimed_at__lt=now - CLAIM_LASTS).update(
        state=LetterState.WAITING, claimed_at=None, fault="worker died"
    )
    overdue = Letter.objects.filter(state=LetterState.WAITING, due_at__lte=now - JOB_COMES_WITHIN)
    return list(overdue.values_list("pk", flat=True))


@transaction.atomic
def _claimed(letter_id: UUID, now: datetime) -> Letter | None:
    letter = (
        Letter.objects.select_for_update(of=("self",))
        .select_related("person", "choice__client", "session", "practice", "client", "reply")
        .filter(pk=letter_id, state=LetterState.WAITING, due_at__lte=now)
        .first()
    )
    if letter is None:
        return None
    if letter.useless_at <= now or not _is_wanted(letter):
        letter.state = LetterState.GIVEN_UP
        letter.save(update_fields=["state"])
        return None
    letter.state = LetterState.SENDING
    letter.claimed_at = now
    letter.attempts += 1
    letter.save(update_fields=["state", "claimed_at", "attempts"])
    return letter


def _put_back(letter: Letter, fault: str, now: datetime) -> datetime:
    again = now + pause(letter.attempts)
    Letter.objects.filter(pk=letter.pk).update(
        state=LetterState.WAITING, claimed_at=None, due_at=again, fault=fault[:80]
    )
    return again


def _is_wanted(letter: Letter) -> bool:
    if letter.person is not None:
        return letter.person.is_active
    if letter.client is not None:
        return making.of(letter).is_wanted(letter)
    return letter.reply is not None or reminders.is_wanted(letter)


def _send(letter: Letter) -> None:
    if letter.person is not None:
        words, address, channel = WORDS[LetterKind(letter.kind)], letter.person.email, Channel.MAIL
    elif letter.reply is not None:
        reply = letter.reply
        words = Words(subject=reply.subject, text=reply.words)
        address, channel = reply.address, Channel.MAIL
    elif letter.client is not None:
        words, address, channel = making.of(letter).compose(letter)
    else:
        words, address, channel = reminders.compose(letter)
    if channel == Channel.TEXT:
        texts.send(words.text, to=address, once=str(letter.pk))
        return
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">") or "localhost"
    EmailMessage(
        subject=words.subject,
        body=words.text,
        to=[address],
        headers={"Message-ID": f"<{letter.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    ).send()
