"""Django's entry for the data app “emergency”."""

from __future__ import annotations

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "openalliance.site.records.emergency"
    label = "emergency"
