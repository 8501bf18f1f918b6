"""Several episodes of one person joined in one line: for problems that last or come back.

A chronic or recurrent problem is not seen in one episode. The line holds every score with its
time, what changed within each episode, and what became of it in the time between two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openalliance.core.course.after import Rule, months_between
from openalliance.core.errors import InputError

_SAME = 1e-9


class Direction(StrEnum):
    """What became of a score from one moment to another, beyond the error of measurement."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One episode as it goes into the line.

    Parameters
    ----------
    began, ended
        ``ended`` is ``None`` while it runs.
    scores
        During it, with their times.
    after
        Follow-up scores, with their times.
    """

    began: datetime
    ended: datetime | None
    scores: tuple[tuple[datetime, float], ...] = ()
    after: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One episode in the line: what changed during it, and until the next one began.

    Parameters
    ----------
    during
        From its first score to its last.
    since
        From its last score to the first of the next episode, else to the newest follow-up.
    months_free
        From its end to the next beginning, else to now; ``None`` while it runs.
    """

    number: int
    began: datetime
    ended: datetime | None
    scores: tuple[tuple[datetime, float], ...]
    after: tuple[tuple[datetime, float], ...]
    during: Direction
    since: Direction
    months_free: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeLine:
    """All episodes of one person, the first one first.

    Parameters
    ----------
    returns
        How often they came back.
    months_in, months_between
        In therapy, and between the first ending and now without.
    """

    chapters: tuple[Chapter, ...]
    returns: int
    months_in: float
    months_between: float


def life_line(stretches: Iterable[Stretch], rule: Rule, *, now: datetime) -> LifeLine:
    """Join episodes in one line.

    Parameters
    ----------
    stretches
        At least one, in any order; an episode that another carries on is one of its own.
    rule
        How scores are read; all episodes are read by the same scale.
    now
        The present moment.

    Raises
    ------
    InputError
        If there is no episode, or one ends before it began.
    """
    ordered = sorted(stretches, key=lambda one: one.began)
    if not ordered:
        raise InputError("needs at least one episode", where="stretches")
    if any(one.ended is not None and one.ended < one.began for one in ordered):
        raise InputError("ends after it began", where="ended")
    followers: list[Stretch | None] = [*ordered[1:], None]
    chapters = tuple(
        _chapter(number, one, following, rule, now)
        for number, (one, following) in enumerate(zip(ordered, followers, strict=True), start=1)
    )
    inside = sum(months_between(one.began, one.ended or now) for one in ordered)
    free = sum(one.months_free or 0.0 for one in chapters)
    returns = sum((one.months_free or 0.0) > 1.0 for one in chapters[:-1])
    return LifeLine(chapters=chapters, returns=returns, months_in=inside, months_between=free)


def _chapter(
    number: int, one: Stretch, following: Stretch | None, rule: Rule, now: datetime
) -> Chapter:
    scores, after = tuple(sorted(one.scores)), tuple(sorted(one.after))
    later: Sequence[tuple[datetime, float]] = ()
    if following is not None and following.scores:
        later = (min(following.scores),)
    elif after:
        later = (after[-1],)
    last = scores[-1:]
    free = None
    if one.ended is not None:
        until = following.began if following is not None else now
        free = max(months_between(one.ended, until), 0.0)
    return Chapter(
        number=number, began=one.began, ended=one.ended, scores=scores, after=after,
        during=_direction((scores[0], scores[-1]) if len(scores) > 1 else (), rule),
        since=_direction((*last, *later) if last and later and one.ended else (), rule),
        months_free=free,
    )  # fmt: skip


def _direction(pair: Sequence[tuple[datetime, float]], rule: Rule) -> Direction:
    if len(pair) != 2:
        return Direction.UNKNOWN
    worse = rule.worse * (pair[1][1] - pair[0][1])
    limit = rule.limit - _SAME * rule.limit
    if worse >= limit:
        return Direction.WORSE
    return Direction.BETTER if -worse >= limit else Direction.SAME
