"""Addresses of the therapist's pages."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.therapist import (
    add_client,
    caseload,
    check_out,
    conversations,
    course,
    details,
    ending,
    hand_over,
    in_session,
    link,
    plan,
    prepare,
    profile,
    sessions,
)

app_name = "therapist"
_episode = "episodes/<uuid:episode_id>"
_tablet = "in-session/<uuid:form_id>"
urlpatterns = [
    path("", caseload.show, name="caseload"),
    path("clients/new", add_client.add, name="add_client"),
    path("profile", profile.edit, name="profile"),
    path(f"{_episode}/", course.show, name="client"),
    path(f"{_episode}/together", course.together, name="together"),
    path(f"{_episode}/course.<str:suffix>", course.download, name="course_file"),
    path(f"{_episode}/prepare", prepare.show, name="prepare"),
    path(f"{_episode}/details", details.edit, name="details"),
    path(f"{_episode}/link", link.show, name="link"),
    path(f"{_episode}/link/revoke", link.revoke, name="revoke_link"),
    path(f"{_episode}/sessions", sessions.show, name="sessions"),
    path("sessions/<uuid:session_id>/status", sessions.set_status, name="session_status"),
    path("sessions/<uuid:session_id>/remove", sessions.remove, name="remove_session"),
    path("sessions/<uuid:session_id>/restore", sessions.restore, name="restore_session"),
    path(f"{_episode}/plan", plan.show, name="plan"),
    path(f"{_episode}/plan/propose", plan.propose, name="propose_plan"),
    path(f"{_episode}/plan/rate", plan.rate, name="rate_goal"),
    path("plans/<uuid:version_id>/answer", plan.answer, name="answer_plan"),
    path(f"{_episode}/ending", ending.show, name="ending"),
    path(f"{_episode}/reopen", ending.reopen, name="reopen"),
    path(f"{_episode}/transfer", ending.transfer, name="transfer"),
    path(f"{_episode}/signals/<uuid:subject_id>", conversations.signal, name="signal"),
    path(f"{_episode}/said/<uuid:subject_id>", conversations.said, name="said"),
    path(f"{_episode}/steps/<uuid:step_id>/undo", conversations.undo, name="undo_step"),
    path("check-out/<uuid:form_id>/", check_out.start, name="check_out"),
    path("check-out/<uuid:form_id>/<int:number>", check_out.step, name="check_out_step"),
    path("check-out/<uuid:form_id>/review", check_out.review, name="check_out_review"),
    path("check-out/<uuid:form_id>/sent", check_out.sent, name="check_out_sent"),
    path(f"{_tablet}/", hand_over.start, name="in_session"),
    path(f"{_tablet}/back", hand_over.take_back, name="take_back"),
    path(f"{_tablet}/<int:number>", in_session.step, name="tablet_step"),
    path(f"{_tablet}/<int:number>/help", in_session.safety, name="tablet_safety"),
    path(f"{_tablet}/review", in_session.review, name="tablet_review"),
    path(f"{_tablet}/thanks", in_session.thanks, name="tablet_thanks"),
]
