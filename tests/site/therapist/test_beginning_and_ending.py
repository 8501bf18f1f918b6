"""From adding a client and handing them a link to the ending, planned or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Client, Episode, PersonalLink
from openalliance.site.records.intake.models import Profile
from openalliance.site.records.practice.models import Person

NEW = {"name": "Iris Neu", "email": "", "language": "es", "modality": "other",
       "modality_name": "Schema therapy"}  # fmt: skip


def test_a_client_is_added_and_given_a_link(desk: Browser) -> None:
    answer = desk.post(reverse("therapist:add_client"), NEW)
    episode = Episode.objects.get()
    assert answer["Location"] == reverse("therapist:link", args=[episode.pk])
    assert (episode.modality_label, episode.client.language) == ("Schema therapy", "es")


@pytest.mark.parametrize(
    "typed",
    [{"name": ""}, {"email": "no address"}, {"language": "xx"}, {"modality": "magic"},
     {"modality_name": ""}, {"name": "x" * 500}],
)  # fmt: skip
def test_what_does_not_fit_is_said_beside_its_field(desk: Browser, typed: dict[str, str]) -> None:
    page = desk.post(reverse("therapist:add_client"), {**NEW, **typed})
    assert page.status_code == 422
    assert "Please look at this again" in page.content.decode()
    assert not Client.objects.exists()


def test_link_and_code_are_shown_once_and_open_the_clients_page(
    desk: Browser, episode: Episode
) -> None:
    url = reverse("therapist:link", args=[episode.pk])
    page = desk.post(url).content.decode()
    link = PersonalLink.objects.get()
    path = page.split("/c/")[1].split("/")[0]
    code = page.split('class="handout__code">')[1][:6]
    assert code.isdigit()
    later = desk.get(url).content.decode()
    assert path not in later
    assert code not in later
    phone = Browser()
    assert phone.post(f"/c/{path}/code", {"code": code}).status_code == 302
    desk.post(reverse("therapist:revoke_link", args=[episode.pk]))
    link.refresh_from_db()
    assert link.revoked_at is not None
    assert Browser().get(f"/c/{path}/").status_code == 404


def test_a_new_link_makes_the_old_one_useless(desk: Browser, episode: Episode) -> None:
    url = reverse("therapist:link", args=[episode.pk])
    desk.post(url)
    desk.post(url)
    assert PersonalLink.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("ending", ["planned", "unplanned"])
def test_an_episode_ends_and_is_opened_again(desk: Browser, episode: Episode, ending: str) -> None:
    url = reverse("therapist:ending", args=[episode.pk])
    assert desk.post(url, {"ending": ""}).status_code == 422
    assert desk.post(url, {"ending": ending}).status_code == 302
    assert desk.post(url, {"ending": ending}).status_code == 409
    desk.post(reverse("therapist:reopen", args=[episode.pk]))
    episode.refresh_from_db()
    assert episode.ended_at is None


def test_a_colleague_carries_on_in_a_linked_episode(
    desk: Browser,
    sign_in: Callable[[Browser, Person], Browser],
    episode: Episode,
    colleague: Person,
    stranger: Person,
) -> None:
    url = reverse("therapist:transfer", args=[episode.pk])
    assert desk.post(url, {"therapist": ""}).status_code == 422
    assert desk.post(url, {"therapist": str(stranger.pk)}).status_code == 404
    assert desk.post(url, {"therapist": str(colleague.pk)}).status_code == 302
    following = Episode.objects.get(previous=episode)
    assert following.therapist_id == colleague.pk
    assert desk.get(reverse("therapist:client", args=[following.pk])).status_code == 404
    assert desk.post(reverse("therapist:reopen", args=[episode.pk])).status_code == 409
    other = sign_in(Browser(), colleague)
    assert other.get(reverse("therapist:client", args=[following.pk])).status_code == 200


def test_the_public_page_shows_a_profile_only_when_wanted(desk: Browser, therapist: Person) -> None:
    url = reverse("therapist:profile")
    typed = {"headline": "I listen first", "about": "Born by the sea.", "languages": "English"}
    desk.post(url, typed)
    assert not Profile.objects.get().is_public
    assert "I listen first" not in Browser().get("/").content.decode()
    desk.post(url, {**typed, "is_public": "on"})
    assert "I listen first" in Browser().get("/").content.decode()
    assert "I listen first" in desk.get(url).content.decode()
