"""What a practice expects: from norms while it is young, then from its own clients too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.course import (
    Course,
    CourseState,
    Observation,
    Signal,
    SignalKind,
    Trajectory,
)
from openalliance.core.course.steps import weeks_between
from openalliance.core.errors import InputError, NotFoundError
from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import convert
from openalliance.site.records.checkins.models import Expectation, Score
from openalliance.site.records.checkins.models import Signal as SignalRow
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
LEAST_ALONE = 30
"""Clients from which a practice's own data make an expected course where nothing was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What became of one measure; ``reason`` says why there is no new expected course."""

    instrument: str
    scale: str
    expectation: Expectation | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """On what the expected course of an outcome rests; ``fitted`` is missing for norms alone."""

    instrument: str
    scale: str
    fitted: Expectation | None
    source: str


def expected_for(episode: Episode) -> Expected | None:
    """Return on what the expected course of an episode rests; nothing where nothing is expected."""
    key = (episode.outcome_instrument, episode.outcome_scale)
    standing = convert.standing_expectations(episode.practice_id)
    fitted = next((row for row in standing if (row.instrument, row.scale) == key), None)
    course = convert.expected_course(fitted) if fitted else None
    course = course or convert.working_settings(*key).trajectory
    if course is None:
        return None
    return Expected(instrument=key[0], scale=key[1], fitted=fitted, source=course.source)


def expectations(by: Actor) -> Sequence[Expected]:
    """Return what the practice expects of each measure its episodes follow.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    require(by, *KEEPERS)
    newest: dict[tuple[str, str], Expectation] = {}
    for row in convert.standing_expectations(by.practice_id):
        newest.setdefault((row.instrument, row.scale), row)
    found = []
    for key in _measures(by.practice_id):
        fitted = newest.get(key)
        course = convert.expected_course(fitted) if fitted else None
        course = course or convert.working_settings(*key).trajectory
        source = course.source if course else ""
        found.append(Expected(instrument=key[0], scale=key[1], fitted=fitted, source=source))
    return tuple(found)


@transaction.atomic
def refresh_expectations(*, by: Actor, now: datetime) -> Sequence[Refreshed]:
    """Fit the expected course of each measure to the practice's own clients, and use it from now.

    It is blended with what was published, by precision. Signals that were raised stay as they are.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    require(by, *KEEPERS)
    done = tuple(_refresh(key, by, now) for key in _measures(by.practice_id))
    log(Action.CHANGED, "expected course", by.practice_id, by=by, now=now, client_id=None)
    return done


@transaction.atomic
def set_aside(expectation_id: UUID, *, by: Actor, now: datetime) -> Expectation:
    """Use an expected course no more; the one before it, or the published one, takes its place.

    Raises
    ------
    NotFoundError
        There is none in use.
    """
    require(by, *KEEPERS)
    row = Expectation.objects.filter(
        pk=expectation_id, practice_id=by.practice_id, set_aside_at=None
    ).first()
    if row is None:
        raise NotFoundError("no such expected course")
    row.set_aside_at = now
    row.save(update_fields=["set_aside_at"])
    log(Action.CHANGED, "expected course", row.pk, by=by, now=now, client_id=None)
    return row


def without_hindsight(
    course: Course, episode: Episode, arriving: Collection[Observation]
) -> tuple[CourseState, Sequence[Signal]]:
    """Return state and signals of a course without what only a later expectation would say.

    Off-track signals that the present expectation alone would write into the past are left out;
    what arrives now is judged by what is expected now, whatever day it is of. A course that only
    such a signal calls off track counts as on track until its next score.
    """
    changed_at = _changed_at(episode)
    arriving_at = {one.at for one in arriving}
    hindsight = [
        one
        for one in course.signals
        if one.kind is SignalKind.OFF_TRACK
        and changed_at is not None
        and one.at < changed_at
        and one.at not in arriving_at
    ]
    kept = tuple(one for one in course.signals if one not in hindsight)
    outcome = course.state.outcome
    if not hindsight or outcome is None or not outcome.off_track:
        return course.state, kept
    since = max(one.at for one in hindsight)
    said = any(one.kind is SignalKind.OFF_TRACK and one.at > since for one in kept) or (
        SignalRow.objects.filter(episode=episode, kind=SignalKind.OFF_TRACK, at__gte=since).exists()
    )
    if said:
        return course.state, kept
    return replace(course.state, outcome=replace(outcome, off_track=False)), kept


def _changed_at(episode: Episode) -> datetime | None:
    """Return when what is expected of an episode's outcome last changed, if it ever did."""
    rows = Expectation.objects.filter(
        practice_id=episode.practice_id,
        instrument=episode.outcome_instrument,
        scale=episode.outcome_scale,
    ).values_list("fitted_at", "set_aside_at")
    return max((at for row in rows for at in row if at is not None), default=None)


def _measures(practice_id: UUID) -> list[tuple[str, str]]:
    return sorted(
        Episode.objects.filter(practice_id=practice_id)
        .values_list("outcome_instrument", "outcome_scale")
        .distinct()
        .order_by()
    )


def _refresh(key: tuple[str, str], by: Actor, now: datetime) -> Refreshed:
    from openalliance.core.course.trajectories.blend import blend, own_weights
    from openalliance.core.course.trajectories.fitted import fit_trajectory

    settings = convert.working_settings(*key)
    known = _series(key, by.practice_id)
    try:
        own = fit_trajectory(
            known.codes, known.weeks, known.values, settings.outcome, source=known.source
        )
    except InputError as too_little:
        return Refreshed(instrument=key[0], scale=key[1], expectation=None, reason=too_little.what)
    published = settings.trajectory
    if not own.converged:
        reason = "the calculation did not settle; try again when there are more scores"
    elif published is None and known.clients < LEAST_ALONE:
        reason = (
            f"nothing was published for this measure, and {LEAST_ALONE} clients are needed"
            " to stand alone"
        )
    else:
        weight = own_weights(published, own).rate_mean if published else 1.0
        course = blend(published, own) if published else own.trajectory
        row = _row(key, course, (known.clients, weight, own.notes), by, now)
        return Refreshed(instrument=key[0], scale=key[1], expectation=row, reason="")
    return Refreshed(instrument=key[0], scale=key[1], expectation=None, reason=reason)


def _row(
    key: tuple[str, str],
    course: Trajectory,
    rests_on: tuple[int, float, Sequence[str]],
    by: Actor,
    now: datetime,
) -> Expectation:
    clients, weight, notes = rests_on
    return Expectation.objects.create(
        practice_id=by.practice_id,
        instrument=key[0],
        scale=key[1],
        trajectory={**asdict(course), "better": course.better.value},
        version=convert.EXPECTATION_VERSION,
        clients=clients,
        own_weight=weight,
        notes=list(notes),
        fitted_at=now,
        fitted_by=by.id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """Episode, weeks since its first score and score, of every score of a measure."""

    codes: list[int]
    weeks: list[float]
    values: list[float]
    clients: int

    @property
    def source(self) -> str:
        return f"{self.clients} clients of this practice with {len(self.values)} scores"


def _series(key: tuple[str, str], practice_id: UUID) -> _Series:
    rows = (
        Score.objects.filter(
            practice_id=practice_id,
            instrument=key[0],
            scale=key[1],
            rater=Rater.CLIENT,
            value__isnull=False,
            episode__outcome_instrument=key[0],
            episode__outcome_scale=key[1],
        )
        .exclude(session__removed_at__isnull=False)
        .order_by("at", "pk")
        .values_list("episode_id", "episode__client_id", "at", "value")
    )
    began: dict[UUID, datetime] = {}
    number: dict[UUID, int] = {}
    clients: set[UUID] = set()
    codes, weeks, values = [], [], []
    for episode_id, client_id, at, value in rows:
        clients.add(client_id)
        codes.append(number.setdefault(episode_id, len(number)))
        weeks.append(weeks_between(began.setdefault(episode_id, at), at))
        values.append(float(value or 0.0))
    return _Series(codes=codes, weeks=weeks, values=values, clients=len(clients))
