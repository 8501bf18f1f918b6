"""Django's entry for the data app “plans”."""

from __future__ import annotations

from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "openalliance.site.records.plans"
    label = "plans"
