"""Addresses that need no sign-in."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.public import (
    calendar,
    contact,
    demonstration,
    home,
    invitation,
    landing,
    people,
    set_up,
)

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("contact", contact.contact, name="contact"),
    path("contact/thanks", contact.thanks, name="thanks"),
    path("people/<uuid:person_id>", people.person, name="person"),
    path("people/<uuid:person_id>/portrait-<slug:digest>.jpg", people.portrait, name="portrait"),
    path("home", landing.landing, name="landing"),
    path("set-up", set_up.set_up, name="set_up"),
    path("invitation/<str:token>", invitation.accept, name="invitation"),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar"),
    path("demonstration/sign-in", demonstration.sign_in, name="demonstration_sign_in"),
]
