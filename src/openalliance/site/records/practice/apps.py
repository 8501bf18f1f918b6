"""Django's entry for the data app “practice”."""

from __future__ import annotations

from django.apps import AppConfig


class PracticeConfig(AppConfig):
    name = "openalliance.site.records.practice"
    label = "practice"
