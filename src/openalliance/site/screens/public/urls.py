"""Addresses that need no sign-in."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.public import demonstration, home, invitation, landing, set_up

app_name = "public"
urlpatterns = [
    path("", home.home, name="home"),
    path("contact", home.contact, name="contact"),
    path("contact/thanks", home.thanks, name="thanks"),
    path("home", landing.landing, name="landing"),
    path("set-up", set_up.set_up, name="set_up"),
    path("invitation/<str:token>", invitation.accept, name="invitation"),
    path("demonstration/sign-in", demonstration.sign_in, name="demonstration_sign_in"),
]
