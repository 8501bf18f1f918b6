"""Django's entry for the screens of the audience “administrator”."""

from __future__ import annotations

from django.apps import AppConfig


class AdministratorConfig(AppConfig):
    name = "openalliance.site.screens.administrator"
    label = "administrator_screens"
