"""What came after signals: off-track signals against the end, ruptures against repair and leaving.

These need nobody's opinion: the end of an episode says whether a course called off track ended
without reliable improvement, and whether a rupture was repaired or somebody left. Two cautions
belong to every figure. A signal that is acted on and helps makes itself look wrong. And a long
episode has more occasions for any signal than a short one.

References
----------
Finch, A. E., Lambert, M. J., & Schaalje, B. G. (2001). Psychotherapy quality control. *Clinical
Psychology & Psychotherapy, 8*, 231-242. (Signals against the outcome at the end.)

van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis.
*Scandinavian Journal of Statistics, 34*, 70-85. (One moment for all, so that length is no merit.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING

from openalliance.core.course.change import Verdict, change_between
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.settings import CourseSettings
from openalliance.core.course.steps import weeks_between
from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.core.estimation.discrimination import AUC, PredictiveValue

LANDMARK = 4
"""The check-in at which all courses are compared with the expectation: early enough to act on."""

LEAST_SCORES = 3
"""A first score, one at which a signal was possible, and a last one to compare with."""


class Ended(StrEnum):
    """How an episode ended; ``RUNNING`` when it has not, or goes on with another therapist."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"
    RUNNING = "running"


class Fate(StrEnum):
    """What came after a rupture."""

    REPAIRED = "repaired"
    LEFT = "left"
    ENDED_OPEN = "ended-open"
    STILL_OPEN = "still-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One episode as it went on after its signals.

    Parameters
    ----------
    client, therapist
        Keys that tell people apart; they are never shown.
    ended
        How it ended.
    fates
        What came after each rupture that the client's ratings showed.
    verdict
        Change from the first score to the last; ``None`` while it runs or with too few scores.
    off_track
        Whether it was called off track before its last score. A signal at that very score foretold
        nothing and does not count.
    worse_by
        SDs by which the score of the landmark was worse than expected; ``None`` without one, or
        when it was the last.
    modality
        The one it kept to, or that it went through several.
    """

    client: str
    therapist: str
    ended: Ended
    fates: tuple[Fate, ...] = ()
    verdict: Verdict | None = None
    off_track: bool = False
    worse_by: float | None = None
    modality: str = ""

    @property
    def not_improved(self) -> bool:
        """Whether it ended without reliable improvement, or reliably worse."""
        return self.verdict in {Verdict.UNCHANGED, Verdict.DETERIORATED}


def followed(
    *,
    client: str,
    therapist: str,
    ended: Ended,
    outcome: Sequence[tuple[datetime, float]],
    off_track_at: Iterable[datetime],
    ruptures_at: Iterable[datetime],
    repairs_at: Iterable[datetime],
    settings: CourseSettings,
    modality: str = "",
) -> Followed:
    """Return how one episode went on after its signals.

    Parameters
    ----------
    client, therapist
        Keys that tell people apart.
    ended
        How it ended.
    outcome
        Scores with their times, in any order.
    off_track_at, ruptures_at, repairs_at
        When signals were raised; ruptures and repairs by the client's ratings.
    settings
        The outcome's error and, for the landmark, the expected course.
    modality
        The one it kept to, or that it went through several.
    """
    scores = sorted(outcome)
    fates = _fates(ruptures_at, repairs_at, ended)
    if ended is Ended.RUNNING or len(scores) < LEAST_SCORES:
        return Followed(
            client=client, therapist=therapist, ended=ended, fates=fates, modality=modality
        )
    (_, first), (last_at, last) = scores[0], scores[-1]
    measure = settings.outcome
    change = change_between(
        first, last, sem=measure.sem, better=measure.better, limit=measure.reliable_change
    )
    return Followed(
        client=client,
        therapist=therapist,
        ended=ended,
        fates=fates,
        verdict=change.verdict,
        off_track=any(at < last_at for at in off_track_at),
        worse_by=_worse_by(scores, settings),
        modality=modality,
    )


def _worse_by(scores: Sequence[tuple[datetime, float]], settings: CourseSettings) -> float | None:
    if settings.trajectory is None or len(scores) <= LANDMARK:
        return None
    (began, first), (at, value) = scores[0], scores[LANDMARK - 1]
    return settings.trajectory.worse_by(
        weeks_between(began, at), first, value, settings.outcome.better
    )


def _fates(
    ruptures_at: Iterable[datetime], repairs_at: Iterable[datetime], ended: Ended
) -> tuple[Fate, ...]:
    """Return one fate for each rupture; a repair belongs to the latest rupture before it."""
    ruptures, repairs = sorted(ruptures_at), sorted(repairs_at)
    otherwise = {
        Ended.UNPLANNED: Fate.LEFT,
        Ended.PLANNED: Fate.ENDED_OPEN,
        Ended.RUNNING: Fate.STILL_OPEN,
    }[ended]
    return tuple(
        Fate.REPAIRED
        if any(began < at and (end is None or at <= end) for at in repairs)
        else otherwise
        for began, end in zip_longest(ruptures, ruptures[1:])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """How well a signal foretold what came at the end.

    Parameters
    ----------
    values
        Sensitivity, specificity and predictive values, one row an episode.
    episodes, clients
        On how many it rests.
    """

    values: PredictiveValue
    episodes: int
    clients: int

    @property
    def is_told(self) -> bool:
        """Whether with and without signal, with and without the event, there are enough."""
        values = self.values
        margins = (values.ppv.n, values.npv.n, values.sensitivity.n, values.specificity.n)
        return min(margins) >= LEAST_CLIENTS and self.clients >= LEAST_CLIENTS


def off_track_record(episodes: Iterable[Followed]) -> TrackRecord:
    """Off-track signals against an end without reliable improvement, over ended episodes."""
    ended = [one for one in episodes if one.verdict is not None]
    return _record(ended, [one.off_track for one in ended], [one.not_improved for one in ended])


def rupture_record(episodes: Iterable[Followed]) -> TrackRecord:
    """Ruptures against leaving unplanned, over ended episodes."""
    ended = [one for one in episodes if one.ended is not Ended.RUNNING]
    return _record(
        ended, [bool(one.fates) for one in ended], [one.ended is Ended.UNPLANNED for one in ended]
    )


def _record(
    episodes: Sequence[Followed], flags: Sequence[bool], events: Sequence[bool]
) -> TrackRecord:
    from openalliance.core.estimation.discrimination import predictive_value

    return TrackRecord(
        values=predictive_value(flags, events),
        episodes=len(episodes),
        clients=len({one.client for one in episodes}),
    )


def landmark_auc(episodes: Iterable[Followed]) -> AUC:
    """How well being worse than expected at the landmark parts those who end without improvement.

    The interval counts clients.
    """
    from openalliance.core.estimation.discrimination import auc

    known = [one for one in episodes if one.worse_by is not None and one.verdict is not None]
    return auc(
        [one.worse_by or 0.0 for one in known],
        [one.not_improved for one in known],
        clusters=[one.client for one in known],
    )


def fates_of(episodes: Iterable[Followed]) -> dict[Fate, int]:
    """Count what came after each rupture; every fate is there.

    Raises
    ------
    InputError
        If an episode that runs holds a rupture whose fate says that it ended.
    """
    counted = dict.fromkeys(Fate, 0)
    for one in episodes:
        for fate in one.fates:
            if one.ended is Ended.RUNNING and fate in {Fate.LEFT, Fate.ENDED_OPEN}:
                raise InputError("an episode that runs has not ended", where="fates")
            counted[fate] += 1
    return counted
