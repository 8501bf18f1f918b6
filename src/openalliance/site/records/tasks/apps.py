"""Django's entry for the data app “tasks”."""

from __future__ import annotations

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "openalliance.site.records.tasks"
    label = "tasks"
