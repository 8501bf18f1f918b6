"""What is tried between sessions, from the client's phone: one tap, no scolding, nothing lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.tasks import services
from openalliance.site.records.tasks.models import Task, TaskStatus, TaskTelling
from openalliance.site.records.trust.actors import Actor

SCOLDING = ("fail", "should have", "did not do", "missed", "only did", "you must")


@pytest.fixture
def task(episode: Episode, therapist: Person, now: datetime) -> Task:
    return services.note_agreed_task(
        episode.pk, "Walk by the river 🌊", by=actor_for(therapist), now=now - timedelta(days=2)
    )


def test_one_tap_on_the_home_page_tells_how_it_went(own: Browser, url: str, task: Task) -> None:
    home = own.get(url).content.decode()
    assert "Walk by the river 🌊" in home
    told = own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "done"}, follow=True)
    assert told.redirect_chain[-1][0] == url
    assert "Kept. Thank you." in told.content.decode()
    assert TaskTelling.objects.get().told_by == "client"
    assert "How did it go?" not in own.get(url).content.decode()


def test_what_was_in_the_way_is_an_offer_and_keeps_what_was_told(
    own: Browser, url: str, task: Task
) -> None:
    asked = own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "not"}, follow=True)
    page = asked.content.decode()
    assert "What got in the way?" in page
    assert not [words for words in SCOLDING if words in page.lower()]
    why = asked.redirect_chain[-1][0]
    own.post(why, {"obstacle": ["feelings", "time"], "words": "أخي مريض"})
    told = [(one.outcome, one.obstacles) for one in TaskTelling.objects.all()]
    assert sorted(told) == [("not", []), ("not", ["time", "feelings"])]
    shown = own.get(f"{url}tasks").content.decode()
    assert "It stirred up a lot" in shown
    assert "أخي مريض" in shown


def test_done_in_another_way_is_asked_how(own: Browser, url: str, task: Task) -> None:
    asked = own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "changed"}, follow=True)
    assert "How did you do it instead?" in asked.content.decode()
    assert 'name="obstacle"' not in asked.content.decode()


@pytest.mark.parametrize("outcome", ["", "maybe", "x" * 5000])
def test_an_outcome_that_is_none_is_refused(
    own: Browser, url: str, task: Task, outcome: str
) -> None:
    assert own.post(f"{url}tasks/{task.pk}/tell", {"outcome": outcome}).status_code == 422
    assert not TaskTelling.objects.exists()


def test_words_that_are_too_many_are_given_back(own: Browser, url: str, task: Task) -> None:
    why = own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "partly"}).headers["Location"]
    back = own.post(why, {"words": "so " * 500, "obstacle": ["time"]})
    assert back.status_code == 422
    assert "so so so" in back.content.decode()
    assert "checked" in back.content.decode()
    assert TaskTelling.objects.count() == 1


def test_an_obstacle_that_is_none_is_refused(own: Browser, url: str, task: Task) -> None:
    why = own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "partly"}).headers["Location"]
    assert own.post(why, {"obstacle": ["laziness"]}).status_code == 422


def test_an_idea_holds_once_the_therapist_says_yes(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime
) -> None:
    sent = own.post(f"{url}tasks/propose", {"words": " Sing ", "once": "yes"}, follow=True)
    assert "It holds once they say yes" in sent.content.decode()
    idea = Task.objects.get()
    assert (idea.words, idea.once, idea.status) == ("Sing", True, TaskStatus.PROPOSED)
    own.post(f"{url}tasks/{idea.pk}/answer", {"answer": "agree"})
    idea.refresh_from_db()
    assert idea.status == TaskStatus.PROPOSED  # nobody says yes to themselves
    services.answer_task(idea.pk, agree=True, by=actor_for(therapist), now=now)
    assert "Sing" in own.get(url).content.decode()


def test_a_strategy_of_the_plan_becomes_an_idea_in_one_tap(
    own: Browser, url: str, agreed_plan: PlanVersion
) -> None:
    assert "No phone after ten" in own.get(f"{url}tasks").content.decode()
    own.post(f"{url}tasks/propose", {"strategy": "phone"})
    assert Task.objects.get().words == "No phone after ten"
    assert own.post(f"{url}tasks/propose", {"strategy": "none"}).status_code == 422


@pytest.mark.parametrize("words", ["", "   ", "x" * 301])
def test_an_idea_that_says_nothing_or_too_much_is_given_back(
    own: Browser, url: str, episode: Episode, words: str
) -> None:
    back = own.post(f"{url}tasks/propose", {"words": words})
    assert back.status_code == 422
    assert "Please write a few words" in back.content.decode()
    assert not Task.objects.exists()


def test_enough_is_enough(own: Browser, url: str, episode: Episode) -> None:
    for _number in range(services.MOST_OPEN):
        assert own.post(f"{url}tasks/propose", {"words": "Sing"}).status_code == 302
    back = own.post(f"{url}tasks/propose", {"words": "One more"})
    assert back.status_code == 422
    assert "Let one go first" in back.content.decode()


@pytest.mark.parametrize(
    ("said", "status"), [("agree", TaskStatus.AGREED), ("decline", TaskStatus.DECLINED)]
)
def test_the_therapists_idea_is_answered(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime, said: str,
    status: str,
) -> None:  # fmt: skip
    idea = services.propose_task(episode.pk, "Write it down", by=actor_for(therapist), now=now)
    assert "has an idea" in own.get(url).content.decode()
    own.post(f"{url}tasks/{idea.pk}/answer", {"answer": said})
    idea.refresh_from_db()
    assert idea.status == status


def test_letting_go_ends_it_and_keeps_what_was_told(own: Browser, url: str, task: Task) -> None:
    own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "done"})
    page = own.post(f"{url}tasks/{task.pk}/let-go", follow=True).content.decode()
    assert "Earlier ones" in page
    assert "What became of the tasks" in page
    assert own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "done"}).status_code == 409


def test_after_the_ending_nothing_is_asked_any_more(
    own: Browser, url: str, task: Task, episode: Episode, therapist: Person, now: datetime
) -> None:
    care.end_episode(episode.pk, "planned", by=actor_for(therapist), now=now)
    assert "How did it go?" not in own.get(url).content.decode()
    assert "I have an idea" not in own.get(f"{url}tasks").content.decode()
    assert own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "done"}).status_code == 409


def test_nobody_tells_for_somebody_else(
    own: Browser, url: str, task: Task, other_actor: Actor, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        services.tell(task.pk, "done", by=other_actor, now=now)
    told = services.tell(task.pk, "not", by=actor_for(task.episode.therapist), now=now)
    assert own.get(f"{url}tasks/told/{told.pk}").status_code == 302  # not theirs to explain


def test_it_is_in_the_clients_own_record(own: Browser, url: str, task: Task) -> None:
    own.post(f"{url}tasks/{task.pk}/tell", {"outcome": "partly"})
    (found,) = own.get(f"{url}record.json").json()["episodes"][0]["tasks"]
    assert found["words"] == "Walk by the river 🌊"
    assert found["told"][0]["outcome"] == "partly"
    assert "Walk by the river" in own.get(f"{url}record").content.decode()
