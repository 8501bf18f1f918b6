"""Django's entry for the screens of the audience “therapist”."""

from __future__ import annotations

from django.apps import AppConfig


class TherapistConfig(AppConfig):
    name = "openalliance.site.screens.therapist"
    label = "therapist_screens"
