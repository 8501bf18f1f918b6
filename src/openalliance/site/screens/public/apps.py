"""Django's entry for the screens of the audience “public”."""

from __future__ import annotations

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "openalliance.site.screens.public"
    label = "public_screens"
