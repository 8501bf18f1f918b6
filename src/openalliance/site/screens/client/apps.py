"""Django's entry for the screens of the audience “client”."""

from __future__ import annotations

from django.apps import AppConfig


class ClientConfig(AppConfig):
    name = "openalliance.site.screens.client"
    label = "client_screens"
