"""Addresses of the supervisor's pages."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.supervisor import course, home

app_name = "supervisor"
urlpatterns = [
    path("", home.show, name="home"),
    path("episodes/<uuid:episode_id>/", course.show, name="course"),
]
