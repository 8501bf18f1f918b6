"""One client of the demonstration: link, episodes, sessions, forms, course and signals."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from openalliance.core.course import Observation, fold
from openalliance.core.simulation import EndingKind
from openalliance.site.config.demonstration import forms
from openalliance.site.config.demonstration.phases import phases_of_made
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.config.demonstration.timetable import MINUTES, Appointment
from openalliance.site.records.care.models import (
    Client,
    Ending,
    Episode,
    Modality,
    Session,
    SessionStatus,
)
from openalliance.site.records.checkins import convert
from openalliance.site.records.checkins.models import CourseState, Signal
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.services import Action

_GONE_QUIET = timedelta(days=14)
_BEFORE_SESSION = timedelta(minutes=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An episode with its sessions and signals, ready for what people said about them."""

    episode: Episode
    sessions: tuple[Session, ...]
    signals: tuple[Signal, ...]

    @property
    def past(self) -> tuple[Session, ...]:
        """Sessions that took place."""
        return tuple(one for one in self.sessions if one.status == SessionStatus.ATTENDED)


def tell(
    client: Client,
    therapists: Sequence[Person],
    appointments: Sequence[Appointment],
    maker: forms.Maker,
    rows: Rows,
) -> list[Told]:
    """Add a client's episodes; with a second therapist the first half is handed over."""
    parts = [appointments]
    if len(therapists) > 1:
        half = len(appointments) // 2
        parts = [appointments[:half], appointments[half:]]
    told: list[Told] = []
    for therapist, part in zip(therapists, parts, strict=True):
        previous = told[-1].episode if told else None
        is_last = therapist is therapists[-1]
        episode = _episode(client, therapist, part, previous, maker)
        _end(episode, part, maker, is_last=is_last)
        told.append(_filled(episode, part, maker, rows))
    return told


def _episode(
    client: Client,
    therapist: Person,
    part: Sequence[Appointment],
    previous: Episode | None,
    maker: forms.Maker,
) -> Episode:
    modality, name = _modality(therapist, maker.chance)
    started_at = part[0].starts_at - timedelta(days=maker.chance.randint(3, 9))
    started_at = min(started_at, maker.now - timedelta(hours=2))  # the newest start next week
    if previous is not None:
        modality, name = previous.modality, previous.modality_name
        started_at = previous.ended_at or started_at
    return Episode(
        practice=client.practice,
        client=client,
        therapist=therapist,
        previous=previous,
        modality=modality,
        modality_name=name,
        started_at=started_at,
    )


def _modality(therapist: Person, chance: random.Random) -> tuple[str, str]:
    usual: str = therapist.profile.approach
    by_words = {
        "cognitive": Modality.CBT,
        "psychodynamic": Modality.PSYCHODYNAMIC,
        "person-centered": Modality.PERSON_CENTERED,
    }
    drawn = chance.random()
    if drawn < 0.1:
        return Modality.OTHER, "Acceptance and commitment therapy"
    found = next((kind for word, kind in by_words.items() if word in usual.lower()), Modality.CBT)
    if drawn < 0.35:  # nobody works in one way only
        found = chance.choice([kind for kind in by_words.values() if kind is not found])
    return found, ""


def _end(
    episode: Episode, part: Sequence[Appointment], maker: forms.Maker, *, is_last: bool
) -> None:
    last = part[-1]
    if not is_last:
        episode.ending, episode.ended_at = Ending.TRANSFERRED, last.ends_at + timedelta(hours=3)
    elif last.status == SessionStatus.PLANNED:
        return
    elif maker.ending is EndingKind.PLANNED:
        episode.ending, episode.ended_at = Ending.PLANNED, last.ends_at + timedelta(hours=1)
    elif last.ends_at + _GONE_QUIET < maker.now:
        episode.ending, episode.ended_at = Ending.UNPLANNED, last.ends_at + _GONE_QUIET
    if episode.ended_at is not None and episode.ended_at > maker.now:
        episode.ending, episode.ended_at = "", None


def _filled(episode: Episode, part: Sequence[Appointment], maker: forms.Maker, rows: Rows) -> Told:
    phases = phases_of_made(episode, part, maker)
    rows.add(episode, *phases)
    rows.note(
        Action.ADDED, "episode", episode.pk, episode, rater="therapist", at=episode.started_at
    )
    sessions: list[Session] = []
    seen: list[Observation] = []
    for number, appointment in enumerate(part, start=1):
        session = Session(
            practice=episode.practice,
            episode=episode,
            number=number,
            starts_at=appointment.starts_at,
            minutes=MINUTES,
            status=appointment.status,
        )
        _called_off(session, maker.now)
        sessions.append(session)
        rows.add(session)
        seen.extend(maker.forms(session, appointment, rows))
        if appointment.starts_at <= maker.now:
            rows.note(
                Action.READ, "prepare", episode.pk, episode,
                rater="therapist", at=appointment.starts_at - _BEFORE_SESSION,
            )  # fmt: skip
    course = fold(seen, convert.settings_for(episode))
    signals = [convert.signal_row(one, episode, found_at=one.at) for one in course.signals]
    rows.add(*signals)
    if seen:
        rows.add(
            CourseState(
                episode=episode,
                practice=episode.practice,
                state=course.state.to_json(),
                updated_at=max(one.at for one in seen),
            )
        )
    return Told(episode=episode, sessions=tuple(sessions), signals=tuple(signals))


def _called_off(session: Session, now: datetime) -> None:
    """Say who called a session off and when: mostly the client, at times the therapist was ill."""
    if session.status != SessionStatus.CANCELLED:
        return
    chance = random.Random(f"{session.number}. {session.episode.client.name}")  # noqa: S311 - made up  # nosec B311
    session.cancelled_by = "client" if chance.random() < 0.85 else "therapist"
    early = timedelta(hours=chance.choice((2, 5, 20, 26, 50)))
    session.cancelled_at = min(session.starts_at - early, now)


def came_in(client: Client, at: datetime, therapist: Person, rows: Rows) -> None:
    """Add the client and what the log says about it."""
    rows.add(client)
    rows.note(
        Action.ADDED, "client", client.pk, Episode(
            practice=client.practice, client=client, therapist=therapist, started_at=at
        ),
        rater="therapist", at=at,
    )  # fmt: skip
