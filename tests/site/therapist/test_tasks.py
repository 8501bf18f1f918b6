"""Tasks from the therapist's side: agreed in the room, noted, answered, read on every page."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.core.errors import ConflictError, NotFoundError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.sessions import set_session_status
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.tasks import services
from openalliance.site.records.tasks.access import adherence_of
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry

WEEK = timedelta(weeks=1)


@pytest.fixture
def page(episode: Episode) -> str:
    return f"/therapist/episodes/{episode.pk}/tasks"


def added(desk: Browser, page: str, **typed: str) -> Task:
    desk.post(f"{page}/add", {"words": "Ring the landlord", "how": "together", **typed})
    return Task.objects.latest("proposed_at")


def test_what_both_agreed_in_the_room_holds_at_once(desk: Browser, page: str) -> None:
    task = added(desk, page)
    assert (task.status, task.together) == (TaskStatus.AGREED, True)
    assert "agreed in session" in desk.get(page).content.decode()


def test_what_is_proposed_waits_and_can_be_taken_back(
    desk: Browser, page: str, by: Actor, now: datetime
) -> None:
    task = added(desk, page, how="propose")
    assert task.status == TaskStatus.PROPOSED
    with pytest.raises(ConflictError):
        services.tell(task.pk, "done", by=by, now=now)
    desk.post(f"/therapist/tasks/{task.pk}/answer", {"answer": "take-back"})
    task.refresh_from_db()
    assert task.status == TaskStatus.WITHDRAWN
    assert "taken back" in desk.get(page).content.decode()


@pytest.mark.parametrize("said", ["agree", "decline"])
def test_the_clients_idea_is_answered(
    desk: Browser, page: str, episode: Episode, client_actor: Actor, now: datetime, said: str
) -> None:
    idea = services.propose_task(episode.pk, "Sing", by=client_actor, now=now)
    shown = desk.get(f"/therapist/episodes/{episode.pk}/").content.decode()
    assert "Your client has an idea" in shown
    desk.post(f"/therapist/tasks/{idea.pk}/answer", {"answer": said})
    idea.refresh_from_db()
    assert idea.status == {"agree": "agreed", "decline": "declined"}[said]
    assert desk.post(f"/therapist/tasks/{idea.pk}/answer", {"answer": "x"}).status_code == 400


def test_a_note_in_session_speaks_of_the_time_before_it(
    desk: Browser, page: str, episode: Episode, by: Actor, now: datetime
) -> None:
    task = services.note_agreed_task(episode.pk, "Walk", by=by, now=now - WEEK)
    session = checkins.plan_session(
        episode.pk, starts_at=now - timedelta(hours=20), by=by, now=now - WEEK
    )
    desk.post(
        f"/therapist/tasks/{task.pk}/tell",
        {"outcome": "partly", "obstacle": ["time"], "words": "two nights"},
    )
    told = TaskTelling.objects.get()
    assert told.at == session.starts_at
    assert told.told_by == "therapist"
    shown = desk.get(page).content.decode()
    assert "There was no time" in shown
    assert "two nights" in shown


def test_a_fall_is_said_with_its_figures_and_as_a_question(
    desk: Browser, page: str, episode: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    start = now - 10 * WEEK
    task = services.note_agreed_task(episode.pk, "Walk", by=by, now=start)
    for week in range(1, 10):
        at = start + week * WEEK
        session = checkins.plan_session(episode.pk, starts_at=at, by=by, now=at)
        set_session_status(session.pk, "attended", by=by, now=at)
        services.tell(
            task.pk, "done" if week < 7 else "not", by=client_actor, now=at - timedelta(days=1)
        )
    trend = adherence_of(episode, now=now).tendency
    assert trend is not None
    assert trend.falling
    shown = desk.get(page).content.decode()
    assert "0 % in the last three stretches, 100 % before that" in shown
    assert "are they still the right ones" in shown
    prepared = desk.get(f"/therapist/episodes/{episode.pk}/prepare").content.decode()
    assert "That is less than before" in prepared
    together = desk.get(f"/therapist/episodes/{episode.pk}/together").content.decode()
    assert "%" not in together[together.index('id="tasks-card"') :].split("</section>")[0]


def test_letting_go(desk: Browser, page: str) -> None:
    task = added(desk, page)
    desk.post(f"/therapist/tasks/{task.pk}/let-go")
    task.refresh_from_db()
    assert task.status == TaskStatus.LET_GO
    assert task.ended_at is not None


@pytest.mark.parametrize("words", ["", "x" * 301])
def test_what_cannot_be_kept_is_given_back(desk: Browser, page: str, words: str) -> None:
    back = desk.post(f"{page}/add", {"words": words, "how": "together"})
    assert back.status_code == 422
    assert words in back.content.decode()


def test_a_colleague_sees_and_changes_nothing(
    desk: Browser, page: str, episode: Episode, by: Actor, colleague: Person, now: datetime
) -> None:
    task = services.note_agreed_task(episode.pk, "Walk", by=by, now=now)
    other = actor_for(colleague)
    for act in (
        lambda: services.tell(task.pk, "done", by=other, now=now),
        lambda: services.let_go(task.pk, by=other, now=now),
        lambda: services.propose_task(episode.pk, "Run", by=other, now=now),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_reading_and_changing_is_in_the_log(
    desk: Browser, page: str, episode: Episode, therapist: Person
) -> None:
    added(desk, page)
    desk.get(page)
    entries = AccessEntry.objects.filter(client_id=episode.client_id, actor_id=therapist.pk)
    found = set(entries.values_list("action", "subject"))
    assert {("added", "task"), ("read", "tasks")} <= found
