"""Django's entry for the screens of the audience “supervisor”."""

from __future__ import annotations

from django.apps import AppConfig


class SupervisorConfig(AppConfig):
    name = "openalliance.site.screens.supervisor"
    label = "supervisor_screens"
