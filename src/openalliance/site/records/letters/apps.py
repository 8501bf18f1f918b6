"""Django's entry for the data app “letters”."""

from __future__ import annotations

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "openalliance.site.records.letters"
    label = "letters"
