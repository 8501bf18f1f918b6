"""Django's entry for the data app “evidence”."""

from __future__ import annotations

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "openalliance.site.records.evidence"
    label = "evidence"
