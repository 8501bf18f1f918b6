"""What waits for a conversation, as cards: signals and what was hard to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from openalliance.core.course import SignalKind
from openalliance.core.course.claims import FACTS, Claim, Precision
from openalliance.site.records.checkins.convert import claim_of_row
from openalliance.site.screens.answer_wording import answer_words
from openalliance.site.screens.therapist.words import day, moment
from openalliance.site.screens.track_words import method_name, track_record
from openalliance.site.screens.wording import (
    WORSE,
    Audience,
    card_kind,
    signal_words,
)

if TYPE_CHECKING:
    from openalliance.site.records.checkins.models import HardToSay, Signal
    from openalliance.site.records.conversations.access import Topic
    from openalliance.site.records.conversations.models import ConversationStep

TrackRecords = Mapping[Claim, Precision]
STAGES = (
    ("seen", gettext_noop("Seen")),
    ("talked-about", gettext_noop("Talked about")),
    ("changed", gettext_noop("Changed")),
)
_ORDER = [stage for stage, label in STAGES]
_HARD_TO_SAY = {
    "pace": (
        "About the pace",
        "“Thank you for telling me. Is it too fast or too slow, and what would be right?”",
    ),
    "disagreement": (
        "About something you see differently",
        "“I am glad you said it. Tell me how it looks to you.”",
    ),
    "stopping": (
        "About wanting to stop",
        "“Thinking of stopping is all right. What would you want from us if we went on?”",
    ),
    "not-safe": (
        "About not feeling safe",
        "“What would have to be different here for you to feel safer?”",
    ),
    "something-else": (
        "Something else",
        "“Thank you for your trust. Shall we look at it together?”",
    ),
}
# Safety first; then what strains the work; good news last. Newer before older within one rank.
_RANK = {
    SignalKind.SAFETY: 0,
    SignalKind.RUPTURE: 1,
    "hard-to-say": 1,
    SignalKind.OFF_TRACK: 2,
    WORSE: 3,
    SignalKind.MISSED_CHECK_INS: 4,
    SignalKind.GAP: 5,
    SignalKind.REPAIR: 6,
    SignalKind.RELIABLE_CHANGE: 7,
}
_SETTLED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was noted at one step."""

    stage: str
    when: str
    words: str
    for_client: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCard:
    """One topic as `ui/components/signal_card.html` shows it, with what can be done."""

    key: str
    kind: str
    kind_label: str
    when: str
    seen: str
    sure: str
    probability: float | None
    record: str
    method: str
    why: str
    talk_about: str
    steps: tuple[tuple[str, str, str], ...]
    notes: tuple[Note, ...]
    answer: str
    may_answer: bool
    is_open: bool
    stage: str
    next_stages: tuple[tuple[str, str], ...]
    undo_url: str
    take_up_url: str
    rupture_url: str
    rupture_noted: bool

    @property
    def is_safety(self) -> bool:
        return self.kind == SignalKind.SAFETY


def cards_of(
    topics: Sequence[Topic],
    *,
    audience: Audience,
    wording: str,
    known: TrackRecords | None = None,
) -> tuple[TopicCard, ...]:
    """Return the cards of an episode, the most pressing first, settled ones last and newest first.

    ``known`` is how often signals were so in this practice, for the therapist's eyes.

    A client's cards hold no notes that are not for them and nothing that was hard to say: two
    people look at one screen, and that stays for the client to bring up.
    """
    cards = [
        card_of(topic, audience=audience, wording=wording, known=known)
        for topic in topics
        if audience is Audience.THERAPIST or topic.signal is not None
    ]
    return tuple(sorted(cards, key=lambda card: _RANK[card.kind] if card.is_open else _SETTLED))


def card_of(
    topic: Topic, *, audience: Audience, wording: str, known: TrackRecords | None = None
) -> TopicCard:
    """Return one topic as a card; ``wording`` is the episode's."""
    if topic.signal is not None:
        return _signal_card(topic, topic.signal, audience, known, wording)
    if topic.hard_to_say is None:
        raise ValueError("a topic has a subject")
    return _hard_card(topic, topic.hard_to_say)


def _signal_card(
    topic: Topic, signal: Signal, audience: Audience, known: TrackRecords | None, wording: str
) -> TopicCard:
    words = signal_words(signal, audience, wording=wording)
    claim = claim_of_row(signal)
    for_therapist = audience is Audience.THERAPIST
    of_session = _("session %s") % signal.session_number
    of = f" · {of_session}" if signal.session_number else ""
    return TopicCard(
        key=f"topic-{signal.pk}",
        kind=card_kind(signal),
        kind_label=words.title,
        when=f"{day(signal.at)}{of}",
        seen=words.seen,
        sure=words.how_sure,
        probability=signal.probability,
        record=track_record(claim, known) if known is not None and for_therapist else "",
        method=method_name(signal.method) if for_therapist else "",
        why=words.why,
        talk_about=words.talk_about,
        steps=_stage_steps(topic),
        notes=_notes(topic, audience),
        answer=answer_words(topic.answer),
        may_answer=claim not in FACTS and not topic.answer,
        is_open=topic.is_open,
        stage=topic.stage,
        next_stages=_next_stages(topic),
        undo_url=_undo_url(topic, signal.episode_id),
        take_up_url=reverse("therapist:signal", args=[signal.episode_id, signal.pk]),
        rupture_url=_rupture_url(signal, topic) if for_therapist else "",
        rupture_noted=topic.rupture_noted,
    )


def _hard_card(topic: Topic, said: HardToSay) -> TopicCard:
    label, talk_about = _HARD_TO_SAY[said.about]
    return TopicCard(
        key=f"topic-{said.pk}",
        kind="hard-to-say",
        kind_label=f"Hard to say: {label[0].lower()}{label[1:]}",
        when=day(said.at),
        seen=said.words,
        sure="",
        probability=None,
        record="",
        method="",
        why="Your client wrote this and chose to show it to you. They can take it back.",
        talk_about=talk_about,
        steps=_stage_steps(topic),
        notes=_notes(topic, Audience.THERAPIST),
        answer="",
        may_answer=False,
        is_open=topic.is_open,
        stage=topic.stage,
        next_stages=_next_stages(topic),
        undo_url=_undo_url(topic, said.episode_id),
        take_up_url=reverse("therapist:said", args=[said.episode_id, said.pk]),
        rupture_url="",
        rupture_noted=False,
    )


def _stage_steps(topic: Topic) -> tuple[tuple[str, str, str], ...]:
    taken = {step.stage: day(step.at) for step in topic.steps}
    reached = _ORDER.index(topic.stage) if topic.stage else -1
    return tuple(
        (
            _(label),
            taken.get(stage, ""),
            "done" if place <= reached else "now" if place == reached + 1 else "",
        )
        for place, (stage, label) in enumerate(STAGES)
    )


def _next_stages(topic: Topic) -> tuple[tuple[str, str], ...]:
    reached = _ORDER.index(topic.stage) if topic.stage else -1
    return STAGES[reached + 1 :]


def _notes(topic: Topic, audience: Audience) -> tuple[Note, ...]:
    shown = [
        step
        for step in topic.steps
        if step.note and (audience is Audience.THERAPIST or step.note_for_client)
    ]
    return tuple(_note(step) for step in shown)


def _note(step: ConversationStep) -> Note:
    return Note(
        stage=_(dict(STAGES)[step.stage]),
        when=moment(step.at),
        words=step.note,
        for_client=step.note_for_client,
    )


def _rupture_url(signal: Signal, topic: Topic) -> str:
    """Return where the record of a rupture signal is written, or read once it is there."""
    if signal.kind != SignalKind.RUPTURE:
        return ""
    if topic.rupture_noted:
        return reverse("therapist:ruptures", args=[signal.episode_id])
    query = urlencode({"signal": signal.pk})
    return f"{reverse('therapist:add_rupture', args=[signal.episode_id])}?{query}"


def _undo_url(topic: Topic, episode_id: UUID) -> str:
    if not topic.steps:
        return ""
    return reverse("therapist:undo_step", args=[episode_id, topic.steps[-1].pk])
