"""What a signal claims, what people answered to it, and how often it was so in a practice.

A signal offers a conversation. When the two have talked, they may say whether there was something
to it. The share of those that were so is the signal's *precision in this practice*: it is about
signals that were talked about and answered, and not about what no signal saw.

References
----------
Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial proportion.
*Statistical Science, 16*, 101-133.

Rao, J. N. K., & Scott, A. J. (1992). A simple method for the analysis of clustered binary data.
*Biometrics, 48*, 577-585.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from openalliance.core.course.disclosure import told_to_one
from openalliance.core.course.values import Method, SignalKind, TalkAbout
from openalliance.core.errors import InputError
from openalliance.core.estimation.proportions import Proportion, clustered_wilson

LEAST_RESOLVED = 10
"""Answered signals of one kind from which their precision is told; a working value: with fewer,
the interval spans more than half of what is possible."""

LEAST_CLIENTS = 5
"""Clients that any figure shown rests on at least."""


class Answer(StrEnum):
    """Whether there was something to a signal, as the two found when they talked."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    CANNOT_SAY = "cannot-say"


CONFIRMS = frozenset({Answer.YES, Answer.PARTLY})
"""A signal says that something is worth a conversation; partly is more than nothing."""

RESOLVES = CONFIRMS | {Answer.NO}


class Claim(StrEnum):
    """What a signal says: its kind, with sudden and slow ruptures apart, and change for the better
    and for the worse.
    """

    SAFETY = "safety"
    RUPTURE = "rupture"
    SLOW_RUPTURE = "slow-rupture"
    REPAIR = "repair"
    OFF_TRACK = "off-track"
    DETERIORATED = "deteriorated"
    IMPROVED = "improved"
    GAP = "gap"
    MISSED_CHECK_INS = "missed-check-ins"


FACTS = frozenset({Claim.SAFETY, Claim.MISSED_CHECK_INS})
"""Plain answers and counts: there is nothing to be right or wrong about."""


def claim_of(kind: SignalKind | str, *, method: str, talk_about: str) -> Claim:
    """Return what a signal claims, from its kind, how it was come to and what it offers.

    Examples
    --------
    >>> claim_of("reliable-change", method="reliable-change-jt", talk_about="what-got-better")
    <Claim.IMPROVED: 'improved'>
    """
    match SignalKind(kind):
        case SignalKind.RELIABLE_CHANGE:
            better = talk_about == TalkAbout.WHAT_GOT_BETTER
            return Claim.IMPROVED if better else Claim.DETERIORATED
        case SignalKind.RUPTURE:
            return Claim.SLOW_RUPTURE if method == Method.CUSUM else Claim.RUPTURE
        case other:
            return Claim(other.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One signal that was raised, and what became of it.

    Parameters
    ----------
    claim
        What it says.
    client, therapist
        Keys that tell people apart; they are never shown.
    answer
        What the two answered; ``None`` while nobody has.
    probability
        How sure the signal was; ``None`` where it states no probability.
    groups
        By which figures may be parted, such as modality: name to value.
    """

    claim: Claim
    client: str
    therapist: str
    answer: Answer | None = None
    probability: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise InputError("a probability lies between 0 and 1", where="probability")

    @property
    def resolved(self) -> bool:
        """Whether it was answered with more than “can't say”."""
        return self.answer in RESOLVES

    @property
    def confirmed(self) -> bool:
        """Whether there was something to it, wholly or in part."""
        return self.answer in CONFIRMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often one kind of signal was so.

    Parameters
    ----------
    raised, resolved, partly, undecided
        Signals raised; answered yes, partly or no; of these partly; answered “can't say”.
    clients, therapists
        Whom the resolved signals are of.
    share
        Confirmed of resolved, with a 95 % interval that counts clients and not signals.
    """

    raised: int
    resolved: int
    partly: int
    undecided: int
    clients: int
    therapists: int
    share: Proportion

    @property
    def is_told(self) -> bool:
        """Whether there are enough to tell the share."""
        return self.resolved >= LEAST_RESOLVED and self.clients >= LEAST_CLIENTS


def precision(raised: Iterable[Raised], *, confidence: float = 0.95) -> Precision:
    """Return how often signals were so, in any order.

    Examples
    --------
    >>> said = [Answer.NO, *[Answer.YES] * 9]
    >>> seen = [
    ...     Raised(claim=Claim.GAP, client=str(n), therapist="t", answer=answer)
    ...     for n, answer in enumerate(said)
    ... ]
    >>> found = precision(seen)
    >>> found.share.count, found.share.n, found.is_told
    (9, 10, True)
    """
    known = list(raised)
    resolved = [one for one in known if one.resolved]
    confirmed: dict[str, int] = defaultdict(int)
    totals: dict[str, int] = defaultdict(int)
    for one in resolved:
        totals[one.client] += 1
        confirmed[one.client] += one.confirmed
    clients = sorted(totals)
    return Precision(
        raised=len(known),
        resolved=len(resolved),
        partly=sum(one.answer is Answer.PARTLY for one in resolved),
        undecided=sum(one.answer is Answer.CANNOT_SAY for one in known),
        clients=len(clients),
        therapists=len({one.therapist for one in resolved}),
        share=clustered_wilson(
            [confirmed[client] for client in clients],
            [totals[client] for client in clients],
            confidence=confidence,
        ),
    )


def by_claim(raised: Iterable[Raised]) -> Mapping[Claim, Sequence[Raised]]:
    """Part signals by what they claim, in the order of `Claim`; every claim is there."""
    found: dict[Claim, list[Raised]] = {claim: [] for claim in Claim}
    for one in raised:
        found[one.claim].append(one)
    return found


def told_to(person: str, raised: Iterable[Raised]) -> bool:
    """Whether a therapist may be told figures of these signals.

    With signals of exactly one colleague in them, one's own could be taken away and the colleague's
    would be left; of nobody else or of several, they could not.
    """
    return told_to_one(person, (one.therapist for one in raised if one.resolved))
