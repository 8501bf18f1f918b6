"""What lasts in a practice: figures of many, refused below the stated sizes, for two roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client as Browser

from openalliance.site.config.demonstration.endings import earlier_years
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import Episode
from openalliance.site.records.endings import services
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person

SignIn = Callable[[Browser, Person], Browser]


@pytest.fixture
def years(therapist: Person, now: datetime) -> None:
    rows = Rows()
    earlier_years((therapist,), rows, now=now)
    rows.save()


def test_few_endings_are_no_picture(
    supervisor: Person, therapist: Person, episode: Episode, sign_in: SignIn, now: datetime
) -> None:
    services.end_episode(episode.pk, "planned", by=actor_for(therapist), now=now)
    page = sign_in(Browser(), supervisor).get("/supervisor/endings/").content.decode()
    assert "No picture yet. It needs 20 clients" in page
    assert "Not told yet" in page


@pytest.mark.parametrize("until", ["1", "12", "nonsense"])
def test_many_endings_show_who_answers_and_what_is_kept(
    years: None, supervisor: Person, administrator: Person, sign_in: SignIn, until: str
) -> None:
    for person, place in ((supervisor, "supervisor"), (administrator, "administrator")):
        answer = sign_in(Browser(), person).get(f"/{place}/endings/?until={until}")
        page = answer.content.decode()
        for words in ("Left well:", "Left badly:", "Who answers", "Time to relapse", "Weighted"):
            assert words in page
        assert "Vasile" not in page


def test_a_therapist_does_not_see_the_practices_figures(
    therapist: Person, sign_in: SignIn, db: None
) -> None:
    browser = sign_in(Browser(), therapist)
    assert browser.get("/supervisor/endings/").status_code == 403
    assert browser.get("/administrator/endings/").status_code == 403
