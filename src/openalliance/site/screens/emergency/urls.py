"""Addresses of the pages for an emergency."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.emergency import about, door_page, record

app_name = "emergency"
urlpatterns = [
    path("", door_page.show, name="open"),
    path("<uuid:opening_id>/", record.show, name="record"),
    path("<uuid:opening_id>/end", record.end, name="end"),
    path("<uuid:opening_id>/about", about.show, name="about"),
    path("<uuid:opening_id>/reviewed", about.reviewed, name="reviewed"),
]
