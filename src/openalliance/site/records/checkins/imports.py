"""Writing records that were read from a file: looked at first, then all of them or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Instrument
from openalliance.files.mapping import Mapping
from openalliance.files.records import Reading, Record
from openalliance.files.rows import Refusal
from openalliance.site.records.care.models import (
    Client,
    Episode,
    Phase,
    Session,
    SessionStatus,
)
from openalliance.site.records.care.phases import first_phase
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.checkins.services import rebuild_course
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Role, system
from openalliance.site.records.trust.services import Action, log_many

_BATCH = 1000
_NEAR = 1e-9
_UNNAMED_MODALITY = "as recorded elsewhere"
OWN_OUTCOME = ("oa-check-in", "life")
Progress = Callable[[int, int], None]
Instruments = AnyMapping[str, Instrument]


class ScoreKey(NamedTuple):
    """What no two scores share."""

    episode: str
    rater: str
    instrument: str
    scale: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The scale by which imported episodes are followed."""

    instrument: str
    scale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What taking a reading in would do to the practice: nothing is written yet."""

    new: tuple[Record, ...]
    already_there: int
    refused: tuple[Refusal, ...]
    left_out: tuple[Refusal, ...]
    clients: int
    episodes: int
    sessions: int


@dataclass(slots=True)
class _Known:
    """Rows of the practice that a file may speak of, by their names in the file."""

    therapists: dict[str, Person] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    sessions: dict[tuple[str, object], Session] = field(default_factory=dict)
    last_number: dict[str, int] = field(default_factory=dict)
    scores: dict[ScoreKey, float | None] = field(default_factory=dict)


def examine(
    practice: Practice,
    reading: Reading,
    mapping: Mapping,
    instruments: Instruments,
) -> Examined:
    """Compare what a file says with what the practice holds.

    Raises
    ------
    InputError
        The outcome's scale is unknown, or states no measurement error.
    """
    check_outcome(followed_by(mapping, reading.records), instruments)
    return _examined(reading, mapping, _known(practice, mapping))


@transaction.atomic
def take_in(
    practice: Practice,
    reading: Reading,
    mapping: Mapping,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Examined:
    """Write what is new: clients, episodes, sessions, scores, and their courses.

    Raises
    ------
    ConflictError
        A row is refused. Nothing is written then.
    """
    known = _known(practice, mapping)
    found = _examined(reading, mapping, known)
    if found.refused:
        raise ConflictError("rows are refused, so nothing was written")
    if not found.new:
        return found
    writer = _Writer(practice=practice, mapping=mapping, known=known, now=now)
    touched = writer.write(found.new, numbered=reading.numbers_sessions)
    for done, episode in enumerate(touched):
        if progress is not None and done % 100 == 0:
            progress(done, len(touched))
        rebuild_course(episode, now=now)
    return found


def followed_by(mapping: Mapping, records: Sequence[Record]) -> Outcome:
    """Return the outcome of new episodes: the mapping's, or our own check-in, or the first."""
    if mapping.outcome is not None:
        return Outcome(instrument=mapping.outcome.instrument, scale=mapping.outcome.scale)
    scales = {(one.instrument, one.scale): None for one in records}
    if OWN_OUTCOME in scales or not scales:
        return Outcome(instrument=OWN_OUTCOME[0], scale=OWN_OUTCOME[1])
    instrument, scale = next(iter(scales))
    return Outcome(instrument=instrument, scale=scale)


def check_outcome(outcome: Outcome, instruments: Instruments) -> None:
    """Refuse a scale that is unknown, or states no error of measurement."""
    place = f"{outcome.instrument}.{outcome.scale}"
    instrument = instruments.get(outcome.instrument)
    scales = instrument.scales if instrument else ()
    scale = next((one for one in scales if one.key == outcome.scale), None)
    if scale is None:
        raise InputError("there is no such scale to follow the clients by", where=place)
    if scale.sem is None and scale.reliable_change is None:
        raise InputError(
            "the scale states neither its standard error of measurement (“sem”) nor a reliable"
            " change, so no course can be read; add one, or name another scale in “outcome”",
            where=place,
        )


def _client_ref(mapping: Mapping, client: str) -> str:
    return f"{mapping.source}:{client}" if mapping.source else client


def _episode_ref(mapping: Mapping, record: Record) -> str:
    return f"{_client_ref(mapping, record.client)}/{record.episode}"


def _known(practice: Practice, mapping: Mapping) -> _Known:
    known = _Known()
    people = Person.objects.filter(
        practice=practice, is_active=True, grants__role=Role.THERAPIST, grants__ended_at=None
    )
    known.therapists = {person.email: person for person in people}
    clients = Client.objects.filter(practice=practice).exclude(external_ref="")
    episodes = Episode.objects.filter(practice=practice).exclude(external_ref="")
    if mapping.source:
        own = f"{mapping.source}:"
        clients, episodes = (
            clients.filter(external_ref__startswith=own),
            episodes.filter(external_ref__startswith=own),
        )
    known.clients = {client.external_ref: client for client in clients}
    known.episodes = {
        episode.external_ref: episode
        for episode in episodes.select_related("client", "therapist", "practice")
    }
    for session in Session.objects.filter(episode__in=episodes).select_related("episode"):
        ref = session.episode.external_ref
        known.sessions[ref, session.number] = session
        known.sessions[ref, session.starts_at] = session
        known.last_number[ref] = max(known.last_number.get(ref, 0), session.number)
    there = Score.objects.filter(episode__in=episodes).values_list(
        "episode__external_ref", "rater", "instrument", "scale", "at", "value"
    )
    known.scores = {ScoreKey(*row[:5]): row[5] for row in there}
    return known


def _examined(reading: Reading, mapping: Mapping, known: _Known) -> Examined:
    refused = list(reading.refused)
    new: list[Record] = []
    already = 0
    for record in reading.records:
        ref = _episode_ref(mapping, record)
        if wrong := _not_theirs(record, known, ref, mapping):
            refused.append(wrong)
            continue
        key = ScoreKey(ref, record.rater, record.instrument, record.scale, record.at)
        if key not in known.scores:
            new.append(record)
            continue
        there = known.scores[key]
        if there is not None and abs(there - record.value) <= _NEAR:
            already += 1
        else:
            refused.append(
                Refusal(
                    row=record.row,
                    column=mapping.columns.value or record.scale,
                    why="the practice has another value for this client, time and scale",
                    what_to_do="find out which is right; an import never overwrites",
                )
            )
    left_out = list(reading.left_out)
    if mapping.skip_refused:
        left_out, refused = [*left_out, *refused], []
    episodes = {_episode_ref(mapping, one) for one in new} - set(known.episodes)
    clients = {_client_ref(mapping, one.client) for one in new} - set(known.clients)
    sessions = {
        (_episode_ref(mapping, one), one.session if reading.numbers_sessions else one.at)
        for one in new
        if one.session is not None or not reading.numbers_sessions
    } - set(known.sessions)
    return Examined(
        new=tuple(new),
        already_there=already,
        refused=tuple(sorted(refused, key=lambda one: one.row)),
        left_out=tuple(sorted(left_out, key=lambda one: one.row)),
        clients=len(clients),
        episodes=len(episodes),
        sessions=len(sessions),
    )


def _not_theirs(record: Record, known: _Known, ref: str, mapping: Mapping) -> Refusal | None:
    therapist = known.therapists.get(record.therapist)
    column = mapping.columns.therapist or "therapist"
    if therapist is None:
        return Refusal(
            row=record.row,
            column=column,
            why="is nobody who works here as a therapist",
            what_to_do="invite them first, or name their e-mail address in “therapists”",
        )
    episode = known.episodes.get(ref)
    if episode is not None and episode.therapist_id != therapist.pk:
        return Refusal(
            row=record.row,
            column=column,
            why="the practice has this episode with another therapist",
            what_to_do="give what this therapist did an episode of its own",
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    practice: Practice
    mapping: Mapping
    known: _Known
    now: datetime

    def write(self, records: Sequence[Record], *, numbered: bool) -> list[Episode]:
        """Write in order of time; return the episodes that have new scores."""
        ordered = sorted(records, key=lambda one: (one.at, one.row))
        outcome = followed_by(self.mapping, records)
        self._add_people(ordered, outcome)
        self._add_sessions(ordered, numbered=numbered)
        touched: dict[UUID, Episode] = {}
        scores: list[Score] = []
        for record in ordered:
            ref = _episode_ref(self.mapping, record)
            episode = self.known.episodes[ref]
            touched[episode.pk] = episode
            where = record.session if numbered else record.at
            scores.append(
                Score(
                    practice=self.practice,
                    episode=episode,
                    session=self.known.sessions.get((ref, where)),
                    at=record.at,
                    rater=record.rater,
                    instrument=record.instrument,
                    version=record.version,
                    scale=record.scale,
                    value=record.value,
                )
            )
        Score.objects.bulk_create(scores, batch_size=_BATCH)
        by = system(self.practice.pk)
        about = [(episode.pk, episode.client_id) for episode in touched.values()]
        log_many(Action.ADDED, "imported scores", about, by=by, now=self.now)
        return list(touched.values())

    def _add_people(self, records: Iterable[Record], outcome: Outcome) -> None:
        clients: list[Client] = []
        episodes: dict[str, Episode] = {}
        told: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            ref = _client_ref(self.mapping, record.client)
            if ref not in self.known.clients:
                self.known.clients[ref] = self._client(record, ref)
                clients.append(self.known.clients[ref])
            episode_ref = _episode_ref(self.mapping, record)
            told[episode_ref].append(record)
            if episode_ref not in self.known.episodes:
                episode = self._episode(record, self.known.clients[ref], outcome, episode_ref)
                self.known.episodes[episode_ref] = episodes[episode_ref] = episode
            elif episode_ref in episodes and self.mapping.ending is not None:
                episodes[episode_ref].ended_at = record.at
        Client.objects.bulk_create(clients, batch_size=_BATCH)
        phases = [
            phase
            for ref, one in episodes.items()
            for phase in self._phases(one, [r for r in told[ref] if r.modality])
        ]
        Episode.objects.bulk_create(episodes.values(), batch_size=_BATCH)
        Phase.objects.bulk_create(phases, batch_size=_BATCH)
        by = system(self.practice.pk)
        about = [(client.pk, client.pk) for client in clients]
        log_many(Action.ADDED, "client", about, by=by, now=self.now)

    def _phases(self, episode: Episode, told: Sequence[Record]) -> list[Phase]:
        """Return a new episode's phases, in order of time; it ends in the last one's modality."""
        made = [first_phase(episode, now=self.now)]
        for record in told:
            if record.modality == made[-1].modality:
                continue
            since, number = record.at, len(made) + 1
            if since <= episode.started_at:  # its very first row says it
                made, since, number = [], episode.started_at, 1
            episode.modality, episode.modality_name = self._named(record.modality)
            made.append(first_phase(episode, now=self.now))
            made[-1].number, made[-1].since = number, since
        return made

    def _named(self, modality: str) -> tuple[str, str]:
        if modality != "other":
            return modality, self.mapping.modality_name if modality == self.mapping.modality else ""
        return modality, self.mapping.modality_name or _UNNAMED_MODALITY

    def _client(self, record: Record, ref: str) -> Client:
        return Client(
            practice=self.practice,
            code=ref.replace(":", "-"),
            name=f"Client {record.client}",
            language=self.practice.language,
            external_ref=ref,
            added_at=self.now,
        )

    def _episode(self, record: Record, client: Client, outcome: Outcome, ref: str) -> Episode:
        modality, modality_name = self._named(self.mapping.modality)
        return Episode(
            practice=self.practice,
            client=client,
            therapist=self.known.therapists[record.therapist],
            modality=modality,
            modality_name=modality_name,
            outcome_instrument=outcome.instrument,
            outcome_scale=outcome.scale,
            started_at=record.at,
            ended_at=record.at if self.mapping.ending is not None else None,
            ending=self.mapping.ending or "",
            external_ref=ref,
        )

    def _add_sessions(self, records: Iterable[Record], *, numbered: bool) -> None:
        sessions: list[Session] = []
        for record in records:
            if numbered and record.session is None:
                continue
            ref = _episode_ref(self.mapping, record)
            where: object = record.session if numbered else record.at
            if (ref, where) in self.known.sessions:
                continue
            number = record.session or self.known.last_number.get(ref, 0) + 1
            self.known.last_number[ref] = max(number, self.known.last_number.get(ref, 0))
            session = Session(
                practice=self.practice,
                episode=self.known.episodes[ref],
                number=number,
                starts_at=record.at,
                status=SessionStatus.ATTENDED,
            )
            self.known.sessions[ref, where] = session
            sessions.append(session)
        Session.objects.bulk_create(sessions, batch_size=_BATCH)
