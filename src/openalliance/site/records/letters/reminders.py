"""Reminders of appointments, at times the client chose, and not a word of what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from openalliance.core.errors import InputError
from openalliance.site.records.care.models import Session, SessionStatus
from openalliance.site.records.letters import texts
from openalliance.site.records.letters.models import (
    Channel,
    Letter,
    LetterKind,
    LetterState,
    ReminderChoice,
)
from openalliance.site.records.letters.wording import Words
from openalliance.site.records.practice.access import require_client
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

HOURS = (48, 24, 3)
"""How long before an appointment one may be reminded."""

_LONGEST_ADDRESS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a client chose."""

    channel: str
    address: str
    hours: tuple[int, ...]
    quiet_from: int = 21
    quiet_until: int = 8


class Hours(Protocol):
    """Anything that says between which hours of the practice's day nothing is sent."""

    quiet_from: int
    quiet_until: int


def channels() -> tuple[Channel, ...]:
    """Return how this installation can reach clients."""
    found = []
    if settings.MAIL_IS_SET_UP:
        found.append(Channel.MAIL)
    if texts.is_set_up():
        found.append(Channel.TEXT)
    return tuple(found)


def own_choice(by: Actor) -> ReminderChoice | None:
    """Return what a client chose, if anything."""
    require_client(by)
    return ReminderChoice.objects.filter(client_id=by.id, practice_id=by.practice_id).first()


@transaction.atomic
def choose(wanted: Wanted, *, by: Actor, now: datetime) -> ReminderChoice:
    """Keep when and how a client wants to be reminded.

    Raises
    ------
    InputError
        The address does not fit the channel, or nothing to be reminded at was chosen.
    """
    require_client(by)
    _check(wanted)
    ReminderChoice.objects.filter(client_id=by.id, practice_id=by.practice_id).delete()
    made = ReminderChoice.objects.create(
        practice_id=by.practice_id,
        client_id=by.id,
        channel=wanted.channel,
        address=wanted.address.strip(),
        hours=sorted(set(wanted.hours), reverse=True),
        quiet_from=wanted.quiet_from,
        quiet_until=wanted.quiet_until,
        chosen_at=now,
    )
    log(Action.CHANGED, "reminders", made.pk, by=by, now=now, client_id=by.id)
    return made


@transaction.atomic
def stop(*, by: Actor, now: datetime) -> None:
    """Send a client no reminders any more."""
    found = own_choice(by)
    if found is not None:
        log(Action.WITHDREW, "reminders", found.pk, by=by, now=now, client_id=by.id)
        found.delete()


def due_at(starts_at: datetime, hours: int, choice: ReminderChoice, zone: ZoneInfo) -> datetime:
    """Return when to remind: so many hours before, or before the quiet hours begin.

    A reminder that would come in quiet hours comes right before them: rather early than too late.
    """
    at = (starts_at - timedelta(hours=hours)).astimezone(zone)
    if not is_quiet(at, choice):
        return at
    begins = at.replace(hour=choice.quiet_from, minute=0, second=0, microsecond=0)
    begins -= timedelta(days=1) if begins > at else timedelta()
    return begins - timedelta(minutes=1)


def is_quiet(at: datetime, choice: Hours) -> bool:
    """Whether a moment, on the practice's clock, lies in the hours in which nothing is sent."""
    start, end = choice.quiet_from, choice.quiet_until
    if start <= end:
        return start <= at.hour < end
    return at.hour >= start or at.hour < end


def post_due(*, now: datetime) -> Sequence[UUID]:
    """Post the reminders whose time has come; each appointment and hour once."""
    if not channels():
        return ()
    coming = (
        Session.objects.filter(
            status=SessionStatus.PLANNED,
            removed_at=None,
            starts_at__gt=now,
            starts_at__lte=now + timedelta(hours=max(HOURS) + 24),
            episode__client__reminder_choice__isnull=False,
            episode__client__erased_at=None,
        )
        .select_related("episode__client__reminder_choice", "practice")
        .order_by("starts_at")
    )
    posted = []
    for session in coming:
        choice = session.episode.client.reminder_choice
        due = _last_due(session, choice, now)
        if due is not None and choice.channel in channels():
            letter, is_new = _posted(session, choice, due, now)
            if is_new:
                posted.append(letter.pk)
    return tuple(posted)


def is_wanted(letter: Letter) -> bool:
    """Whether a reminder still is one: planned, at the same time, and not stopped."""
    session, choice = letter.session, letter.choice
    if session is None or choice is None:
        return False
    return (
        session.status == SessionStatus.PLANNED
        and session.removed_at is None
        and letter.useless_at == session.starts_at
        and choice.channel in channels()
    )


def compose(letter: Letter) -> tuple[Words, str, Channel]:
    """Return what a reminder says, to which address, by which way."""
    session, choice = letter.session, letter.choice
    if session is None or choice is None:
        raise ValueError("a reminder is about an appointment of somebody")
    zone = ZoneInfo(letter.practice.time_zone)
    with translation.override(choice.client.language), timezone.override(zone):
        when = formats.date_format(
            timezone.localtime(session.starts_at), pgettext("date format", "l j F, H:i")
        )
        words = Words(
            subject=_("Your appointment"), text=_("Your appointment: %(when)s.") % {"when": when}
        )
    return words, choice.address, Channel(choice.channel)


def _check(wanted: Wanted) -> None:
    if wanted.channel not in channels():
        raise InputError("choose how you want to be reminded", where="channel")
    if not wanted.hours or not set(wanted.hours) <= set(HOURS):
        raise InputError("choose when you want to be reminded", where="hours")
    if not (0 <= wanted.quiet_from <= 23 and 0 <= wanted.quiet_until <= 23):
        raise InputError("choose hours from 0 to 23", where="quiet_from")
    require_address(wanted.channel, wanted.address)


def require_address(channel: str, typed: str) -> None:
    """Refuse an address that cannot be one of this channel.

    Raises
    ------
    InputError
        It is none, or is too long.
    """
    address = typed.strip()
    if channel == Channel.TEXT:
        digits = address.replace(" ", "").removeprefix("+")
        if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 15):
            raise InputError("write a telephone number with digits", where="address")
        return
    try:
        validate_email(address)
    except ValidationError:
        raise InputError("write an e-mail address", where="address") from None
    if len(address) > _LONGEST_ADDRESS:
        raise InputError("this address is too long", where="address")


def _last_due(session: Session, choice: ReminderChoice, now: datetime) -> int | None:
    """Return the latest of the chosen hours whose time has come, so that one reminder is sent."""
    zone = ZoneInfo(session.practice.time_zone)
    if is_quiet(now.astimezone(zone), choice):
        return None
    past = [
        hours for hours in choice.hours
        if due_at(session.starts_at, hours, choice, zone) <= now
        and due_at(session.starts_at, hours, choice, zone) > choice.chosen_at
    ]  # fmt: skip
    return min(past, default=None)


def _posted(
    session: Session, choice: ReminderChoice, hours: int, now: datetime
) -> tuple[Letter, bool]:
    return Letter.objects.get_or_create(
        practice_id=session.practice_id,
        once=f"reminder:{session.pk.hex}:{hours}:{session.starts_at.timestamp():.0f}",
        defaults={
            "kind": LetterKind.REMINDER, "choice": choice, "session": session, "made_at": now,
            "due_at": now, "useless_at": session.starts_at, "state": LetterState.WAITING,
        },
    )  # fmt: skip
