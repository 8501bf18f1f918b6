"""Django's entry for the data app “checkins”."""

from __future__ import annotations

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    name = "openalliance.site.records.checkins"
    label = "checkins"
