"""What the two found about a signal when they talked, in words for both."""

from __future__ import annotations

from django.utils.translation import gettext as _

from openalliance.core.course.claims import Answer


def answer_words(answer: str) -> str:
    """Return whether there was something to a signal, as the two said; nothing before."""
    if not answer:
        return ""
    match Answer(answer):
        case Answer.YES:
            return _("There was something to it.")
        case Answer.PARTLY:
            return _("There was something to it, in part.")
        case Answer.NO:
            return _("There was nothing to it.")
        case Answer.CANNOT_SAY:
            return _("Whether there was something to it could not be said.")
