"""A client's record from elsewhere is brought in: a new client, with what the two did so far.

What was agreed, told and rated elsewhere comes in as history. Nothing of it is asked anew, and no
alarm is raised. Consents do not come along: they were given to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Instrument
from openalliance.core.plan import Plan
from openalliance.files.record_shape import ClientRecord, EpisodeRead, VersionRead
from openalliance.site.records.care.likely_dates import require_likely
from openalliance.site.records.care.models import (
    Client,
    Episode,
    Phase,
    Session,
    SessionMove,
    SessionStatus,
)
from openalliance.site.records.care.phases import first_phase
from openalliance.site.records.checkins.imports import Outcome, check_outcome
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.checkins.services import ask_forms, rebuild_course
from openalliance.site.records.conversations.models import RuptureRecord
from openalliance.site.records.endings.models import EndingReview, LookingBack, StayingWell, Wish
from openalliance.site.records.plans.convert import content_of, plan_from
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanVersion
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.tasks.models import Task, TaskTelling
from openalliance.site.records.trust.actors import Role, system
from openalliance.site.records.trust.services import Action, log

Instruments = Mapping[str, Instrument]
Sessions = Mapping[int | None, Session | None]


def therapist_called(practice: Practice, email: str) -> Person:
    """Return who takes a record on.

    Raises
    ------
    InputError
        Nobody with this address works here as a therapist.
    """
    found = Person.objects.filter(
        practice=practice, email=email, is_active=True,
        grants__role=Role.THERAPIST, grants__ended_at=None,
    ).first()  # fmt: skip
    if found is None:
        raise InputError("nobody with this address works here as a therapist", where="--therapist")
    return found


def look_at(
    practice: Practice, record: ClientRecord, instruments: Instruments, *, now: datetime
) -> None:
    """Refuse a record that cannot be brought in; nothing is written.

    Raises
    ------
    ConflictError
        The practice has a client of this code.
    InputError
        An instrument is unknown here, a plan does not hold together, a date cannot be meant;
        ``where`` is the JSON path.
    """
    code = record.about.code
    if Client.objects.filter(practice=practice, code=code).exists() or (
        Client.objects.filter(practice=practice, external_ref=code).exists()
    ):
        raise ConflictError(
            f"a client with the code {code} is here already; nothing is overwritten"
        )
    for place, episode in enumerate(record.episodes):
        path = f"$.episodes[{place}]"
        followed = episode.followed_by
        check_outcome(Outcome(instrument=followed.instrument, scale=followed.scale), instruments)
        for one in episode.scores:
            if not one.sealed and one.instrument not in instruments:
                raise InputError(
                    f"the instrument “{one.instrument}” is unknown here; see “openalliance"
                    " instruments add”",
                    where=f"{path}.scores",
                )
        for number, version in enumerate(episode.plan):
            try:
                _plan_of(version)
            except InputError as fault:
                where = f"{path}.plan[{number}].content, {fault.where}"
                raise InputError(fault.what, where=where) from None
        try:
            for at in (episode.started_at, *(one.starts_at for one in episode.sessions)):
                require_likely(at, now)
        except InputError as fault:
            raise InputError("a date cannot be meant", where=f"{path}.sessions") from fault


@transaction.atomic
def bring_in(
    practice: Practice,
    record: ClientRecord,
    therapist: Person,
    instruments: Instruments,
    *,
    now: datetime,
) -> Client:
    """Write a record that `look_at` has nothing against: one client with all their episodes.

    Raises
    ------
    ConflictError, InputError
        As in `look_at`; nothing is written then.
    """
    look_at(practice, record, instruments, now=now)
    about = record.about
    client = Client.objects.create(
        practice=practice, code=about.code, name=about.name or f"Client {about.code}",
        email=about.email, language=about.language, external_ref=about.code, added_at=now,
    )  # fmt: skip
    made: dict[int, Episode] = {}
    for read in record.episodes:
        made[read.number] = _Arriving(practice, client, therapist, now).episode(read)
    for read in record.episodes:
        if read.carries_on is not None:
            made[read.number].previous = made[read.carries_on]
            made[read.number].save(update_fields=["previous"])
    log(
        Action.ADDED, "imported record", client.pk, by=system(practice.pk), now=now,
        client_id=client.pk,
    )  # fmt: skip
    for episode in made.values():
        rebuild_course(episode, now=now)
    return client


def _plan_of(version: VersionRead) -> Plan:
    return plan_from(version.content.model_dump(mode="json"))


class _Arriving:
    """Writes one episode and all that belongs to it."""

    def __init__(
        self, practice: Practice, client: Client, therapist: Person, now: datetime
    ) -> None:
        self._practice, self._client, self._therapist, self._now = practice, client, therapist, now

    def episode(self, read: EpisodeRead) -> Episode:
        episode = Episode.objects.create(
            practice=self._practice, client=self._client, therapist=self._therapist,
            modality=read.kind, modality_name=read.own_name, wording=read.wording,
            outcome_instrument=read.followed_by.instrument, outcome_scale=read.followed_by.scale,
            started_at=read.started_at, ended_at=read.ended_at, ending=read.ending or "",
            external_ref=f"{self._client.code}/{read.number}",
        )  # fmt: skip
        self._phases(episode, read)
        sessions = self._sessions(episode, read)
        self._scores(episode, read, sessions)
        self._plan(episode, read, sessions)
        self._tasks(episode, read)
        self._ruptures(episode, read, sessions)
        self._ending(episode, read)
        if episode.ended_at is None:
            self._ask(sessions)
        return episode

    def _ask(self, sessions: Sessions) -> None:
        for one in sessions.values():
            if one and one.status == SessionStatus.PLANNED and one.starts_at > self._now:
                ask_forms(one)

    def _phases(self, episode: Episode, read: EpisodeRead) -> None:
        phases = [
            Phase(
                practice=self._practice, episode=episode, number=number, modality=one.kind,
                modality_name=one.own_name, since=one.since, noted_at=one.noted_at,
            )
            for number, one in enumerate(read.phases, 1)
        ]  # fmt: skip
        Phase.objects.bulk_create(phases or [first_phase(episode, now=self._now)])

    def _sessions(self, episode: Episode, read: EpisodeRead) -> Sessions:
        made: dict[int, Session] = {
            one.number: Session(
                practice=self._practice, episode=episode, number=one.number,
                starts_at=one.starts_at, minutes=one.minutes, status=one.status,
                cancelled_by=one.cancelled_by or "", cancelled_at=one.cancelled_at,
            )
            for one in read.sessions
        }  # fmt: skip
        Session.objects.bulk_create(made.values())
        SessionMove.objects.bulk_create(
            SessionMove(
                practice=self._practice, session=made[one.number], was_at=move.was_at,
                moved_at=move.moved_at, by_side=move.by,
            )
            for one in read.sessions
            for move in one.moved
        )  # fmt: skip
        found: dict[int | None, Session | None] = {None: None}
        found.update((number, one) for number, one in made.items())
        return found

    def _scores(self, episode: Episode, read: EpisodeRead, sessions: Sessions) -> None:
        Score.objects.bulk_create(
            Score(
                practice=self._practice, episode=episode, session=sessions[one.session], at=one.at,
                rater=one.rater, instrument=one.instrument, version=one.version, scale=one.scale,
                value=one.value, reason=one.reason,
            )
            for one in read.scores
            if not one.sealed
        )  # fmt: skip

    def _plan(self, episode: Episode, read: EpisodeRead, sessions: Sessions) -> None:
        made: dict[int | None, PlanVersion] = {}
        for one in sorted(read.plan, key=lambda one: one.number):
            made[one.number] = PlanVersion.objects.create(
                practice=self._practice, episode=episode, number=one.number,
                content=content_of(_plan_of(one)), note=one.note, status=one.status,
                proposed_by=one.proposed_by, proposed_at=one.proposed_at,
                answered_at=one.answered_at, answer_note=one.answer_note,
                together=one.agreed_together, answers=made.get(one.instead_of),
            )  # fmt: skip
        PlanComment.objects.bulk_create(
            PlanComment(
                practice=self._practice, episode=episode, version=made[one.number],
                by_side=said.by, words=said.words, at=said.at,
            )
            for one in read.plan
            for said in one.comments
        )  # fmt: skip
        PlanRating.objects.bulk_create(
            PlanRating(
                practice=self._practice, episode=episode, session=sessions[one.session],
                aspect=one.aspect, part=one.part, rater=one.rater, value=one.value, at=one.at,
            )
            for one in read.plan_ratings
        )  # fmt: skip

    def _tasks(self, episode: Episode, read: EpisodeRead) -> None:
        for one in read.tasks:
            task = Task.objects.create(
                practice=self._practice, episode=episode, strategy=one.strategy or "",
                words=one.words, once=one.once, status=one.status, together=one.agreed_in_session,
                proposed_by=one.proposed_by, proposed_at=one.proposed_at,
                answered_at=one.answered_at, ended_at=one.ended_at,
            )  # fmt: skip
            TaskTelling.objects.bulk_create(
                TaskTelling(
                    practice=self._practice, episode=episode, task=task, outcome=told.outcome,
                    obstacles=list(told.obstacles), words=told.words, told_by=told.by, at=told.at,
                    told_at=told.told_at,
                )
                for told in one.told
            )  # fmt: skip

    def _ruptures(self, episode: Episode, read: EpisodeRead, sessions: Sessions) -> None:
        RuptureRecord.objects.bulk_create(
            RuptureRecord(
                practice=self._practice, episode=episode, session=sessions[one.session], at=one.at,
                marker=one.marker, noticed_by=one.noticed_by, words=one.words,
                tried=list(one.tried), tried_words=one.tried_words, outcome=one.outcome,
                outcome_words=one.outcome_words, closed_at=one.closed_at,
                by_id=self._therapist.pk,
            )
            for one in read.ruptures
        )  # fmt: skip

    def _ending(self, episode: Episode, read: EpisodeRead) -> None:
        if read.looking_back:
            LookingBack.objects.create(
                practice=self._practice, episode=episode, **read.looking_back.model_dump()
            )
        EndingReview.objects.bulk_create(
            EndingReview(
                practice=self._practice, episode=episode, by_side=one.by, feels=one.feels,
                changed=one.changed, helped=one.helped, missing=one.missing, sent_at=one.at,
            )
            for one in read.looked_back
        )  # fmt: skip
        StayingWell.objects.bulk_create(
            StayingWell(
                practice=self._practice, episode=episode, number=one.number, by_side=one.by,
                at=one.at, content=one.content.model_dump(mode="json"),
            )
            for one in read.staying_well
        )  # fmt: skip
        Wish.objects.bulk_create(
            Wish(practice=self._practice, episode=episode, **one.model_dump())
            for one in read.wishes
        )
