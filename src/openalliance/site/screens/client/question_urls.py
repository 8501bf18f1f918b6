"""Addresses of a few questions by a link of their own."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.client import questions

app_name = "client_questions"
urlpatterns = [
    path("", questions.start, name="start"),
    path("<int:number>", questions.step, name="step"),
    path("<int:number>/help", questions.safety, name="safety"),
    path("review", questions.review, name="review"),
    path("sent", questions.sent, name="sent"),
    path("stop", questions.stop, name="stop"),
]
