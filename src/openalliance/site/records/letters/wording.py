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
    LetterKind.EMERGENCY: Words(
        subject="OpenAlliance: a record was opened in an emergency",
        text=(
            "A colleague opened the record of a client of yours in an emergency. Please sign in:"
            " your caseload says who it was and why."
        ),
    ),
    LetterKind.RETURN: Words(
        subject="OpenAlliance: somebody would like to hear from you",
        text=(
            "Somebody would like to come back, or to hear from you. Please sign in: your caseload"
            " says who it is."
        ),
    ),
    LetterKind.LEFT_BEHIND: Words(
        subject="OpenAlliance: somebody would like to hear from the practice",
        text=(
            "Somebody whose therapist left the practice would like to come back or to hear from"
            " somebody. Please sign in: under “Contact requests” you choose who gets in touch."
        ),
    ),
}
