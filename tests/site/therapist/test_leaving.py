"""Leaving early: refused while too little is known, else with its calibration and what moved it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from openalliance.core.course.dropout import NoRisk
from openalliance.core.course.dropout.histories import Estimate, NoModel, PracticeModel
from openalliance.core.errors import RefusedError
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.tasks.leaving import estimate_of, refresh_leaving, standing_model
from openalliance.site.records.tasks.models import LeavingModel
from openalliance.site.records.trust.actors import Actor
from tests.site.signals import episodes

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
RATED = {"rater": "client", "instrument": "oa-check-out-client", "scale": "alliance"}


def rate(episode: Episode, *levels: float, began: datetime) -> None:
    """One attended session a week, rated an hour later."""
    held = [
        Session(
            practice_id=episode.practice_id, episode=episode, number=n + 1,
            starts_at=began + n * WEEK, status="attended",
        )
        for n in range(len(levels))
    ]  # fmt: skip
    Session.objects.bulk_create(held)
    Score.objects.bulk_create(
        Score(
            practice_id=episode.practice_id, episode=episode, session=one, version="1",
            at=one.starts_at + HOUR, value=level, **RATED,
        )
        for one, level in zip(held, levels, strict=True)
    )  # fmt: skip


@pytest.fixture
def grown(therapist: Person, now: datetime) -> None:
    """A practice of 150 therapies; those who rate the alliance low leave sooner."""
    chance, began = random.Random(4), now - 40 * WEEK
    for episode in episodes(therapist, 150, began):
        mean, levels, ending = chance.gauss(7.0, 1.6), [], "planned"
        for _week in range(10):
            levels.append(min(10.0, max(0.0, chance.gauss(mean, 0.6))))
            if chance.random() < (0.22 if levels[-1] < 6.0 else 0.05):
                ending = "unplanned"
                break
        rate(episode, *levels, began=began)
        Episode.objects.filter(pk=episode.pk).update(ended_at=began + 20 * WEEK, ending=ending)


def test_a_young_practice_refuses_kindly(desk: Browser, episode: Episode) -> None:
    page = desk.get(f"/therapist/episodes/{episode.pk}/").content.decode()
    assert "No estimate is shown" in page
    assert "at least 50 that ended unplanned" in page


def test_too_few_are_not_learnt_from(supervisor: Person, now: datetime) -> None:
    found = refresh_leaving(by=actor_for(supervisor), now=now)
    assert isinstance(found, NoModel)
    assert not LeavingModel.objects.exists()


def test_therapists_do_not_decide_on_it(therapist: Person, now: datetime) -> None:
    with pytest.raises(RefusedError):
        refresh_leaving(by=actor_for(therapist), now=now)


def test_a_grown_practice_learns_and_says_what_it_is_worth(
    desk: Browser,
    grown: None,
    episode: Episode,
    supervisor: Person,
    by: Actor,
    now: datetime,
    sign_in: Callable[[Browser, Person], Browser],
) -> None:
    board = sign_in(Browser(), supervisor)
    said = board.post("/supervisor/scoreboard/refresh", follow=True).content.decode()
    assert "Leaving early: now learnt from 150 therapies" in said
    assert "Estimated, and what came" in said

    page = desk.get(f"/therapist/episodes/{episode.pk}/").content.decode()
    assert "no rating of the alliance" in page
    rate(episode, 7.0, 6.0, 3.0, began=now - 3 * WEEK)
    page = desk.get(f"/therapist/episodes/{episode.pk}/").content.decode()
    assert "Of 100 clients whose therapy looks like this one after session 3" in page
    assert "how your client last rated the two of you: 3.0" in page
    assert "(raises it)" in page
    assert "Calibration slope" in page
    assert "Estimated, and what came" in page

    kept = standing_model(episode.practice_id)
    assert kept is not None
    asked = estimate_of(by, episode, kept[0])
    assert isinstance(asked, Estimate)
    assert asked.risk.probability > asked.usual


def test_a_model_that_cannot_be_read_any_more_is_none(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    LeavingModel.objects.create(
        practice_id=episode.practice_id, document={"version": 0}, curve=[], therapies=1,
        fitted_at=now, fitted_by=by.id,
    )  # fmt: skip
    assert standing_model(episode.practice_id) is None
    assert "No estimate is shown" in desk.get(f"/therapist/episodes/{episode.pk}/").content.decode()


def test_what_is_sealed_moves_nothing(
    grown: None, episode: Episode, supervisor: Person, by: Actor, client_actor: Actor, now: datetime
) -> None:
    """The client's own rating counts for the therapist only once it is open to both."""
    found = refresh_leaving(by=actor_for(supervisor), now=now)
    assert isinstance(found, PracticeModel)
    rate(episode, 3.0, began=now - WEEK)
    form = AskedForm.objects.create(
        practice_id=episode.practice_id, episode=episode, session=episode.sessions.get(),
        moment="check-out", rater="client", opens_at=now - WEEK, closes_at=now + WEEK,
        submitted_at=now - WEEK, instruments=[],
    )  # fmt: skip
    Score.objects.filter(episode=episode).update(form=form)
    assert isinstance(estimate_of(by, episode, found), NoRisk)
    AskedForm.objects.filter(pk=form.pk).update(unsealed_at=now)
    assert isinstance(estimate_of(by, episode, found), Estimate)
