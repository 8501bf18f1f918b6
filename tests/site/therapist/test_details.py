"""What is known of a client is corrected; a measure whose text was added can follow the course."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.instruments import catalogue
from openalliance.files.instruments import store
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry

DETAILS = {"name": "Noor N.", "email": "", "language": "en"}


@pytest.fixture
def phq(settings: Any, tmp_path: Path) -> None:
    """The PHQ-9's structure with words of this test, as a practice would add its text."""
    skeleton = catalogue()["phq-9"]
    items = tuple(
        replace(
            item,
            text={"en": f"Question {number}"},
            options=tuple(
                replace(option, label={"en": f"Answer {option.value:g}"}) for option in item.options
            ),
        )
        for number, item in enumerate(skeleton.items, start=1)
    )
    worded = replace(skeleton, items=items, text_required=False, languages=("en",))
    settings.DATA_DIR = tmp_path
    store(tmp_path / "instruments", worded)


def url(episode: Episode) -> str:
    return reverse("therapist:details", args=[episode.pk])


def test_a_name_is_corrected_and_the_change_is_logged(desk: Browser, episode: Episode) -> None:
    assert desk.post(url(episode), DETAILS).status_code == 302
    episode.refresh_from_db()
    assert (episode.client.name, episode.modality) == ("Noor N.", "cbt")
    assert AccessEntry.objects.filter(action="changed", subject="details").count() == 1


@pytest.mark.parametrize("typed", [{"name": ""}, {"language": "xx"}, {"outcome": "phq-9:total"}])
def test_what_does_not_fit_changes_nothing(
    desk: Browser, episode: Episode, typed: dict[str, str]
) -> None:
    assert desk.post(url(episode), {**DETAILS, **typed}).status_code == 422
    episode.refresh_from_db()
    assert episode.client.name == "Noor Client"
    assert episode.outcome_instrument == "oa-check-in"


def test_a_skeleton_without_text_is_not_offered(desk: Browser, episode: Episode) -> None:
    assert "phq-9" not in desk.get(url(episode)).content.decode()


def test_a_measure_whose_text_was_added_is_asked_scored_and_followed(
    desk: Browser,
    phq: None,
    episode: Episode,
    session_today: Session,
    client_actor: Actor,
    now: datetime,
) -> None:
    scale = catalogue()["phq-9"].main_scale.key
    assert desk.post(url(episode), {**DETAILS, "outcome": f"phq-9:{scale}"}).status_code == 302
    form = AskedForm.objects.get(session=session_today, moment="check-in")
    assert [key for key, _version in form.instruments] == ["oa-check-in", "phq-9"]
    for step in steps_of(form):
        quiet = step.item.safety_threshold is not None
        value = step.item.minimum if quiet else step.item.minimum + 1
        services.save_answer(form.pk, step.field, value, by=client_actor, now=now)
    services.submit(form.pk, submission=form.pk, by=client_actor, now=now)
    page = desk.get(reverse("therapist:client", args=[episode.pk])).content.decode()
    assert "Lower is better" in page


def test_a_measure_without_text_in_the_clients_language_is_refused(
    desk: Browser, phq: None, episode: Episode
) -> None:
    scale = catalogue()["phq-9"].main_scale.key
    typed = {**DETAILS, "language": "es", "outcome": f"phq-9:{scale}"}
    answer = desk.post(url(episode), typed)
    assert answer.status_code == 422
    assert "no text in the client" in answer.content.decode()
    episode.refresh_from_db()
    assert episode.client.language == "en"


def test_a_measure_that_came_with_an_import_is_kept_and_never_asked_without_words(
    desk: Browser, episode: Episode, by: Actor, now: datetime
) -> None:
    Episode.objects.filter(pk=episode.pk).update(
        outcome_instrument="phq-9", outcome_scale=catalogue()["phq-9"].main_scale.key
    )
    assert desk.post(url(episode), DETAILS).status_code == 302
    session = services.plan_session(episode.pk, starts_at=now, by=by, now=now)
    form = AskedForm.objects.get(session=session, moment="check-in")
    assert [key for key, _version in form.instruments] == ["oa-check-in"]


def test_a_colleague_and_a_stranger_find_nothing(
    client: Browser, sign_in: Any, episode: Episode, colleague: Person, stranger: Person
) -> None:
    for person in (colleague, stranger):
        assert sign_in(client, person).get(url(episode)).status_code == 404
