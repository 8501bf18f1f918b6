"""How long records are kept: said by the administrator, read by clients; codes and no names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Episode
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights import erasure
from openalliance.site.records.rights.retention import rule_of
from openalliance.site.records.trust.actors import Actor

SignIn = Callable[[Browser, Person], Browser]


@pytest.fixture
def page(sign_in: SignIn, administrator: Person) -> Browser:
    return sign_in(Browser(), administrator)


def test_until_somebody_says_so_it_is_ten_years(page: Browser) -> None:
    words = page.get(reverse("administrator:retention")).content.decode()
    assert "Until then it is ten years" in words
    assert "Nobody has asked" in words


def test_the_rule_is_kept_with_its_reason(page: Browser, administrator: Person) -> None:
    said = {"years": "6", "reason": "Rule of our chamber."}
    assert page.post(reverse("administrator:retention"), said).status_code == 302
    rule = rule_of(administrator.practice_id)
    assert (rule.years, rule.reason) == (6, "Rule of our chamber.")


@pytest.mark.parametrize("said", [{"years": "6"}, {"years": "-1", "reason": "x"}])
def test_half_a_rule_is_refused(page: Browser, administrator: Person, said: dict[str, str]) -> None:
    answer = page.post(reverse("administrator:retention"), said)
    assert answer.status_code == 422
    assert rule_of(administrator.practice_id).reason == ""


def test_who_asked_and_whose_time_is_over_stand_there_by_code(
    page: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    erasure.ask(by=client_actor, now=now)
    words = page.get(reverse("administrator:retention")).content.decode()
    assert episode.client.code in words
    assert "therapy is running" in words
    assert episode.client.name not in words
    Episode.objects.update(ended_at=now - timedelta(days=366 * 11), ending="planned")
    words = page.get(reverse("administrator:retention")).content.decode()
    assert "need not be kept any more" in words


def test_the_therapist_sees_and_notes_a_wish(
    sign_in: SignIn, therapist: Person, episode: Episode, client_actor: Actor
) -> None:
    browser = sign_in(Browser(), therapist)
    details = reverse("therapist:details", args=[episode.pk])
    assert "not answered, which counts as no" in browser.get(details).content.decode()
    assert browser.post(reverse("therapist:ask_erasure", args=[episode.pk])).status_code == 302
    assert erasure.standing(client_actor) is not None
    assert "asked for on" in browser.get(details).content.decode()
