"""Django's entry for the data app “trust”."""

from __future__ import annotations

from django.apps import AppConfig


class TrustConfig(AppConfig):
    name = "openalliance.site.records.trust"
    label = "trust"
