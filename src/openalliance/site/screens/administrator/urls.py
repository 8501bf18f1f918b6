"""Addresses of the administrator's pages."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.administrator import (
    access_counts,
    contact_requests,
    home,
    instruments,
    invitations,
    people,
    person,
    scoreboard,
    settings,
    supervision,
)

app_name = "administrator"
urlpatterns = [
    path("", home.home, name="home"),
    path("people/", people.people, name="people"),
    path("people/invite", invitations.invite, name="invite"),
    path("people/invitations/<uuid:invitation_id>/withdraw", invitations.withdraw, name="withdraw"),
    path("people/<uuid:person_id>/", person.roles, name="person"),
    path("people/<uuid:person_id>/close", person.close, name="close"),
    path("people/<uuid:person_id>/open", person.open_again, name="open"),
    path("people/<uuid:person_id>/password", person.password, name="password"),
    path("people/<uuid:person_id>/second-factor", person.second_factor, name="second_factor"),
    path("supervision/", supervision.supervision, name="supervision"),
    path("supervision/<uuid:supervision_id>/end", supervision.end, name="end_supervision"),
    path("scoreboard/", scoreboard.show, name="scoreboard"),
    path("scoreboard/refresh", scoreboard.refresh, name="refresh_expectations"),
    path(
        "scoreboard/<uuid:expectation_id>/set-aside",
        scoreboard.set_aside,
        name="set_aside_expectation",
    ),
    path("settings/", settings.settings, name="settings"),
    path("contact/", contact_requests.contact_requests, name="contact_requests"),
    path("contact/<uuid:request_id>/done", contact_requests.done, name="contact_done"),
    path("instruments/", instruments.instruments, name="instruments"),
    path("access/", access_counts.access_counts, name="access"),
]
