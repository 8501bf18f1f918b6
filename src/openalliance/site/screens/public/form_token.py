"""Proof that a form was asked for here, and when: against programs that fill in forms.

The form carries a signed number and the time it was made. Nobody is asked to solve or to prove
anything, no cookie is needed, and nobody else is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID, uuid4

from django.core import signing

QUICKEST = timedelta(seconds=3)
"""Nobody reads the page, types a name and a number in less."""
LASTS = timedelta(hours=12)
_SALT = "openalliance.contact"


class Age(Enum):
    """How old a form is when it comes back."""

    TOO_YOUNG = auto()
    RIGHT = auto()
    TOO_OLD = auto()
    """Or not from here at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormToken:
    """The number of a form, and how old it is."""

    id: UUID
    age: Age


def made(now: datetime) -> str:
    """Return the proof for a new form."""
    said = {"form": uuid4().hex, "at": int(now.timestamp())}
    return signing.Signer(salt=_SALT).sign_object(said)


def read(token: str, now: datetime) -> FormToken:
    """Return what a form proves; one that proves nothing counts as too old."""
    try:
        said = signing.Signer(salt=_SALT).unsign_object(token)
        made_at = datetime.fromtimestamp(said["at"], tz=now.tzinfo)
    except (signing.BadSignature, ValueError):
        return FormToken(id=uuid4(), age=Age.TOO_OLD)
    since = now - made_at
    return FormToken(id=UUID(said["form"]), age=_age(since))


def _age(since: timedelta) -> Age:
    if since < QUICKEST:
        return Age.TOO_YOUNG
    return Age.RIGHT if since < LASTS else Age.TOO_OLD
