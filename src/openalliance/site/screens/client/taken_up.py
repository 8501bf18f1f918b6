"""What became of signals and of what was hard to say, as the client reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openalliance.site.records.conversations.access import topics_for
from openalliance.site.screens.answer_wording import answer_words
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episodes
from openalliance.site.screens.client.words import day, short_day
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.wording import Audience, card_kind, signal_words

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.conversations.access import Topic
    from openalliance.site.records.conversations.models import ConversationStep

STAGES = ("seen", "talked-about", "changed")
LONGEST_QUOTE = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote for the client about a conversation."""

    words: str
    who: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCard:
    """One signal or hard-to-say answer, how far it was taken up, and the notes for the client."""

    kind: str
    title: str
    when: str
    words: str
    quote: str
    talk_about: str
    steps: tuple[tuple[str, str, str], ...]
    standing: str
    answer: str
    notes: tuple[Note, ...]
    url: str


@require_safe
@client_page
def taken_up(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show everything that was taken up, or is still to be."""
    by, at = acting(request), now()
    cards = tuple(
        card
        for episode in own_episodes(by, now=at, reading="conversations")
        for card in topic_cards(topics_for(by, episode, now=at), episode, token)
    )
    return show(request, token, "client/taken_up.html", {"cards": cards})


def topic_cards(topics: Sequence[Topic], episode: Episode, token: str) -> tuple[TopicCard, ...]:
    """Return the cards of the topics a client may see, newest first.

    What only the client can see has no therapist to take it up, so it makes no card.
    """
    return tuple(
        _card(topic, episode, token)
        for topic in topics
        if topic.hard_to_say is None or topic.hard_to_say.shown_at is not None
    )


def about_words(about: str) -> str:
    """Return what a hard-to-say answer is about."""
    words = {
        "pace": _("The pace"),
        "disagreement": _("I see something differently"),
        "stopping": _("I think about stopping"),
        "not-safe": _("I don’t feel safe"),
    }
    return words.get(about, _("Something else"))


def _card(topic: Topic, episode: Episode, token: str) -> TopicCard:
    said, signal = topic.hard_to_say, topic.signal
    shared = {
        "when": day(topic.at),
        "steps": _steps(topic.steps),
        "standing": _standing(topic.stage),
        "answer": answer_words(topic.answer),
        "notes": tuple(
            Note(words=step.note, who=_who(step, episode), when=day(step.at))
            for step in topic.steps
            if step.note and step.note_for_client
        ),
    }
    if said is not None:
        quote = said.words if len(said.words) <= LONGEST_QUOTE else said.words[:LONGEST_QUOTE] + "…"
        return TopicCard(
            kind="hard-to-say",
            title=about_words(said.about),
            words=_("You said that something was hard to say."),
            quote=quote,
            talk_about="",
            url=reverse("client:hard_one", args=[token, said.pk]),
            **shared,  # type: ignore[arg-type]
        )
    if signal is None:
        raise ValueError("a topic has a subject")
    words = signal_words(signal, Audience.CLIENT, wording=episode.wording)
    return TopicCard(
        kind=card_kind(signal),
        title=words.title,
        words=words.seen,
        quote="",
        talk_about=words.talk_about,
        url="",
        **shared,  # type: ignore[arg-type]
    )


def _steps(taken: Sequence[ConversationStep]) -> tuple[tuple[str, str, str], ...]:
    when = {step.stage: short_day(step.at) for step in taken}
    labels = (_("Seen"), _("Talked about"), _("Changed"))
    furthest = max((STAGES.index(stage) for stage in when), default=-1)
    return tuple(
        (label, when.get(stage, ""), "done" if place <= furthest else "")
        for place, (stage, label) in enumerate(zip(STAGES, labels, strict=True))
    )


def _standing(stage: str) -> str:
    words = {
        "seen": _("Your therapist has seen this."),
        "talked-about": _("You have talked about this."),
        "changed": _("Something was changed because of this."),
    }
    return words.get(stage, _("Waiting for your therapist to see it."))


def _who(step: ConversationStep, episode: Episode) -> str:
    return episode.therapist.name if step.by_id == episode.therapist_id else _("Your practice")
