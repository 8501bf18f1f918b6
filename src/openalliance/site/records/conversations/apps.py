"""Django's entry for the data app “conversations”."""

from __future__ import annotations

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "openalliance.site.records.conversations"
    label = "conversations"
