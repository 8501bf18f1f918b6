"""What is carried from one observation to the next: bounded, whatever the history.

A state goes to and from plain JSON, finite numbers only, and loses nothing on the way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from openalliance.core.course.change import Verdict
from openalliance.core.course.values import Onset
from openalliance.core.errors import InputError
from openalliance.core.instruments import Rater

STATE_VERSION = 2
"""Raised when the meaning of a stored state changes; older states are then folded afresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A value with its time and session."""

    at: datetime
    session: int | None
    value: float

    def __post_init__(self) -> None:
        _check_finite(self.value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"at": self.at.isoformat(), "session": self.session, "value": self.value}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Observed:
        """Read what `to_json` wrote."""
        return cls(
            at=datetime.fromisoformat(document["at"]),
            session=document["session"],
            value=document["value"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRupture:
    """A rupture that has not been repaired yet.

    ``began`` is the rating at which it was seen, ``before`` the level before it: forecast for that
    session, or, after a gradual onset, the level from which the fall is counted. ``before_se`` is
    its error, ``forecast_sd`` the SD of ratings about it, ``standardised`` the fall in such SDs;
    all three with the spread taken as known, as a Student-t distribution needs them.
    """

    began: Observed
    before: float
    before_se: float
    forecast_sd: float
    standardised: float
    probability: float
    onset: Onset = Onset.SUDDEN

    @property
    def depth(self) -> float:
        """Points by which the rating fell below the level expected of this client."""
        return self.before - self.began.value

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "began": self.began.to_json(),
            "before": self.before,
            "before_se": self.before_se,
            "forecast_sd": self.forecast_sd,
            "standardised": self.standardised,
            "probability": self.probability,
            "onset": self.onset.value,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> OpenRupture:
        """Read what `to_json` wrote."""
        return cls(
            **{
                **document,
                "began": Observed.from_json(document["began"]),
                "onset": Onset(document["onset"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelState:
    """One rater's level. ``variance`` is in units of ``scale``, the client's own spread.

    ``fall`` is the sum of surprises downwards that shows a slow fall, ``fall_from`` the level when
    it was last 0, and ``fall_from_variance`` that level's variance in points².
    """

    level: float
    variance: float
    scale: float
    df: float
    ratings: int
    last: Observed
    fall: float = 0.0
    fall_from: float
    fall_from_variance: float
    rupture: OpenRupture | None = None

    def __post_init__(self) -> None:
        _check_finite(self.level, self.variance, self.scale, self.df)
        _check_finite(self.fall, self.fall_from, self.fall_from_variance)
        if self.variance < 0.0 or self.scale <= 0.0 or self.df <= 2.0:
            raise InputError(
                "a level needs a variance of 0 or more, a spread above 0 and df above 2"
            )

    @property
    def se(self) -> float:
        """Standard error of the level, in points, the learned spread's own error included.

        The level's distribution is Student-t because the spread is estimated; this is its standard
        deviation, √(df / (df − 2)) times what it would be if the spread were known.
        """
        return self.t_scale * math.sqrt(self.df / (self.df - 2.0))

    @property
    def t_scale(self) -> float:
        """Scale, in points, of the level's Student-t distribution with ``df``."""
        return math.sqrt(self.scale * self.variance)

    def without_rupture(self) -> LevelState:
        """The same level, the rupture repaired."""
        return replace(self, rupture=None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "level": self.level,
            "variance": self.variance,
            "scale": self.scale,
            "df": self.df,
            "ratings": self.ratings,
            "last": self.last.to_json(),
            "fall": self.fall,
            "fall_from": self.fall_from,
            "fall_from_variance": self.fall_from_variance,
            "rupture": None if self.rupture is None else self.rupture.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> LevelState:
        """Read what `to_json` wrote."""
        rupture = document["rupture"]
        return cls(
            **{
                **document,
                "last": Observed.from_json(document["last"]),
                "rupture": None if rupture is None else OpenRupture.from_json(rupture),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeState:
    """First and last outcome, and what has been said about them."""

    first: Observed
    last: Observed
    verdict: Verdict = Verdict.UNCHANGED
    announced: Verdict = Verdict.UNCHANGED
    off_track: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "first": self.first.to_json(),
            "last": self.last.to_json(),
            "verdict": self.verdict.value,
            "announced": self.announced.value,
            "off_track": self.off_track,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> OutcomeState:
        """Read what `to_json` wrote."""
        return cls(
            first=Observed.from_json(document["first"]),
            last=Observed.from_json(document["last"]),
            verdict=Verdict(document["verdict"]),
            announced=Verdict(document["announced"]),
            off_track=document["off_track"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseState:
    """Everything one episode's course carries forward.

    Parameters
    ----------
    last_at
        Time of the latest observation; ``None`` before the first.
    outcome, alliance, adherence
        Latest facts per series; absent before the first observation of each.
    gap_outside
        Whether the gap between the raters was outside the usual range when last seen.
    missed_in_a_row
        Check-ins missed since the last one done.
    safety_marked
        Whether the latest safety answer was marked.
    """

    last_at: datetime | None = None
    outcome: OutcomeState | None = None
    alliance: Mapping[Rater, LevelState] = field(default_factory=dict)
    adherence: Observed | None = None
    gap_outside: bool = False
    missed_in_a_row: int = 0
    safety_marked: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: dictionaries, strings, booleans and finite numbers."""
        return {
            "version": STATE_VERSION,
            "last_at": None if self.last_at is None else self.last_at.isoformat(),
            "outcome": None if self.outcome is None else self.outcome.to_json(),
            "alliance": {r.value: level.to_json() for r, level in sorted(self.alliance.items())},
            "adherence": None if self.adherence is None else self.adherence.to_json(),
            "gap_outside": self.gap_outside,
            "missed_in_a_row": self.missed_in_a_row,
            "safety_marked": self.safety_marked,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> CourseState:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            If the document is of another version or damaged; fold the episode afresh then.
        """
        if document.get("version") != STATE_VERSION:
            raise InputError("this stored state is of another version; fold the episode afresh")
        try:
            last_at, outcome = document["last_at"], document["outcome"]
            adherence = document["adherence"]
            return cls(
                last_at=None if last_at is None else datetime.fromisoformat(last_at),
                outcome=None if outcome is None else OutcomeState.from_json(outcome),
                alliance={
                    Rater(rater): LevelState.from_json(level)
                    for rater, level in document["alliance"].items()
                },
                adherence=None if adherence is None else Observed.from_json(adherence),
                gap_outside=document["gap_outside"],
                missed_in_a_row=document["missed_in_a_row"],
                safety_marked=document["safety_marked"],
            )
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as fault:
            raise InputError("this stored state is damaged; fold the episode afresh") from fault


def _check_finite(*numbers: float) -> None:
    if not all(math.isfinite(number) for number in numbers):
        raise InputError("what is carried forward must be finite numbers")
