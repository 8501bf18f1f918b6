"""Ruptures as therapists record them: what was noticed, what was tried, what became of it.

A rupture is a strain in working together: a withdrawal (moving away from the other or from the
work), a confrontation (moving against), or both. That repairing them goes with better outcome is
known from 11 studies of 1,314 clients (Eubanks, Muran & Safran 2018); what helps whom is not. So a
practice's own figures here say how often something was tried and how it went on, never that it
worked.

References
----------
Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). Alliance rupture repair: A meta-analysis.
*Psychotherapy, 55*(4), 508-519. https://doi.org/10.1037/pst0000185
Safran, J. D., & Muran, J. C. (2000). *Negotiating the therapeutic alliance.* Guilford.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openalliance.core.course.disclosure import Behind, hidden_groups, told_to_one
from openalliance.core.estimation.proportions import Proportion, clustered_wilson

LEAST_CLIENTS = 5
"""Clients behind every figure that is shown."""


class Marker(StrEnum):
    """How a rupture showed itself."""

    WITHDRAWAL = "withdrawal"
    CONFRONTATION = "confrontation"
    MIXED = "mixed"


class Noticed(StrEnum):
    """Who noticed it first."""

    CLIENT = "client"
    THERAPIST = "therapist"
    BOTH = "both"
    SIGNAL = "signal"


class Tried(StrEnum):
    """What may be tried, as the literature on repair describes it (Safran & Muran 2000)."""

    EXPLORE = "explore"
    OWN_SHARE = "own-share"
    CLEAR_UP = "clear-up"
    REASONS = "reasons"
    CHANGE_PLAN = "change-plan"
    MAKE_ROOM = "make-room"
    HERE_AND_NOW = "here-and-now"
    PATTERN = "pattern"


class Outcome(StrEnum):
    """What became of it."""

    REPAIRED = "repaired"
    PARTLY = "partly"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rupture:
    """One recorded rupture; ``client`` and ``therapist`` are pseudonyms; no outcome while open."""

    client: str
    therapist: str
    marker: Marker
    tried: frozenset[Tried]
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeasured:
    """The client's alliance score before a rupture and at the first session after it."""

    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """Return after minus before, if both were measured."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


def remeasure(at: datetime, scores: Sequence[tuple[datetime, float]]) -> Remeasured:
    """Return the last score at or before a moment and the first one after it.

    Parameters
    ----------
    scores
        Times and scores of one scale by the client, in any order.
    """
    ordered = sorted(scores)
    before = [value for when, value in ordered if when <= at]
    after = [value for when, value in ordered if when > at]
    return Remeasured(before=before[-1] if before else None, after=after[0] if after else None)


def repaired_by(
    ruptures: Iterable[Rupture],
    *,
    seen_by: str | None = None,
    least_clients: int = LEAST_CLIENTS,
) -> Mapping[str, Proportion]:
    """Return how often ruptures were repaired: altogether, by marker, and by what was tried.

    Keys are ``all``, ``marker:<marker>`` and ``tried:<strategy>``. Only ruptures with an outcome
    count, and “partly” is not repaired. Groups that rest on too few clients, or on one therapist
    alone, are left out; so are those by which they could be worked out, be it by taking away those
    for which something was tried, or the own ones of the therapist ``seen_by``. Intervals
    allow for several ruptures of one client (Wilson's, for what clusters are worth). A rupture for
    which several things were tried counts for each of them.
    """
    known = [one for one in ruptures if one.outcome is not None]
    parts: dict[str, list[Rupture]] = {"all": known}
    for marker in Marker:
        parts[f"marker:{marker}"] = [one for one in known if one.marker is marker]
    for tried in Tried:
        parts[f"tried:{tried}"] = [one for one in known if tried in one.tried]
    behind = {name: _behind(held) for name, held in parts.items()}
    markers = {name: who for name, who in behind.items() if name.startswith("marker:")}
    hidden = set(hidden_groups(markers, least_clients=least_clients))
    several = len(behind["all"].therapists) > 1

    def enough(who: Behind) -> bool:
        return (
            len(who.clients) >= least_clients
            and (len(who.therapists) > 1 or not several)
            and (seen_by is None or told_to_one(seen_by, who.therapists))
        )

    hidden |= {name for name, who in behind.items() if not enough(who)}
    for tried in Tried:
        others = _behind([one for one in known if tried not in one.tried])
        if others.clients and not enough(others):
            hidden.add(f"tried:{tried}")
    return {name: _proportion(held) for name, held in parts.items() if held and name not in hidden}


def _behind(ruptures: Sequence[Rupture]) -> Behind:
    return Behind(
        clients=frozenset(one.client for one in ruptures),
        therapists=frozenset(one.therapist for one in ruptures),
    )


def _proportion(ruptures: Sequence[Rupture]) -> Proportion:
    clients = sorted({one.client for one in ruptures})
    held = {client: [one for one in ruptures if one.client == client] for client in clients}
    return clustered_wilson(
        [sum(one.outcome is Outcome.REPAIRED for one in held[client]) for client in clients],
        [len(held[client]) for client in clients],
    )
