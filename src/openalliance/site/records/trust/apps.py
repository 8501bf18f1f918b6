"""Django's entry for the data app “trust”."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrustConfig(AppConfig):
    name = "openalliance.site.records.trust"
    label = "trust"

    def ready(self) -> None:
        from openalliance.site.records.trust.guard import guard_log

        post_migrate.connect(guard_log, sender=self)
