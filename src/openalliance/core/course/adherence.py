"""What became of the tasks between sessions: stretch by stretch, and whether it is falling.

A stretch runs from the end of one session to the end of the next. What was told of a task last
within a stretch counts for it. A task of which nobody said anything is "not said", never "not
done": silence is no failure, and it enters no share.

References
----------
Kazantzis, N., Deane, F. P., & Ronan, K. R. (2004). Assessing compliance with homework assignments:
Review and recommendations for clinical practice. *Journal of Clinical Psychology, 60*, 627-641.
https://doi.org/10.1002/jclp.10239
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openalliance.core.course.probability import normal_cdf
from openalliance.core.errors import InputError


class Outcome(StrEnum):
    """What became of a task in a stretch."""

    DONE = "done"
    CHANGED = "changed"
    """Done in another way than agreed."""
    PARTLY = "partly"
    NOT = "not"


class Obstacle(StrEnum):
    """What was in the way; several may have been."""

    TIME = "time"
    FORGOT = "forgot"
    UNCLEAR = "unclear"
    TOO_MUCH = "too-much"
    FEELINGS = "feelings"
    """It brought up more than was bearable."""
    NO_HELP = "no-help"
    """It did not seem to help."""
    SOMETHING = "something"
    """Something else happened."""


KEPT: Mapping[Outcome, float] = {
    Outcome.DONE: 1.0,
    Outcome.CHANGED: 1.0,
    Outcome.PARTLY: 0.5,
    Outcome.NOT: 0.0,
}
"""How far a task counts as kept. Who fits it to their life has worked with it: that is kept."""

RECENT, EARLIER, LEAST = 3, 6, 3
"""Stretches that are compared: the last three with at most six before them, of three at least."""

SURE = 0.95
"""Probability from which adherence is called falling."""

WORTH_SAYING = 0.2
"""Fall of the share kept, below which nothing is said however sure it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do between sessions, as far as time goes.

    Parameters
    ----------
    agreed_at, ended_at
        From when until when it holds.
    once
        Whether it is over once it was done; otherwise it goes on until it is let go.
    """

    id: str
    agreed_at: datetime
    ended_at: datetime | None = None
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What somebody said became of a task."""

    task: str
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A session that took place."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.ends_at < self.starts_at:
            raise InputError("ends before it begins", where="session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The time up to the end of one session.

    Parameters
    ----------
    start
        End of the session before; nothing in the first one.
    end
        End of the session, or the present moment.
    running
        Whether the session that ends it is still to come.
    outcomes
        What was told last of each task there was; nothing where nobody said.
    """

    start: datetime | None
    end: datetime
    running: bool
    outcomes: Mapping[str, Outcome | None]

    @property
    def told(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes.values() if one is not None)

    @property
    def kept(self) -> float | None:
        """Share kept of what was told; nothing while nothing was."""
        told = self.told
        return sum(KEPT[one] for one in told) / len(told) if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tendency:
    """How the latest stretches compare with those before.

    Parameters
    ----------
    recent, earlier
        Share kept, each stretch counting alike.
    fell
        Probability that adherence is lower now than before.
    since
        Where the latest stretches begin.
    """

    recent: float
    earlier: float
    fell: float
    since: datetime

    @property
    def falling(self) -> bool:
        return self.fell >= SURE and self.earlier - self.recent >= WORTH_SAYING


def stretches(
    tasks: Iterable[Task], told: Iterable[Telling], sessions: Iterable[Held], *, now: datetime
) -> tuple[Stretch, ...]:
    """Return the stretches in which there was something to do, oldest first.

    A task agreed within a session counts from its end. One that is to be done once is over after
    the stretch in which it was done, as agreed or in another way.

    Parameters
    ----------
    tasks, told
        All of one client; what is told of another task is left out.
    sessions
        Those that took place.
    now
        Where the last stretch ends.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> monday, hour = datetime(2026, 1, 5, 9), timedelta(hours=1)
    >>> weekly = [
    ...     Held(starts_at=monday + timedelta(weeks=w), ends_at=monday + timedelta(weeks=w) + hour)
    ...     for w in range(3)
    ... ]
    >>> walk = Task(id="walk", agreed_at=monday)
    >>> said = Telling(task="walk", at=monday + timedelta(days=6), outcome=Outcome.PARTLY)
    >>> found = stretches([walk], [said], weekly, now=monday + timedelta(weeks=2, days=1))
    >>> [(one.kept, one.running) for one in found]
    [(0.5, False), (None, False), (None, True)]
    """
    kept = {task.id: task for task in tasks}
    by_time = sorted((one for one in told if one.task in kept and one.at <= now), key=_when)
    over: set[str] = set()
    found = []
    for start, session, end in _cuts(sessions, now):
        latest = {
            one.task: one.outcome
            for one in by_time
            if (start is None or one.at > start) and one.at <= end
        }
        begins = session.starts_at if session else now
        outcomes = {
            task.id: latest.get(task.id)
            for task in kept.values()
            if task.id in latest
            or (task.id not in over and _open_in(task, start=start, until=begins))
        }
        over |= {
            task
            for task, outcome in latest.items()
            if kept[task].once and outcome in {Outcome.DONE, Outcome.CHANGED}
        }
        if outcomes:
            found.append(Stretch(start=start, end=end, running=session is None, outcomes=outcomes))
    return tuple(found)


def tendency(found: Sequence[Stretch]) -> Tendency | None:
    """Compare the latest stretches of which something was told with those before.

    Tasks of one stretch share its week, so a stretch counts once however many tasks it had. Both
    means are read with Jeffreys' prior and compared by their normal approximation.

    Returns
    -------
    Tendency or None
        Nothing while fewer than `RECENT` + `LEAST` stretches were told of.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> week = timedelta(weeks=1)
    >>> def of(n, outcome):
    ...     return Stretch(
    ...         start=datetime(2026, 1, 5) + n * week, end=datetime(2026, 1, 12) + n * week,
    ...         running=False, outcomes={"walk": outcome},
    ...     )
    >>> tendency([of(n, Outcome.DONE) for n in range(5)]) is None
    True
    >>> whole = [of(n, Outcome.DONE) for n in range(6)] + [of(n, Outcome.NOT) for n in (6, 7, 8)]
    >>> tendency(whole).falling
    True
    """
    known = [(one, one.kept) for one in found if one.kept is not None]
    if len(known) < RECENT + LEAST:
        return None
    recent = [share for _one, share in known[-RECENT:]]
    earlier = [share for _one, share in known[-RECENT - EARLIER : -RECENT]]
    (now_mean, now_spread), (was_mean, was_spread) = _posterior(recent), _posterior(earlier)
    first = known[-RECENT][0]
    return Tendency(
        recent=sum(recent) / len(recent),
        earlier=sum(earlier) / len(earlier),
        fell=normal_cdf((was_mean - now_mean) / (now_spread + was_spread) ** 0.5),
        since=first.start or first.end,
    )


def _posterior(shares: Sequence[float]) -> tuple[float, float]:
    """Return mean and variance of a share with Jeffreys' prior."""
    kept, n = sum(shares) + 0.5, len(shares) + 1.0
    mean = kept / n
    return mean, mean * (1.0 - mean) / (n + 1.0)


def _cuts(
    sessions: Iterable[Held], now: datetime
) -> Iterator[tuple[datetime | None, Held | None, datetime]]:
    start: datetime | None = None
    for session in sorted(sessions, key=lambda one: one.ends_at):
        if session.ends_at > now:
            break
        yield start, session, session.ends_at
        start = session.ends_at
    yield start, None, now


def _open_in(task: Task, *, start: datetime | None, until: datetime) -> bool:
    """Whether there was time for a task between the end of one session and the next."""
    return task.agreed_at < until and (
        task.ended_at is None or start is None or task.ended_at > start
    )


def _when(one: Telling) -> datetime:
    return one.at
