"""Django's entry for the data app “endings”."""

from __future__ import annotations

from django.apps import AppConfig


class EndingsConfig(AppConfig):
    name = "openalliance.site.records.endings"
    label = "endings"

    def ready(self) -> None:
        """Say how letters with questions after an ending are made."""
        from openalliance.site.records.endings import invitations
        from openalliance.site.records.letters import making
        from openalliance.site.records.letters.models import LetterKind

        making.register(
            LetterKind.QUESTIONS,
            making.Making(is_wanted=invitations.is_wanted, compose=invitations.compose),
        )
