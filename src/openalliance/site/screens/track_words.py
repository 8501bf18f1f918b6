"""How often signals were so, in one plain sentence; for staff, in English."""

from __future__ import annotations

from collections.abc import Mapping

from openalliance.core.course import Method
from openalliance.core.course.claims import FACTS, LEAST_RESOLVED, Answer, Claim, Precision
from openalliance.core.estimation.proportions import Proportion

ANSWERS = (
    (Answer.YES.value, "Yes"),
    (Answer.PARTLY.value, "Partly"),
    (Answer.NO.value, "No"),
    (Answer.CANNOT_SAY.value, "Can’t say"),
)


def track_record(claim: Claim, known: Mapping[Claim, Precision]) -> str:
    """Return how often such signals were so in this practice; nothing for plain facts."""
    if claim in FACTS:
        return ""
    found = known.get(claim)
    if found is None:
        return (
            "How often such signals were right here is not told: it would show the figures of one"
            " colleague."
        )
    if not found.is_told:
        answered = min(found.resolved, LEAST_RESOLVED)
        return (
            "How often such signals are right in this practice is not known yet"
            f" ({answered} of {LEAST_RESOLVED} answers)."
        )
    share = found.share
    return (
        f"In this practice {share.count} of {share.n} such signals were confirmed"
        f" ({per_cent(share.value)} %; 95 % interval {per_cent(share.low)} to"
        f" {per_cent(share.high)} %)."
    )


def with_interval(share: Proportion) -> str:
    """Return a share with its 95 % interval, such as “78 %, 55–91 %”."""
    return f"{per_cent(share.value)} %, {per_cent(share.low)}–{per_cent(share.high)} %"


def per_cent(value: float) -> str:
    """Return a share in whole per cent."""
    return f"{100.0 * value:.0f}"


def method_name(method: str) -> str:
    """Return what the explanation pages call a method; for staff, in English."""
    return {
        Method.LOCAL_LEVEL: "local-level filter",
        Method.CUSUM: "cumulative sum of surprises",
        Method.TRAJECTORY: "expected trajectory with prediction interval",
        Method.RELIABLE_CHANGE: "reliable change (Jacobson and Truax 1991)",
        Method.NORMAL_GAP: "gap of both levels against the published usual gap",
        Method.SAFETY_ITEM: "the answer itself",
        Method.COUNT: "a count",
    }[Method(method)]
