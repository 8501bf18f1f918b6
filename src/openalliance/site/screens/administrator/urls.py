"""Addresses of the administrator's pages."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.administrator import (
    access_counts,
    contact_requests,
    endings,
    home,
    instruments,
    invitations,
    known,
    people,
    person,
    public_page,
    retention,
    scoreboard,
    settings,
    supervision,
    year,
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
    path("endings/", endings.show, name="endings"),
    path("known/", known.show, name="known"),
    path("scoreboard/", scoreboard.show, name="scoreboard"),
    path("scoreboard/refresh", scoreboard.refresh, name="refresh_expectations"),
    path(
        "scoreboard/<uuid:expectation_id>/set-aside",
        scoreboard.set_aside,
        name="set_aside_expectation",
    ),
    path("settings/", settings.settings, name="settings"),
    path("public-page/", public_page.public_page, name="public_page"),
    path("retention/", retention.retention, name="retention"),
    path("contact/", contact_requests.contact_requests, name="contact_requests"),
    path("contact/wishes/<uuid:wish_id>", contact_requests.pass_wish, name="pass_wish"),
    path("contact/<uuid:request_id>/", contact_requests.contact_request, name="contact_request"),
    path(
        "contact/<uuid:request_id>/<slug:action>",
        contact_requests.contact_action,
        name="contact_action",
    ),
    path("instruments/", instruments.instruments, name="instruments"),
    path("year/", year.show, {"pdf": False}, name="year"),
    path("year/pdf", year.show, {"pdf": True}, name="year_pdf"),
    path("access/", access_counts.access_counts, name="access"),
]
