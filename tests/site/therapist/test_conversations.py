"""A signal goes seen, talked about, changed; the last step can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.test import Client as Browser
from django.urls import reverse

from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.checkins.models import HardToSay, Signal
from openalliance.site.records.conversations.models import ConversationStep
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from tests.site.signals import answered, episodes

SECRET = "I nod, but it is too fast for me"


def _url(signal: Signal) -> str:
    return reverse("therapist:signal", args=[signal.episode_id, signal.pk])


def _say(episode: Episode, client: Actor, now: datetime, visibility: str = "now") -> HardToSay:
    return hard_to_say.say(
        episode.pk,
        session=None,
        about="pace",
        words=SECRET,
        visibility=visibility,
        submission=uuid4(),
        by=client,
        now=now,
    )


def test_a_note_for_the_client_is_on_the_screen_both_look_at_and_a_private_one_is_not(
    desk: Browser, ruptured: Signal
) -> None:
    shared = {"stage": "seen", "note": "We found a word for it", "note_for_client": "yes"}
    assert desk.post(_url(ruptured), shared).status_code == 302
    private = {"stage": "talked-about", "note": "My own thought"}
    assert desk.post(_url(ruptured), private).status_code == 302
    mine = desk.get(reverse("therapist:client", args=[ruptured.episode_id])).content.decode()
    both = desk.get(reverse("therapist:together", args=[ruptured.episode_id])).content.decode()
    assert "We found a word for it" in mine
    assert "My own thought" in mine
    assert "We found a word for it" in both
    assert "My own thought" not in both


def test_talking_about_it_settles_it_and_undo_opens_it_again(
    desk: Browser, ruptured: Signal
) -> None:
    desk.post(_url(ruptured), {"stage": "talked-about", "note_for_client": "yes"})
    page = reverse("therapist:client", args=[ruptured.episode_id])
    assert "Talked about (1)" in desk.get(page).content.decode()
    step = ConversationStep.objects.get(signal=ruptured)
    undo = reverse("therapist:undo_step", args=[ruptured.episode_id, step.pk])
    assert desk.post(undo).status_code == 302
    assert "Talked about (1)" not in desk.get(page).content.decode()
    assert desk.post(undo).status_code == 409


def test_two_windows_the_second_is_told_and_keeps_its_words(
    desk: Browser, ruptured: Signal
) -> None:
    desk.post(_url(ruptured), {"stage": "talked-about"})
    late = desk.post(_url(ruptured), {"stage": "seen", "note": "typed in vain?"})
    assert late.status_code == 409
    assert "has come that far already" in late.content.decode()


def test_an_unknown_stage_and_a_note_too_long_are_refused_with_the_words_kept(
    desk: Browser, ruptured: Signal
) -> None:
    for typed in ({"stage": "forgotten", "note": "kept words"},
                  {"stage": "seen", "note": "kept words" + "x" * 4000}):  # fmt: skip
        page = desk.post(_url(ruptured), typed)
        assert page.status_code == 422
        assert "kept words" in page.content.decode()
    assert not ConversationStep.objects.exists()


def test_what_was_hard_to_say_is_read_only_as_the_client_chose(
    desk: Browser, episode: Episode, client_actor: Actor, now: datetime
) -> None:
    page = reverse("therapist:client", args=[episode.pk])
    for visibility in ("later", "only-me"):
        hidden = _say(episode, client_actor, now, visibility)
        assert SECRET not in desk.get(page).content.decode()
        assert desk.get(reverse("therapist:said", args=[episode.pk, hidden.pk])).status_code == 404
    shown = _say(episode, client_actor, now)
    assert SECRET in desk.get(page).content.decode()
    assert SECRET in desk.get(reverse("therapist:prepare", args=[episode.pk])).content.decode()
    together = desk.get(reverse("therapist:together", args=[episode.pk])).content.decode()
    assert SECRET not in together
    url = reverse("therapist:said", args=[episode.pk, shown.pk])
    assert desk.post(url, {"stage": "talked-about"}).status_code == 302
    hard_to_say.withdraw(shown.pk, by=client_actor, now=now)
    assert SECRET not in desk.get(page).content.decode()
    assert desk.post(url, {"stage": "changed"}).status_code == 404


def test_nobody_else_takes_up_a_conversation(
    client: Browser,
    sign_in: Callable[[Browser, Person], Browser],
    ruptured: Signal,
    colleague: Person,
    stranger: Person,
    supervisor: Person,
) -> None:
    for person, status in ((colleague, 404), (stranger, 404), (supervisor, 403)):
        assert sign_in(client, person).post(_url(ruptured), {"stage": "seen"}).status_code == status
    assert not ConversationStep.objects.exists()


def test_a_signal_of_another_episode_is_not_found_under_this_one(
    desk: Browser, ruptured: Signal, episode: Episode
) -> None:
    wrong = reverse("therapist:signal", args=[episode.pk, uuid4()])
    assert desk.get(wrong).status_code == 404


def test_whether_there_was_something_to_it_is_said_in_the_same_form(
    desk: Browser, ruptured: Signal, client_actor: Actor
) -> None:
    url = reverse("therapist:signal", args=[ruptured.episode_id, ruptured.pk])
    assert "Was there something to it?" in desk.get(url).content.decode()
    refused = desk.post(url, {"stage": "seen", "answer": "yes"})
    assert refused.status_code == 422
    assert "once you have talked" in refused.content.decode()
    desk.post(url, {"stage": "talked-about", "answer": "partly"})
    course = desk.get(reverse("therapist:client", args=[ruptured.episode_id])).content.decode()
    assert "There was something to it, in part." in course
    assert "Was there something to it?" not in desk.get(url).content.decode()


def test_a_signal_says_how_often_such_signals_were_right_here(
    desk: Browser, ruptured: Signal, therapist: Person, now: datetime
) -> None:
    url = reverse("therapist:client", args=[ruptured.episode_id])
    page = desk.get(url).content.decode()
    assert "not known yet (0 of 10 answers)" in page
    assert "Method: local-level filter" in page
    said = ["yes"] * 8 + ["partly"] * 6 + ["no"] * 4
    answered(episodes(therapist, len(said), now), said, now)
    page = desk.get(url).content.decode()
    assert (
        "In this practice 14 of 18 such signals were confirmed (78 %; 95 % interval 55 to 91 %)."
        in page
    )
    together = desk.get(reverse("therapist:together", args=[ruptured.episode_id]))
    assert "were confirmed" not in together.content.decode()
