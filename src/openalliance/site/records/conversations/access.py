"""What waits for a conversation: of one episode, and over a caseload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from openalliance.core.course import Facts, Priority, SignalKind, priority
from openalliance.core.course.repair import (
    Marker,
    Outcome,
    Remeasured,
    Rupture,
    Tried,
    remeasure,
    repaired_by,
)
from openalliance.core.errors import NotFoundError
from openalliance.core.estimation.proportions import Proportion
from openalliance.core.instruments import Rater
from openalliance.site.records.care.access import own_episode_for, visible_episodes
from openalliance.site.records.care.models import Episode, Session, SessionStatus
from openalliance.site.records.checkins.access import (
    hard_to_say_of,
    visible_scores,
    waiting_hard_to_say,
)
from openalliance.site.records.checkins.convert import state_of
from openalliance.site.records.checkins.models import CourseState, HardToSay, Score, Signal
from openalliance.site.records.conversations.models import ConversationStep, RuptureRecord, Stage
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log_many

SPARKLINE_POINTS = 20
_ALLIANCE = ("oa-check-out-client", "alliance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruptured:
    """A recorded rupture with the client's alliance before it and at the session after."""

    record: RuptureRecord
    remeasured: Remeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A signal or a hard-to-say answer with the steps taken, oldest first.

    ``rupture_noted``: a record of a rupture began with the signal.
    """

    signal: Signal | None
    hard_to_say: HardToSay | None
    steps: tuple[ConversationStep, ...]
    rupture_noted: bool = False

    @property
    def at(self) -> datetime:
        subject = self.signal or self.hard_to_say
        if subject is None:
            raise ValueError("a topic has a subject")
        return subject.at

    @property
    def stage(self) -> str:
        """Return the furthest stage reached, or an empty string."""
        return self.steps[-1].stage if self.steps else ""

    @property
    def is_open(self) -> bool:
        return self.stage not in {Stage.TALKED_ABOUT, Stage.CHANGED}

    @property
    def answer(self) -> str:
        """Return whether there was something to it, or an empty string while nobody said."""
        return next((step.answer for step in self.steps if step.answer), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseloadRow:
    """One episode on the caseload, with why it stands where it stands.

    ``settled`` are the kinds of signals that were talked about, with none of them waiting.
    """

    episode: Episode
    priority: Priority
    open_signals: tuple[Signal, ...]
    settled: frozenset[SignalKind]
    hard_to_say_waiting: int
    last_session: Session | None
    next_session: Session | None
    sessions_attended: int
    outcome: tuple[tuple[datetime, float], ...]
    alliance: tuple[tuple[datetime, float], ...]


def topics_for(by: Actor, episode: Episode, *, now: datetime) -> Sequence[Topic]:
    """Return all topics of an episode the actor may see, newest first."""
    steps = defaultdict(list)
    for step in ConversationStep.objects.filter(episode=episode, undone_at=None).order_by("at"):
        steps[step.signal_id or step.hard_to_say_id].append(step)
    noted = set(
        RuptureRecord.objects.filter(episode=episode, removed_at=None)
        .exclude(signal=None)
        .values_list("signal_id", flat=True)
    )
    topics = [
        Topic(
            signal=signal, hard_to_say=None, steps=tuple(steps[signal.pk]),
            rupture_noted=signal.pk in noted,
        )
        for signal in Signal.objects.filter(episode=episode)
    ]  # fmt: skip
    topics += [
        Topic(signal=None, hard_to_say=said, steps=tuple(steps[said.pk]))
        for said in hard_to_say_of(by, episode, now=now)
    ]
    return sorted(topics, key=lambda topic: topic.at, reverse=True)


def caseload_for(
    by: Actor, *, now: datetime, therapist_id: UUID | None = None, ended: bool = False
) -> Sequence[CaseloadRow]:
    """Return the open (or ended) episodes the actor may see, most urgent conversation first.

    The number of queries does not grow with the caseload.
    """
    query = visible_episodes(by).filter(ended_at__isnull=not ended).select_related("course_state")
    if therapist_id is not None:
        query = query.filter(therapist_id=therapist_id)
    episodes = list(query)
    log_many(
        Action.READ,
        "caseload",
        ((episode.pk, episode.client_id) for episode in episodes),
        by=by,
        now=now,
    )
    signals, settled = _signals(episodes)
    sessions = _sessions(episodes)
    waiting = waiting_hard_to_say(episodes, by)
    points = _points(episodes)
    rows = [
        _row(
            episode,
            (signals[episode.pk], settled[episode.pk]),
            sessions[episode.pk],
            waiting.get(episode.pk, 0),
            points,
            now,
        )
        for episode in episodes
    ]
    return sorted(rows, key=lambda row: (-row.priority.score, row.episode.client.code))


def _row(
    episode: Episode,
    found: tuple[list[Signal], set[SignalKind]],
    sessions: list[Session],
    waiting: int,
    points: dict[tuple[UUID, str], list[tuple[datetime, float]]],
    now: datetime,
) -> CaseloadRow:
    signals, settled = found
    past = [session for session in sessions if session.starts_at <= now]
    coming = [session for session in sessions if session.starts_at > now]
    state: CourseState | None = getattr(episode, "course_state", None)
    return CaseloadRow(
        episode=episode,
        priority=priority(
            Facts(
                state=state_of(state) if state else None,
                waiting=frozenset(SignalKind(signal.kind) for signal in signals),
                hard_to_say_waiting=waiting > 0,
                waiting_since=signals[-1].at if signals else None,
            ),
            now,
        ),
        open_signals=tuple(signals),
        settled=frozenset(settled - {SignalKind(signal.kind) for signal in signals}),
        hard_to_say_waiting=waiting,
        last_session=past[-1] if past else None,
        next_session=coming[0] if coming else None,
        sessions_attended=sum(one.status == SessionStatus.ATTENDED for one in past),
        outcome=tuple(points[episode.pk, "outcome"][-SPARKLINE_POINTS:]),
        alliance=tuple(points[episode.pk, "alliance"][-SPARKLINE_POINTS:]),
    )


def _signals(
    episodes: Iterable[Episode],
) -> tuple[dict[UUID, list[Signal]], dict[UUID, set[SignalKind]]]:
    """Return the signals that wait, newest first, and the kinds of those that do not."""
    waiting: dict[UUID, list[Signal]] = defaultdict(list)
    settled: dict[UUID, set[SignalKind]] = defaultdict(set)
    taken_up = ConversationStep.objects.filter(
        signal=OuterRef("pk"), undone_at=None, stage__in=(Stage.TALKED_ABOUT, Stage.CHANGED)
    )
    rows = Signal.objects.filter(episode__in=episodes).annotate(is_done=Exists(taken_up))
    for signal in rows.order_by("-at"):
        if signal.is_done:
            settled[signal.episode_id].add(SignalKind(signal.kind))
        else:
            waiting[signal.episode_id].append(signal)
    return waiting, settled


def _sessions(episodes: Iterable[Episode]) -> dict[UUID, list[Session]]:
    found = defaultdict(list)
    for session in Session.objects.filter(episode__in=episodes, removed_at=None).order_by(
        "starts_at"
    ):
        found[session.episode_id].append(session)
    return found


def _points(
    episodes: Iterable[Episode],
) -> dict[tuple[UUID, str], list[tuple[datetime, float]]]:
    """Return outcome scores and unsealed client alliance scores in order of time."""
    outcome_of = {one.pk: (one.outcome_instrument, one.outcome_scale) for one in episodes}
    found: dict[tuple[UUID, str], list[tuple[datetime, float]]] = defaultdict(list)
    rows = (
        Score.objects.filter(episode__in=episodes, value__isnull=False, rater=Rater.CLIENT)
        .exclude(form__moment="check-out", form__unsealed_at=None)
        .exclude(session__removed_at__isnull=False)
        .order_by("at")
        .values_list("episode_id", "instrument", "scale", "at", "value")
    )
    for episode_id, instrument, scale, at, value in rows:
        if value is None:
            continue
        if (instrument, scale) == outcome_of[episode_id]:
            found[episode_id, "outcome"].append((at, value))
        elif scale == "alliance":
            found[episode_id, "alliance"].append((at, value))
    return found


def ruptures_of(by: Actor, episode: Episode) -> tuple[Sequence[Ruptured], Sequence[RuptureRecord]]:
    """Return the records of an episode that `own_episode_for` gave, newest first, and those out."""
    rows = list(
        RuptureRecord.objects.filter(episode=episode).select_related("session").order_by("-at")
    )
    scores = _ratings(visible_scores(by, episode))[episode.pk]
    held = [
        Ruptured(record=row, remeasured=remeasure(row.at, scores))
        for row in rows if row.removed_at is None
    ]  # fmt: skip
    return tuple(held), tuple(row for row in rows if row.removed_at is not None)


def open_ruptures(episodes: Iterable[Episode]) -> Mapping[UUID, Sequence[Ruptured]]:
    """Return what was noted and is still open in episodes the actor was let see, oldest first.

    The number of queries does not grow with the caseload.
    """
    rows = list(
        RuptureRecord.objects.filter(episode__in=episodes, removed_at=None, outcome="")
        .select_related("session")
        .order_by("at")
    )
    found: dict[UUID, list[Ruptured]] = defaultdict(list)
    if not rows:
        return found
    scores = _ratings(
        Score.objects.filter(episode_id__in={row.episode_id for row in rows})
        .exclude(form__moment="check-out", form__unsealed_at=None)
        .exclude(session__removed_at__isnull=False)
    )
    for row in rows:
        held = Ruptured(record=row, remeasured=remeasure(row.at, scores[row.episode_id]))
        found[row.episode_id].append(held)
    return found


def _ratings(scores: QuerySet[Score]) -> Mapping[UUID, list[tuple[datetime, float]]]:
    """Return the client's alliance scores by episode, each at its session.

    What was rated after a session belongs to it, however late it was sent.
    """
    found: dict[UUID, list[tuple[datetime, float]]] = defaultdict(list)
    for score in scores.filter(
        instrument=_ALLIANCE[0], scale=_ALLIANCE[1], value__isnull=False
    ).select_related("session"):
        if score.value is not None:
            at = score.session.starts_at if score.session else score.at
            found[score.episode_id].append((at, score.value))
    return found


def rupture_for(by: Actor, rupture_id: UUID, *, now: datetime) -> RuptureRecord:
    """Return one record of an episode that the actor conducts.

    Raises
    ------
    NotFoundError
        There is none, or it is not the actor's.
    """
    require(by, Role.THERAPIST)
    found = RuptureRecord.objects.filter(pk=rupture_id, practice_id=by.practice_id).first()
    if found is None:
        raise NotFoundError("no such record")
    found.episode = own_episode_for(by, found.episode_id, now=now, reading="rupture")
    return found


def repaired_here(by: Actor) -> Mapping[str, Proportion]:
    """Return how often ruptures were repaired in this practice, small groups left out.

    For staff; figures of many clients together, and nobody’s name.
    """
    require(by, *Role)
    rows = RuptureRecord.objects.filter(
        practice_id=by.practice_id, removed_at=None, episode__client__erased_at=None
    ).values_list("episode__client_id", "episode__therapist_id", "marker", "tried", "outcome")
    return repaired_by(
        (
            Rupture(
                client=str(client), therapist=str(therapist), marker=Marker(marker),
                tried=frozenset(Tried(one) for one in tried),
                outcome=Outcome(outcome) if outcome else None,
            )
            for client, therapist, marker, tried, outcome in rows
        ),
        seen_by=str(by.id) if by.has(Role.THERAPIST) else None,
    )  # fmt: skip
