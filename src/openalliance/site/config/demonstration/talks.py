"""What was hard to say, and how it and the signals were taken up."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from openalliance.core.course import SignalKind
from openalliance.core.course.claims import Answer, Claim
from openalliance.core.instruments import Rater
from openalliance.site.config.demonstration import words
from openalliance.site.config.demonstration.plans import Talk
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.checkins.convert import claim_of_row
from openalliance.site.records.checkins.models import HardToSay, Signal, Visibility
from openalliance.site.records.conversations.models import ConversationStep, Stage
from openalliance.site.records.trust.services import Action

_VISIBLE = (
    Visibility.NOW, Visibility.NOW, Visibility.NOW, Visibility.LATER, Visibility.ONLY_ME,
)  # fmt: skip
_TAKEN_UP = 0.93
_CHANGED = 0.55
_UNDONE = 0.05
_ANSWERED = 0.88
_WAS_SO = {
    Claim.RUPTURE: 0.72,
    Claim.SLOW_RUPTURE: 0.6,
    Claim.REPAIR: 0.85,
    Claim.OFF_TRACK: 0.5,
    Claim.DETERIORATED: 0.7,
    Claim.IMPROVED: 0.72,
    Claim.GAP: 0.55,
}


def take_up(talk: Talk, rows: Rows) -> None:
    """Add hard-to-say answers and the conversations about them and about the signals."""
    for said in _hard_to_say(talk, rows):
        if said.shown_at is not None and said.withdrawn_at is None:
            _conversation(talk, said, "hard-to-say", said.shown_at, rows)
    for signal in talk.told.signals:
        _conversation(talk, signal, signal.kind, signal.at, rows)


def _hard_to_say(talk: Talk, rows: Rows) -> list[HardToSay]:
    found: list[HardToSay] = []
    unsaid = list(words.HARD[talk.language])
    talk.chance.shuffle(unsaid)
    for session in talk.told.past[1:]:
        at = session.starts_at + timedelta(minutes=talk.chance.randint(58, 400))
        if not unsaid or talk.chance.random() > 0.07 or at > talk.now:
            continue
        about, written = unsaid.pop()
        visibility = talk.chance.choice(_VISIBLE)
        said = HardToSay(
            practice_id=session.practice_id,
            episode=talk.told.episode,
            session=session,
            at=at,
            about=about,
            words=written,
            visibility=visibility,
            shown_at=at if visibility == Visibility.NOW else None,
            submission=uuid4(),
        )
        rows.note(Action.SENT, "hard to say", said.pk, talk.told.episode, rater=Rater.CLIENT, at=at)
        _perhaps_withdraw(talk, said, rows)
        rows.add(said)
        found.append(said)
    return found


def _perhaps_withdraw(talk: Talk, said: HardToSay, rows: Rows) -> None:
    at = said.at + timedelta(hours=9)
    if talk.chance.random() > 0.1 or at > talk.now:
        return
    said.withdrawn_at = at
    rows.note(Action.WITHDREW, "hard to say", said.pk, talk.told.episode, rater=Rater.CLIENT, at=at)


def _conversation(
    talk: Talk, subject: Signal | HardToSay, kind: str, at: datetime, rows: Rows
) -> None:
    later = [one for one in talk.told.past if one.starts_at > at]
    if not later:
        if kind != SignalKind.SAFETY and talk.chance.random() < 0.3:
            _step(talk, subject, Stage.SEEN, "", at + timedelta(hours=3), rows)
        return
    if talk.chance.random() > _TAKEN_UP and kind != SignalKind.SAFETY:
        return
    session = later[0]
    before = session.starts_at - timedelta(minutes=10)
    if before > at:
        _step(talk, subject, Stage.SEEN, talk.said(words.SEEN), before, rows)
    notes = words.TALKED[talk.language].get(kind, ("",))
    during = session.starts_at + timedelta(minutes=55)
    spoken = _step(talk, subject, Stage.TALKED_ABOUT, talk.chance.choice(notes), during, rows)
    if isinstance(subject, Signal):
        spoken.answer = _answer(talk, subject)
    if len(later) > 1 and talk.chance.random() < _CHANGED:
        changed_at = later[1].starts_at + timedelta(minutes=57)
        note = talk.said(words.CHANGED)
        if talk.chance.random() < _UNDONE:
            _step(
                talk, subject, Stage.CHANGED, "", changed_at - timedelta(minutes=6), rows
            ).undone_at = changed_at - timedelta(minutes=4)
        _step(talk, subject, Stage.CHANGED, note, changed_at, rows)


def _answer(talk: Talk, signal: Signal) -> str:
    """Return what the two say about a signal: often something to it, not always, not by all."""
    so = _WAS_SO.get(claim_of_row(signal))
    if so is None or talk.chance.random() > _ANSWERED:
        return ""
    if signal.probability is not None:
        so += 0.6 * (signal.probability - 0.8)  # surer signals are so more often
    drawn = talk.chance.random()
    if drawn < 0.06:
        return Answer.CANNOT_SAY
    if talk.chance.random() < so:
        return Answer.PARTLY if talk.chance.random() < 0.25 else Answer.YES
    return Answer.NO


def _step(
    talk: Talk, subject: Signal | HardToSay, stage: Stage, note: str, at: datetime, rows: Rows
) -> ConversationStep:
    episode = talk.told.episode
    private = stage is Stage.TALKED_ABOUT and talk.chance.random() < 0.08
    at = min(at, talk.now - timedelta(minutes=1))
    step = ConversationStep(
        practice_id=episode.practice_id,
        episode=episode,
        signal=subject if isinstance(subject, Signal) else None,
        hard_to_say=subject if isinstance(subject, HardToSay) else None,
        stage=stage,
        at=at,
        by_id=episode.therapist_id,
        note=talk.chance.choice(words.PRIVATE) if private else note,
        note_for_client=not private,
    )
    rows.add(step)
    rows.note(Action.CHANGED, "conversation", step.pk, episode, rater=Rater.THERAPIST, at=at)
    return step
