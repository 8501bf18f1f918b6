"""A year of work as numbers: of one therapist, for themselves, or of the practice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from openalliance.core.course.change import Verdict
from openalliance.core.course.endings import Ended
from openalliance.core.course.repair import Outcome
from openalliance.core.course.year import Meeting, Seen, What, Year, year_in_numbers
from openalliance.core.errors import RefusedError
from openalliance.core.instruments import Moment, Rater
from openalliance.site.records.care.models import Ending, Episode, Session, SessionStatus
from openalliance.site.records.care.phases import stretches_in
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.conversations.models import ConversationStep, RuptureRecord, Stage
from openalliance.site.records.conversations.track_record import alliance_ratings, followed_in
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.services import Action, log

_ASKED = {
    Moment.CHECK_IN: What.CHECK_INS,
    Moment.CHECK_OUT: What.CHECK_OUTS,
    Moment.FOLLOW_UP: What.FOLLOW_UPS,
}
_ENDED = (Ending.PLANNED, Ending.UNPLANNED)
_SETTLED = (SessionStatus.ATTENDED, SessionStatus.CANCELLED, SessionStatus.NO_SHOW)
_PEOPLE = ("episode__client_id", "episode__therapist_id")


def practice_year(
    by: Actor, *, since: datetime, until: datetime, zone: tzinfo, now: datetime
) -> Year:
    """Return a year of the whole practice, small figures hidden.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    require(by, Role.SUPERVISOR, Role.ADMINISTRATOR)
    log(Action.READ, "year", by.practice_id, by=by, now=now, client_id=None)
    return _year(by, None, since, min(until, now), zone)


def own_year(
    by: Actor, therapist_id: UUID, *, since: datetime, until: datetime, zone: tzinfo, now: datetime
) -> Year:
    """Return a therapist's own year, of which nothing is hidden from them.

    Raises
    ------
    RefusedError
        The actor is another person.
    """
    require(by, Role.THERAPIST)
    if by.kind is not ActorKind.SYSTEM and by.id != therapist_id:
        raise RefusedError("a year is read by the therapist whose it is")
    log(Action.READ, "year", therapist_id, by=by, now=now, client_id=None)
    return _year(by, therapist_id, since, min(until, now), zone)


def _year(
    by: Actor, therapist_id: UUID | None, since: datetime, until: datetime, zone: tzinfo
) -> Year:
    whose = Q() if therapist_id is None else Q(episode__therapist_id=therapist_id)
    episodes = [
        one
        for one in Episode.objects.filter(practice_id=by.practice_id)
        if therapist_id in {None, one.therapist_id}
    ]
    return year_in_numbers(
        _seen(by, whose, episodes, therapist_id),
        _meetings(by, whose, zone),
        begun=[one.started_at for one in episodes if one.previous_id is None],
        ended=[one.ended_at for one in episodes if one.ended_at and one.ending in _ENDED],
        since=since,
        until=until,
        own=therapist_id is not None,
    )


def _meetings(by: Actor, whose: Q, zone: tzinfo) -> Iterator[Meeting]:
    rows = Session.objects.filter(whose, practice_id=by.practice_id, removed_at=None)
    for client, at, status in rows.values_list("episode__client_id", "starts_at", "status"):
        yield Meeting(client=str(client), at=at.astimezone(zone), status=status)


def _seen(
    by: Actor, whose: Q, episodes: Sequence[Episode], therapist_id: UUID | None
) -> Iterator[Seen]:
    yield from _kept(by, whose)
    yield from _answered(by, whose)
    yield from _taken_up(by, whose)
    yield from _repaired(by, whose)
    for rating in alliance_ratings(by):
        if therapist_id is None or rating.therapist == str(therapist_id):
            yield Seen(
                what=What.ALLIANCE, client=rating.client, therapist=rating.therapist,
                at=rating.at, value=rating.value,
            )  # fmt: skip
    yield from _left(by, episodes)


def _kept(by: Actor, whose: Q) -> Iterator[Seen]:
    rows = Session.objects.filter(
        whose, practice_id=by.practice_id, removed_at=None, status__in=_SETTLED
    )
    for *people, at, status in rows.values_list(*_PEOPLE, "starts_at", "status"):
        yield _one(What.HELD, people, at, so=status == SessionStatus.ATTENDED)


def _answered(by: Actor, whose: Q) -> Iterator[Seen]:
    rows = AskedForm.objects.filter(
        whose, practice_id=by.practice_id, rater=Rater.CLIENT, moment__in=list(_ASKED)
    ).exclude(session__removed_at__isnull=False)
    for *people, moment, sent, missed in rows.values_list(
        *_PEOPLE, "moment", "submitted_at", "missed_at"
    ):
        if sent or missed:
            yield _one(_ASKED[Moment(moment)], people, sent or missed, so=sent is not None)


def _taken_up(by: Actor, whose: Q) -> Iterator[Seen]:
    talked = ConversationStep.objects.filter(
        signal=OuterRef("pk"), undone_at=None, stage__in=(Stage.TALKED_ABOUT, Stage.CHANGED)
    )
    rows = Signal.objects.filter(whose, practice_id=by.practice_id).annotate(so=Exists(talked))
    for *people, at, so in rows.values_list(*_PEOPLE, "at", "so"):
        yield _one(What.TAKEN_UP, people, at, so=so)


def _repaired(by: Actor, whose: Q) -> Iterator[Seen]:
    rows = RuptureRecord.objects.filter(
        whose, practice_id=by.practice_id, removed_at=None, closed_at__isnull=False,
        episode__client__erased_at=None,
    )  # fmt: skip
    for *people, at, outcome in rows.values_list(*_PEOPLE, "closed_at", "outcome"):
        yield _one(What.REPAIRED, people, at, so=outcome == Outcome.REPAIRED)


def _left(by: Actor, episodes: Sequence[Episode]) -> Iterator[Seen]:
    over = {one: one.ended_at for one in episodes if one.ended_at is not None}
    signals = list(
        Signal.objects.filter(practice_id=by.practice_id, kind__in=("rupture", "repair"))
        .order_by("at", "pk")
        .values("kind", "rater", "at", "episode_id")
    )
    went_on = followed_in(by, over, signals, stretches_in(by.practice_id))
    for at, found in zip(over.values(), went_on, strict=True):
        people = (found.client, found.therapist)
        if found.verdict is not None:
            better = found.verdict is Verdict.IMPROVED
            yield _one(What.BETTER, people, at, so=better)
        if found.ended is not Ended.RUNNING:
            yield _one(What.TOGETHER, people, at, so=found.ended is Ended.PLANNED)


def _one(what: What, people: Sequence[object], at: datetime, *, so: bool) -> Seen:
    client, therapist = people
    return Seen(what=what, client=str(client), therapist=str(therapist), at=at, value=float(so))
