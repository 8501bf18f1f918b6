"""The look every page shares."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Base templates, components, styles, scripts and language files."""

    name = "openalliance.site.ui"
    label = "ui"
    verbose_name = "Look"
