"""A client's yes or no to being asked how life is after the ending, and how to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from openalliance.core.errors import InputError
from openalliance.site.records.care.models import Client
from openalliance.site.records.endings.models import FollowUpConsent
from openalliance.site.records.letters.reminders import channels, require_address
from openalliance.site.records.practice.access import require_client
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """How a client wants to be asked; without a channel, on their own page alone."""

    channel: str = ""
    address: str = ""
    quiet_from: int = 21
    quiet_until: int = 8


def question() -> tuple[str, ...]:
    """Return what is asked, in the present language."""
    return (
        _(
            "May we ask you how life is, now and then, after your therapy has ended? It takes less"
            " than a minute each time. You may skip any of them, and stop them at any time."
        ),
        _(
            "Your therapist can read your answers. The numbers of many people together show the"
            " practice what lasts. Nobody can be made out in them."
        ),
    )


def newest_consent(client_id: UUID) -> FollowUpConsent | None:
    """Return what a client said last, if they were asked at all."""
    return FollowUpConsent.objects.filter(client_id=client_id).order_by("-at", "-pk").first()


def consents_to_follow_ups(client_id: UUID, *, practice_id: UUID) -> Sequence[FollowUpConsent]:
    """Return every answer, newest first; the caller has let the actor see the client."""
    return tuple(
        FollowUpConsent.objects.filter(client_id=client_id, practice_id=practice_id).order_by(
            "-at", "-pk"
        )
    )


@transaction.atomic
def keep(given: bool, how: Reachable, *, by: Actor, now: datetime) -> FollowUpConsent:
    """Keep a client's yes or no; earlier answers stay, without the address they named.

    Raises
    ------
    NotFoundError
        The actor is no client.
    InputError
        The channel is unknown here, or the address does not fit it.
    """
    require_client(by)
    if given and how.channel:
        if how.channel not in channels():
            raise InputError("choose how we may reach you", where="channel")
        require_address(how.channel, how.address)
    if not (0 <= how.quiet_from <= 23 and 0 <= how.quiet_until <= 23):
        raise InputError("choose hours from 0 to 23", where="quiet_from")
    client = Client.objects.select_for_update().get(pk=by.id, practice_id=by.practice_id)
    forget_addresses(client.pk)
    made = FollowUpConsent.objects.create(
        practice_id=by.practice_id,
        client=client,
        given=given,
        channel=how.channel if given else "",
        address=how.address.strip() if given and how.channel else "",
        quiet_from=how.quiet_from,
        quiet_until=how.quiet_until,
        language=get_language() or "en",
        words="\n".join(question()),
        at=now,
    )
    action = Action.CHANGED if given else Action.WITHDREW
    log(action, "follow-up consent", made.pk, by=by, now=now, client_id=client.pk)
    return made


def forget_addresses(client_id: UUID) -> None:
    """Empty the addresses of a client's answers: only the newest is of any use."""
    for earlier in FollowUpConsent.objects.filter(client_id=client_id):
        if earlier.address:
            earlier.address = ""
            earlier.save(update_fields=["address"])
