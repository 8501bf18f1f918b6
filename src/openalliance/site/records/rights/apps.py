"""Django's entry for the data app “rights”."""

from __future__ import annotations

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "openalliance.site.records.rights"
    label = "rights"
