"""How letters to clients are made that speak of what later apps hold.

An app that posts them says here, when the site starts, whether a letter is still wanted and what
it says. So this app needs to know nothing of what lies above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openalliance.site.records.letters.models import Channel, Letter, LetterKind
from openalliance.site.records.letters.wording import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What is asked right before sending, and what is then sent to which address by which way."""

    is_wanted: Callable[[Letter], bool]
    compose: Callable[[Letter], tuple[Words, str, Channel]]


_MAKINGS: dict[LetterKind, Making] = {}


def register(kind: LetterKind, making: Making) -> None:
    """Say how letters of a kind are made."""
    _MAKINGS[kind] = making


def of(letter: Letter) -> Making:
    """Return how a letter is made."""
    return _MAKINGS[LetterKind(letter.kind)]
