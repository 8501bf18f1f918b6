"""The honest scoreboard of a practice: how often each kind of signal was so, and how sure it was.

For every kind of signal: how many were raised, how many of them were answered, and the share that
was so. For kinds that state a probability: whether the probabilities mean what they say. Parted by
group, with small groups hidden. Therapists are never compared.

Answers come only from signals that were raised and talked about. The probabilities therefore lie
above the limit that raises a signal, and AUC and calibration hold within that range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.core.course.claims import (
    FACTS,
    LEAST_CLIENTS,
    Claim,
    Precision,
    Raised,
    by_claim,
    precision,
)
from openalliance.core.course.disclosure import Behind, Hidden, hidden_groups

if TYPE_CHECKING:
    from openalliance.core.estimation.discrimination import AUC, Brier, CalibrationBin

LEAST_FOR_CALIBRATION = 20
"""Answered signals with a probability from which it is judged; a working value."""

LEAST_OF_EACH = 5
"""Answered signals that were so, and that were not, below which nothing parts them."""

SIGNALS_A_BIN = 10
"""Signals in each group of the calibration plot, about."""

MOST_BINS = 5

SURE_OF = frozenset(
    {
        Claim.RUPTURE,
        Claim.SLOW_RUPTURE,
        Claim.REPAIR,
        Claim.DETERIORATED,
        Claim.IMPROVED,
        Claim.GAP,
    }
)
"""Claims whose probability is one of being so. An off-track signal states the share of clients
expected to do better, which is a place in the band and no probability of a bad end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """Whether the probabilities of one kind of signal mean what they say.

    ``told`` and ``observed`` are numbers of signals that were so: as foretold, and as answered.
    """

    auc: AUC
    brier: Brier
    curve: tuple[CalibrationBin, ...]
    told: float
    observed: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One kind of signal; ``sureness`` is missing where there is too little to judge."""

    claim: Claim
    precision: Precision
    clients: int
    sureness: Sureness | None

    @property
    def is_counted(self) -> bool:
        """Whether enough clients had such a signal for its number to be shown."""
        return self.clients == 0 or self.clients >= LEAST_CLIENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """One kind of signal in one group; ``hidden`` says why there are no figures."""

    group: str
    precision: Precision | None
    hidden: Hidden | None


def scoreboard(raised: Iterable[Raised]) -> tuple[Score, ...]:
    """Return the scoreboard, one entry for each kind of signal that can be right or wrong.

    Examples
    --------
    >>> [score.claim.value for score in scoreboard([])]
    ['rupture', 'slow-rupture', 'repair', 'off-track', 'deteriorated', 'improved', 'gap']
    """
    return tuple(
        Score(
            claim=claim,
            precision=precision(of_claim),
            clients=len({one.client for one in of_claim}),
            sureness=sureness(of_claim) if claim in SURE_OF else None,
        )
        for claim, of_claim in by_claim(raised).items()
        if claim not in FACTS
    )


def sureness(raised: Sequence[Raised]) -> Sureness | None:
    """Return how the stated probabilities fared, or nothing while there are too few answers."""
    from openalliance.core.estimation.discrimination import auc, brier, calibration_curve

    known = [one for one in raised if one.resolved and one.probability is not None]
    confirmed = [one.confirmed for one in known]
    so = sum(confirmed)
    clients = [one.client for one in known]
    few = len(known) < LEAST_FOR_CALIBRATION or min(so, len(known) - so) < LEAST_OF_EACH
    if few or len(set(clients)) < LEAST_CLIENTS:
        return None
    chances = [one.probability or 0.0 for one in known]
    bins = min(MOST_BINS, max(2, len(known) // SIGNALS_A_BIN))
    return Sureness(
        auc=auc(chances, confirmed, clusters=clients),
        brier=brier(chances, confirmed),
        curve=calibration_curve(chances, confirmed, bins=bins),
        told=math.fsum(chances),
        observed=so,
        n=len(known),
    )


def in_groups(raised: Iterable[Raised], by: str) -> Mapping[Claim, tuple[GroupScore, ...]]:
    """Return each kind of signal parted by a group, small groups hidden.

    Only answered signals count, and only kinds that have enough of them to be told at all stand
    here: their total is shown elsewhere, and what is hidden cannot be had by subtraction from it.

    Parameters
    ----------
    raised
        Signals with their groups.
    by
        Name of the group, such as “modality”; signals that lack it are left out together as “”.
    """
    found: dict[Claim, tuple[GroupScore, ...]] = {}
    for claim, of_claim in by_claim(raised).items():
        if claim in FACTS or not precision(of_claim).is_told:
            continue
        parts: dict[str, list[Raised]] = {}
        for one in of_claim:
            if one.resolved:
                parts.setdefault(one.groups.get(by, ""), []).append(one)
        found[claim] = _group_scores(parts)
    return found


def _group_scores(parts: Mapping[str, Sequence[Raised]]) -> tuple[GroupScore, ...]:
    behind = {
        name: Behind(
            clients=frozenset(one.client for one in held),
            therapists=frozenset(one.therapist for one in held),
        )
        for name, held in parts.items()
    }
    hidden = hidden_groups(behind, least_clients=LEAST_CLIENTS)
    return tuple(
        GroupScore(
            group=name,
            precision=None if name in hidden else precision(parts[name]),
            hidden=hidden.get(name),
        )
        for name in sorted(parts)
    )
