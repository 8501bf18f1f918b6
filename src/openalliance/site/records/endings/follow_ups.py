"""When a client is asked after the ending, and asking them: each time once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.course.after import (
    LATEST_MONTH,
    MONTHS,
    OPEN_FOR,
    REMINDED_AFTER,
    due_at,
)
from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.core.instruments import Moment, Rater
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Ending, Episode
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.endings import consent as consents
from openalliance.site.records.endings.invitations import can_be_sent, rests_now, useless_at
from openalliance.site.records.endings.models import FollowUp, FollowUpConsent
from openalliance.site.records.letters.models import LetterKind
from openalliance.site.records.letters.services import post_to_client
from openalliance.site.records.trust.actors import Actor, ActorKind, system
from openalliance.site.records.trust.services import Action, log

FOLLOW_UP = "oa-follow-up"
MOST = 12
"""Times that one ending may be followed by."""

_AT_ONCE = 200


@transaction.atomic
def agree(
    given: bool, how: consents.Reachable, *, by: Actor, now: datetime
) -> FollowUpConsent:  # fmt: skip
    """Keep a client's yes or no to follow-ups, and set or clear their times accordingly.

    Raises
    ------
    NotFoundError
        The actor is no client.
    InputError
        The address does not fit the channel.
    """
    made = consents.keep(given, how, by=by, now=now)
    ended = latest_ended(by.id)
    if given and ended is not None:
        schedule(ended, now=now)
    if not given:
        clear(by.id, now=now)
    return made


def latest_ended(client_id: UUID) -> Episode | None:
    """Return a client's latest episode if it has ended, and was not carried on by a colleague."""
    latest = (
        Episode.objects.filter(client_id=client_id)
        .select_related("client", "practice")
        .order_by("-started_at")
        .first()
    )
    if latest is None or latest.ended_at is None or latest.ending == Ending.TRANSFERRED:
        return None
    return latest


def schedule(episode: Episode, *, now: datetime, months: Iterable[int] = MONTHS) -> None:
    """Set the times after an ending that are still to come, if the client agreed to them.

    Times that were taken out before come back; those that were asked stay as they are.
    """
    consent = consents.newest_consent(episode.client_id)
    if consent is None or not consent.given or episode.ended_at is None:
        return
    for month in months:
        at = due_at(episode.ended_at, month)
        if at <= now:
            continue
        row, is_new = FollowUp.objects.get_or_create(
            episode=episode,
            months=month,
            defaults={"practice_id": episode.practice_id, "due_at": at},
        )
        if not is_new and row.asked_at is None:
            row.due_at, row.cancelled_at = at, None
            row.save(update_fields=["due_at", "cancelled_at"])


def clear(client_id: UUID, *, now: datetime) -> None:
    """Ask a client nothing more: times to come are taken out, and open questions close."""
    FollowUp.objects.filter(episode__client_id=client_id, asked_at=None, cancelled_at=None).update(
        cancelled_at=now
    )
    AskedForm.objects.filter(
        episode__client_id=client_id, moment=Moment.FOLLOW_UP, submitted_at=None,
        closes_at__gt=now,
    ).update(closes_at=now)  # fmt: skip


@transaction.atomic
def choose_months(
    episode_id: UUID, months: Sequence[int], *, by: Actor, now: datetime
) -> Sequence[FollowUp]:
    """Choose at which months after the ending a client is asked. What was asked stays.

    Raises
    ------
    ConflictError
        The episode runs, or the client has not agreed to follow-ups.
    InputError
        A month is out of range, or there are too many.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="follow-ups")
    consent = consents.newest_consent(episode.client_id)
    if episode.ended_at is None or episode.ending == Ending.TRANSFERRED:
        raise ConflictError("this episode has not come to its end")
    if consent is None or not consent.given:
        raise ConflictError("your client has not agreed to be asked")
    wanted = sorted(set(months))
    if len(wanted) > MOST or any(not 1 <= month <= LATEST_MONTH for month in wanted):
        raise InputError(
            f"choose at most {MOST} months, from 1 to {LATEST_MONTH}", where="months"
        )  # fmt: skip
    FollowUp.objects.filter(episode=episode, asked_at=None, cancelled_at=None).exclude(
        months__in=wanted
    ).update(cancelled_at=now)
    schedule(episode, now=now, months=wanted)
    log(Action.CHANGED, "follow-ups", episode.pk, by=by, now=now, client_id=episode.client_id)
    return tuple(FollowUp.objects.filter(episode=episode, cancelled_at=None).order_by("due_at"))


def post_due(*, now: datetime) -> Sequence[UUID]:
    """Ask whoever is due, remind once who has not answered, and return the letters to send."""
    due = FollowUp.objects.filter(asked_at=None, cancelled_at=None, due_at__lte=now)
    again = FollowUp.objects.filter(
        reminded_at=None, cancelled_at=None, asked_at__lte=now - REMINDED_AFTER,
        form__submitted_at=None, form__closes_at__gt=now,
    )  # fmt: skip
    letters = [_ask(one, now) for one in due.values_list("pk", flat=True)[:_AT_ONCE]]
    letters += [_remind(one, now) for one in again.values_list("pk", flat=True)[:_AT_ONCE]]
    return tuple(one for one in letters if one is not None)


def stop_by_link(form: AskedForm, *, now: datetime) -> None:
    """Ask a client nothing more, who said so on the page that their letter led to."""
    if form.moment != Moment.FOLLOW_UP:
        raise NotFoundError("nothing to stop")
    by = client_of(form)
    agree(False, consents.Reachable(), by=by, now=now)


def client_of(form: AskedForm) -> Actor:
    """Return the client whom a form asks, for the page that its link opens."""
    return Actor(kind=ActorKind.CLIENT, id=form.episode.client_id, practice_id=form.practice_id)


@transaction.atomic
def _ask(follow_up_id: UUID, now: datetime) -> UUID | None:
    """Ask one client, unless somebody was quicker; return the letter to send, if there is one."""
    row = (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("episode__client", "episode__practice")
        .filter(pk=follow_up_id, asked_at=None, cancelled_at=None)
        .first()
    )
    if row is None:
        return None
    client, consent = row.episode.client, consents.newest_consent(row.episode.client_id)
    back = Episode.objects.filter(client=client, ended_at=None).exists()
    too_late = now > row.due_at + OPEN_FOR
    if client.erased_at is not None or consent is None or not consent.given or back or too_late:
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        return None
    sends = can_be_sent(consent)
    if sends and rests_now(consent, row.episode.practice.time_zone, now=now):
        return None
    row.form = AskedForm.objects.create(
        practice_id=row.practice_id,
        episode=row.episode,
        moment=Moment.FOLLOW_UP,
        rater=Rater.CLIENT,
        instruments=[[FOLLOW_UP, instrument(FOLLOW_UP).version]],
        opens_at=now,
        closes_at=now + OPEN_FOR,
        answers={},
    )
    row.asked_at = now
    row.save(update_fields=["form", "asked_at"])
    by = system(row.practice_id)
    log(Action.SENT, "follow-up", row.form.pk, by=by, now=now, client_id=client.pk)
    return _letter(row, row.form, "1", now) if sends else None


@transaction.atomic
def _remind(follow_up_id: UUID, now: datetime) -> UUID | None:
    row = (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("episode__practice", "form")
        .filter(pk=follow_up_id, reminded_at=None, cancelled_at=None)
        .first()
    )
    if row is None or row.form is None or row.form.submitted_at is not None:
        return None
    consent = consents.newest_consent(row.episode.client_id)
    if consent is None or not can_be_sent(consent):
        return None
    if rests_now(consent, row.episode.practice.time_zone, now=now):
        return None
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    return _letter(row, row.form, "2", now)


def _letter(row: FollowUp, form: AskedForm, which: str, now: datetime) -> UUID | None:
    return post_to_client(
        LetterKind.QUESTIONS,
        once=f"{row.pk.hex}:{which}",
        about=form.pk,
        client_id=row.episode.client_id,
        practice_id=row.practice_id,
        now=now,
        useless_at=useless_at(form),
    )
