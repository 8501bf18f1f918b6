"""What an authenticator app shows: RFC 6238, six digits for every half minute."""

from __future__ import annotations

import time

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


def code_of(secret: str) -> str:
    """Return what an app connected with ``secret`` shows now."""
    # Of this half minute: the one before holds too, but only until this one is over.
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD)))
