"""Django's entry for the data app “care”."""

from __future__ import annotations

from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "openalliance.site.records.care"
    label = "care"
