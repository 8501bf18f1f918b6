"""Addresses of the client's pages, beneath their personal link."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.client import (
    door_pages,
    form,
    hard_to_say,
    home,
    plan,
    plan_proposal,
    readers,
    sessions,
    taken_up,
)

app_name = "client"
urlpatterns = [
    path("", home.home, name="home"),
    path("code", door_pages.code, name="code"),
    path("language", door_pages.language, name="language"),
    path("leave", door_pages.leave, name="leave"),
    path("help", door_pages.help_now, name="help"),
    path("form/<uuid:form_id>/", form.start, name="form"),
    path("form/<uuid:form_id>/review", form.review, name="review"),
    path("form/<uuid:form_id>/sent", form.sent, name="sent"),
    path("form/<uuid:form_id>/hard-to-say", hard_to_say.after, name="after"),
    path("form/<uuid:form_id>/<int:number>", form.step, name="step"),
    path("form/<uuid:form_id>/<int:number>/help", form.safety, name="safety"),
    path("hard-to-say", hard_to_say.everything, name="hard"),
    path("hard-to-say/new", hard_to_say.new, name="hard_new"),
    path("hard-to-say/<uuid:hard_id>", hard_to_say.one, name="hard_one"),
    path("hard-to-say/<uuid:hard_id>/withdraw", hard_to_say.withdrawal, name="hard_withdraw"),
    path("sessions", sessions.sessions, name="sessions"),
    path("plan", plan.plan, name="plan"),
    path("plan/propose", plan_proposal.propose_change, name="plan_propose"),
    path("plan/rate", plan.rate, name="plan_rate"),
    path("plan/<uuid:version_id>/answer", plan.answer, name="plan_answer"),
    path("plan/<uuid:version_id>/take-back", plan.withdraw, name="plan_take_back"),
    path("taken-up", taken_up.taken_up, name="taken_up"),
    path("readers", readers.readers, name="readers"),
]
