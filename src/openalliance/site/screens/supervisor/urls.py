"""Addresses of the supervisor's pages."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.supervisor import course, endings, home, known, report, scoreboard

app_name = "supervisor"
urlpatterns = [
    path("", home.show, name="home"),
    path("endings/", endings.show, name="endings"),
    path("known/", known.show, name="known"),
    path("scoreboard/", scoreboard.show, name="scoreboard"),
    path("scoreboard/refresh", scoreboard.refresh, name="refresh_expectations"),
    path(
        "scoreboard/<uuid:expectation_id>/set-aside",
        scoreboard.set_aside,
        name="set_aside_expectation",
    ),
    path("therapists/<uuid:therapist_id>/report/", report.show, {"pdf": False}, name="report"),
    path(
        "therapists/<uuid:therapist_id>/report/pdf", report.show, {"pdf": True}, name="report_pdf"
    ),
    path("episodes/<uuid:episode_id>/", course.show, name="course"),
]
