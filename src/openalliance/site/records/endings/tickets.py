"""Links that open one form and nothing else: signed, not kept, and useless once it is answered.

Years after an ending nobody remembers a code. So the link to a few questions asks for none; in
return it shows nothing about anybody: no name, no therapist, no earlier answer once it was sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from openalliance.core.instruments import Moment
from openalliance.site.records.checkins.models import AskedForm

MOMENTS = (Moment.FOLLOW_UP, Moment.EXIT)
KNOWN_FOR = timedelta(days=90)
"""How long after a form closed its link still says so; then it looks like any wrong one."""

_SIGNER = Signer(salt="openalliance.endings.ticket", sep=".")


def ticket_for(form: AskedForm) -> str:
    """Return the signed part of the link to a form."""
    return _SIGNER.sign(form.pk.hex)


def link_to(form: AskedForm) -> str:
    """Return the whole address of a form, as it is sent to a client."""
    return f"{settings.SITE_ADDRESS}{reverse('client_questions:start', args=[ticket_for(form)])}"


def form_behind(ticket: str, *, now: datetime) -> AskedForm | None:
    """Return the form a link opens, with its client; nothing for a link that is none or is old."""
    try:
        form_id = UUID(hex=_SIGNER.unsign(ticket))
    except (BadSignature, ValueError):
        return None
    return (
        AskedForm.objects.filter(
            pk=form_id,
            moment__in=MOMENTS,
            closes_at__gt=now - KNOWN_FOR,
            episode__client__erased_at=None,
        )
        .select_related("episode__client", "practice")
        .first()
    )
