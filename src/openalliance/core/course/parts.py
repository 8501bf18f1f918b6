"""Figures of parts of a practice, such as its modalities: with intervals, small parts hidden.

Each part stands beside the whole. A part that rests on few clients or on one therapist is hidden,
and others with it where it could be had by subtraction (`disclosure`). With parts of a few dozen
clients intervals overlap nearly always: such figures are for asking questions, not for ranking ways
of working, and clients were not assigned to them by chance.

References
----------
Student (1908). The probable error of a mean. *Biometrika, 6*, 1-25.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.core.course.change import Verdict
from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Behind, Hidden, hidden_groups
from openalliance.core.course.endings import Ended, Fate
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import clustered_wilson

if TYPE_CHECKING:
    from openalliance.core.course.endings import Followed

_Estimator = Callable[[Sequence["Observation"]], "Estimate"]

UPPER = 0.975
"""Of Student's t for an interval of 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observation of a client; ``value`` is 1 or 0 where a share is asked for."""

    part: str
    client: str
    therapist: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share or a mean with its 95 % interval, from ``n`` observations of ``clients``."""

    value: float
    low: float
    high: float
    n: int
    clients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part; ``hidden`` says why there is no estimate."""

    name: str
    estimate: Estimate | None
    hidden: Hidden | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """One figure of a practice and of its parts; ``whole`` is missing with too few clients."""

    whole: Estimate | None
    parts: tuple[Part, ...]

    @property
    def is_told(self) -> bool:
        """Whether anything beside the whole may be shown."""
        return len(self.parts) > 1 and any(one.estimate for one in self.parts)


def shares(observations: Iterable[Observation]) -> Parted:
    """Return how often something was so; intervals count clients and not observations.

    Examples
    --------
    >>> seen = [
    ...     Observation(part=part, client=f"{part}{n}", therapist=str(n % 3), value=n % 4 > 0)
    ...     for part in "ab"
    ...     for n in range(12)
    ... ]
    >>> found = shares(seen)
    >>> found.whole.value, [(one.name, one.estimate.value) for one in found.parts]
    (0.75, [('a', 0.75), ('b', 0.75)])
    """
    return _parted(observations, share_of)


def means(observations: Iterable[Observation], *, limits: tuple[float, float]) -> Parted:
    """Return means in which each client counts once, however many observations there are.

    The interval is Student's over clients, within the ``limits`` of the scale.

    Raises
    ------
    InputError
        The limits are no range.
    """
    if not limits[0] < limits[1]:
        raise InputError("the lower limit lies below the upper one", where="limits")

    def mean(held: Sequence[Observation]) -> Estimate:
        return mean_of(held, limits)

    return _parted(observations, mean)


def share_of(seen: Sequence[Observation]) -> Estimate:
    """Return how often something was so, of one observation at least; nothing is hidden."""
    of_clients = _by_client(seen)
    found = clustered_wilson(
        [round(math.fsum(values)) for values in of_clients], [len(one) for one in of_clients]
    )
    return Estimate(
        value=found.value, low=found.low, high=found.high, n=found.n, clients=len(of_clients)
    )


def mean_of(seen: Sequence[Observation], limits: tuple[float, float]) -> Estimate:
    """Return the mean of clients' means, of one observation at least; nothing is hidden."""
    from scipy.special import stdtrit

    own = [math.fsum(values) / len(values) for values in _by_client(seen)]
    clients = len(own)
    mean = math.fsum(own) / clients
    half = math.inf
    if clients > 1:
        variance = math.fsum((one - mean) ** 2 for one in own) / (clients - 1)
        half = float(stdtrit(clients - 1.0, UPPER)) * math.sqrt(variance / clients)
    return Estimate(
        value=mean,
        low=max(limits[0], mean - half),
        high=min(limits[1], mean + half),
        n=len(seen),
        clients=clients,
    )


def improved(episodes: Iterable[Followed]) -> tuple[Observation, ...]:
    """Return, for every ended episode with scores enough, whether it ended reliably better."""
    return tuple(
        _of(one, one.verdict is Verdict.IMPROVED) for one in episodes if one.verdict is not None
    )


def ended_together(episodes: Iterable[Followed]) -> tuple[Observation, ...]:
    """Return, for every ended episode, whether its end was planned by both."""
    return tuple(
        _of(one, one.ended is Ended.PLANNED) for one in episodes if one.ended is not Ended.RUNNING
    )


def repaired(episodes: Iterable[Followed]) -> tuple[Observation, ...]:
    """Return, for every rupture, whether it was repaired; what is still open is left out."""
    return tuple(
        _of(one, fate is Fate.REPAIRED)
        for one in episodes
        for fate in one.fates
        if fate is not Fate.STILL_OPEN
    )


def _of(one: Followed, so: bool) -> Observation:
    return Observation(
        part=one.modality, client=one.client, therapist=one.therapist, value=float(so)
    )


def _parted(observations: Iterable[Observation], estimate: _Estimator) -> Parted:
    every = list(observations)
    held: dict[str, list[Observation]] = defaultdict(list)
    for one in every:
        held[one.part].append(one)
    behind: Mapping[str, Behind] = {
        name: Behind(
            clients=frozenset(one.client for one in seen),
            therapists=frozenset(one.therapist for one in seen),
        )
        for name, seen in held.items()
    }
    hidden = hidden_groups(behind, least_clients=LEAST_CLIENTS)
    enough = len({one.client for one in every}) >= LEAST_CLIENTS
    return Parted(
        whole=estimate(every) if enough else None,
        parts=tuple(
            Part(
                name=name,
                estimate=None if name in hidden else estimate(held[name]),
                hidden=hidden.get(name),
            )
            for name in sorted(held)
        ),
    )


def _by_client(seen: Sequence[Observation]) -> list[list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for one in seen:
        found[one.client].append(one.value)
    return [found[client] for client in sorted(found)]
