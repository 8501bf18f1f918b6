"""Django's entry for the screens that a therapist or supervisor needs in an emergency."""

from __future__ import annotations

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "openalliance.site.screens.emergency"
    label = "emergency_screens"
