"""Telling a therapist by mail that somebody needs them. The mail holds no clinical content."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from threading import Thread

from django.core.mail import send_mail

from openalliance.site.records.care.models import Episode

_log = logging.getLogger("openalliance.notices")
THREAD = "notice"


def tell_therapist(episode: Episode) -> Thread:
    """Ask the therapist to open their caseload now, and return the thread that mails it.

    Nobody waits for the mail: a client who marked safety sees help at once, however slow the mail
    server is. The caseload shows the same at its top, mail or no mail.
    """
    mailing = Thread(name=THREAD, target=_mail, args=(episode.therapist.email,))
    mailing.start()
    return mailing


def _mail(address: str) -> None:
    try:
        send_mail(
            subject="OpenAlliance: please open your caseload now",
            message="A client marked something that should not wait. Please sign in and look"
            " at the top of your caseload.",
            from_email=None,
            recipient_list=[address],
        )
    except (SMTPException, OSError) as fault:
        # Not the message: a mail server may repeat the address in it.
        _log.error("a notice could not be mailed: %s", type(fault).__name__)
