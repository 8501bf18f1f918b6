"""Telling a therapist by mail that somebody needs them. The mail holds no clinical content."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.core.mail import send_mail

from openalliance.site.records.care.models import Episode

_log = logging.getLogger("openalliance.notices")


def tell_therapist(episode: Episode) -> None:
    """Ask the therapist to open their caseload now. A mail that fails is logged, never raised:
    the caseload shows the same at its top.
    """
    try:
        send_mail(
            subject="OpenAlliance: please open your caseload now",
            message="A client marked something that should not wait. Please sign in and look"
            " at the top of your caseload.",
            from_email=None,
            recipient_list=[episode.therapist.email],
        )
    except (SMTPException, OSError):
        _log.exception("a notice could not be mailed")
