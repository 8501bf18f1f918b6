"""The letter that declines: no name, and nothing of what was written. Mail is read by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.site.records.letters.wording import Words

if TYPE_CHECKING:
    from openalliance.site.records.intake.models import ContactRequest


def declining(request: ContactRequest, alternatives: str) -> Words:
    """Return the letter in the language of who wrote, with where else they might turn."""
    with translation.override(request.language):
        parts = [
            _("Hello,"),
            _(
                "Thank you for writing to us. We are sorry: we cannot offer you a place. That is"
                " about our time and not about you."
            ),
        ]
        if alternatives.strip():
            parts += [_("Here you might find somebody:"), alternatives.strip()]
        parts += [
            _("Please do not stop looking. If it gets too much, help is here at any hour:"),
            request.practice.crisis_information.strip(),
            request.practice.name,
        ]
        return Words(subject=_("An answer to your message"), text="\n\n".join(parts))
