"""Django's entry for the screens that a therapist or supervisor needs in an evidence."""

from __future__ import annotations

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "openalliance.site.screens.evidence"
    label = "evidence_screens"
