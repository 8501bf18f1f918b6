"""What enters a course and what comes out of it: observations, signals, certainty."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater


class ObservationKind(StrEnum):
    """What one observation is about."""

    OUTCOME = "outcome"
    ALLIANCE = "alliance"
    ADHERENCE = "adherence"
    SAFETY = "safety"
    CHECK_IN_MISSED = "check-in-missed"
    CHECK_IN_DONE = "check-in-done"


class SignalKind(StrEnum):
    """What a signal offers to talk about."""

    SAFETY = "safety"
    RUPTURE = "rupture"
    REPAIR = "repair"
    OFF_TRACK = "off-track"
    RELIABLE_CHANGE = "reliable-change"
    GAP = "gap"
    MISSED_CHECK_INS = "missed-check-ins"


class Method(StrEnum):
    """How a signal was come to; each has its section in the explanation pages."""

    LOCAL_LEVEL = "local-level-filter"
    CUSUM = "cusum-of-surprises"
    TRAJECTORY = "expected-trajectory"
    RELIABLE_CHANGE = "reliable-change-jt"
    NORMAL_GAP = "normal-gap"
    SAFETY_ITEM = "safety-item"
    COUNT = "consecutive-count"


class Onset(StrEnum):
    """How a rupture began: with one low rating, or over several sessions."""

    SUDDEN = "sudden"
    GRADUAL = "gradual"


class TalkAbout(StrEnum):
    """The conversation a signal offers; wording belongs to the screens."""

    SAFETY_NOW = "safety-now"
    WHAT_HAPPENED_BETWEEN_US = "what-happened-between-us"
    WHAT_HELPED_REPAIR = "what-helped-repair"
    WHAT_TO_CHANGE = "what-to-change"
    WHAT_GOT_BETTER = "what-got-better"
    WHAT_GOT_WORSE = "what-got-worse"
    HOW_EACH_SEES_IT = "how-each-sees-it"
    WHETHER_CHECK_INS_FIT = "whether-check-ins-fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing seen in an episode.

    Parameters
    ----------
    at
        When, in UTC. Both ratings of one session may carry different times.
    session
        Number of the session in the episode, from 1; ``None`` when it belongs to none.
    kind, rater
        What was observed, and who said it.
    value
        A score for ``OUTCOME``, ``ALLIANCE`` and ``ADHERENCE``, the response for ``SAFETY``;
        ignored for check-ins missed or done.

    Raises
    ------
    InputError
        If ``at`` is not in UTC, ``session`` is below 1 or ``value`` is not finite.
    """

    at: datetime
    kind: ObservationKind
    session: int | None = None
    rater: Rater = Rater.CLIENT
    value: float = 0.0

    def __post_init__(self) -> None:
        if self.at.utcoffset() != timedelta(0):
            raise InputError("the time of an observation must be in UTC", where="at")
        if self.session is not None and self.session < 1:
            raise InputError("sessions are numbered from 1", where="session")
        if not math.isfinite(self.value):
            raise InputError("the value of an observation must be a finite number", where="value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """How sure a signal is: a probability, an interval, or neither for plain facts.

    Parameters
    ----------
    probability
        Probability that what the signal says holds, in 0 to 1; the method says under which model.
    low, high
        Bounds of the interval of the quantity the signal is about, at the course's level.
    """

    probability: float | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise InputError("a probability lies between 0 and 1", where="probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something worth a conversation, with what was seen and how sure it is.

    ``seen`` holds only numbers; ``method`` and ``talk_about`` are keys whose wording belongs to
    the screens. ``method`` is one of `Method`, ``talk_about`` one of `TalkAbout`.
    """

    kind: SignalKind
    at: datetime
    session: int | None = None
    rater: Rater | None = None
    seen: Mapping[str, float] = field(default_factory=dict)
    certainty: Certainty = field(default_factory=Certainty)
    method: str
    talk_about: str
