"""Text messages through a gateway of the practice's choice.

The gateway is any address that takes ``POST {"to": …, "text": …, "id": …}`` as JSON, with the token
as bearer, and answers with a status below 300. ``id`` is the same when a message is tried again.
"""

from __future__ import annotations

import json
from http.client import HTTPException
from urllib.request import Request, urlopen

from django.conf import settings

_SECONDS = 10


def is_set_up() -> bool:
    """Whether the practice has a gateway."""
    return bool(settings.TEXT_GATEWAY_URL)


def send(text: str, *, to: str, once: str) -> None:
    """Hand a text message over.

    Raises
    ------
    OSError
        The gateway did not take it. Nothing of the message is in the error.
    """
    body = json.dumps({"to": to, "text": text, "id": once}).encode()
    request = Request(  # noqa: S310 - settings refuse anything but http and https
        settings.TEXT_GATEWAY_URL,
        data=body,
        method="POST",
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.TEXT_GATEWAY_TOKEN}",
        },
    )
    try:
        with urlopen(request, timeout=_SECONDS):  # noqa: S310 - as above  # nosec B310
            pass
    except (OSError, HTTPException, ValueError) as fault:
        raise OSError(f"the gateway did not take it ({type(fault).__name__})") from None
