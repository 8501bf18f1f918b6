"""Taking up a signal or a hard-to-say answer, step by step, and taking a step back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.course.claims import FACTS, Answer
from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.convert import claim_of_row
from openalliance.site.records.checkins.models import HardToSay, Signal, Visibility
from openalliance.site.records.conversations.models import ConversationStep, Stage
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

ORDER = (Stage.SEEN, Stage.TALKED_ABOUT, Stage.CHANGED)
ANSWERED_AT = frozenset({Stage.TALKED_ABOUT, Stage.CHANGED})
LONGEST_NOTE = 4000


@transaction.atomic
def take_up_signal(
    signal_id: UUID,
    stage: str,
    *,
    note: str = "",
    note_for_client: bool = True,
    answer: str = "",
    by: Actor,
    now: datetime,
) -> ConversationStep:
    """Move a signal's conversation to ``stage``.

    ``answer`` says whether there was something to the signal, as the two found; it may be left out,
    is given once, and is taken back with its step.

    Raises
    ------
    InputError
        The stage or the answer is unknown, or cannot be given here, or the note is too long.
    ConflictError
        The conversation has already come that far, or was already answered.
    """
    signal = Signal.objects.filter(pk=signal_id, practice_id=by.practice_id).first()
    if signal is None:
        raise NotFoundError("no such signal")
    episode = own_episode_for(by, signal.episode_id, now=now, reading="conversation")
    _check_answer(signal, stage, answer)
    return _step(episode, signal, stage, (note, note_for_client, answer), by, now)


def _check_answer(signal: Signal, stage: str, answer: str) -> None:
    if not answer:
        return
    if answer not in list(Answer):
        raise InputError("choose one of the answers", where="answer")
    if stage not in ANSWERED_AT or claim_of_row(signal) in FACTS:
        raise InputError("this can be said of a signal once you have talked", where="answer")
    if any(step.answer for step in _standing(signal)):
        raise ConflictError("whether there was something to it was already said")


@transaction.atomic
def take_up_hard_to_say(
    hard_id: UUID,
    stage: str,
    *,
    note: str = "",
    note_for_client: bool = True,
    by: Actor,
    now: datetime,
) -> ConversationStep:
    """Move the conversation about a hard-to-say answer to ``stage``; errors as for a signal."""
    said = (
        HardToSay.objects.filter(
            pk=hard_id, practice_id=by.practice_id, withdrawn_at=None, shown_at__lte=now
        )
        .exclude(visibility=Visibility.ONLY_ME)
        .first()
    )
    if said is None:
        raise NotFoundError("no such answer")
    episode = own_episode_for(by, said.episode_id, now=now, reading="conversation")
    return _step(episode, said, stage, (note, note_for_client, ""), by, now)


@transaction.atomic
def undo(step_id: UUID, *, by: Actor, now: datetime) -> ConversationStep:
    """Take the last step of a conversation back.

    Raises
    ------
    ConflictError
        A later step stands on this one, or it was already taken back.
    """
    require(by, Role.THERAPIST)
    step = (
        ConversationStep.objects.select_for_update(of=("self",))
        .filter(pk=step_id, practice_id=by.practice_id)
        .first()
    )
    if step is None:
        raise NotFoundError("no such step")
    episode = own_episode_for(by, step.episode_id, now=now, reading="conversation")
    subject = step.signal or step.hard_to_say
    standing = _standing(subject) if subject else []
    if not standing or standing[-1].pk != step.pk:
        raise ConflictError("only the last step can be taken back")
    step.undone_at = now
    step.save(update_fields=["undone_at"])
    log(Action.CHANGED, "conversation", step.pk, by=by, now=now, client_id=episode.client_id)
    return step


def _step(
    episode: Episode,
    subject: Signal | HardToSay,
    stage: str,
    noted: tuple[str, bool, str],
    by: Actor,
    now: datetime,
) -> ConversationStep:
    require(by, Role.THERAPIST)
    if stage not in Stage.values:
        raise InputError("choose how far you have come", where="stage")
    words, for_client, answer = noted
    if len(words) > LONGEST_NOTE:
        raise InputError(f"please keep the note under {LONGEST_NOTE} characters", where="note")
    standing = _standing(subject)
    reached = {step.stage for step in standing}
    if stage in reached or any(
        later in reached for later in ORDER[ORDER.index(Stage(stage)) + 1 :]
    ):
        raise ConflictError("this conversation has already come that far")
    step = ConversationStep.objects.create(
        practice_id=by.practice_id,
        episode=episode,
        signal=subject if isinstance(subject, Signal) else None,
        hard_to_say=subject if isinstance(subject, HardToSay) else None,
        stage=stage,
        at=now,
        by_id=by.id,
        note=words,
        note_for_client=for_client,
        answer=answer,
    )
    log(Action.CHANGED, "conversation", step.pk, by=by, now=now, client_id=episode.client_id)
    return step


def _standing(subject: Signal | HardToSay) -> list[ConversationStep]:
    return list(subject.steps.filter(undone_at=None).order_by("at", "stage"))
