"""Django's entry for the data app “intake”."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "openalliance.site.records.intake"
    label = "intake"
