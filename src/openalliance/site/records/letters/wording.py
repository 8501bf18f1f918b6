"""What letters say. No name, no score, nothing of what was said: mail is read by others."""

from __future__ import annotations

from dataclasses import dataclass

from openalliance.site.records.letters.models import LetterKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Subject and text of a letter."""

    subject: str
    text: str


WORDS = {
    LetterKind.URGENT: Words(
        subject="OpenAlliance: please open your caseload now",
        text=(
            "A client marked something that should not wait. Please sign in and look at the top of"
            " your caseload."
        ),
    ),
}
