"""Who needs a conversation first: a fixed order of reasons, never a hidden weighting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from openalliance.core.course.change import Verdict
from openalliance.core.course.states import CourseState, OutcomeState
from openalliance.core.course.values import SignalKind


class Reason(StrEnum):
    """Why a client stands where they stand, most pressing first."""

    SAFETY = "safety"
    RUPTURE = "rupture"
    HARD_TO_SAY = "hard-to-say"
    OFF_TRACK = "off-track"
    DETERIORATED = "deteriorated"
    MISSED_CHECK_INS = "missed-check-ins"
    GAP = "gap"
    REPAIR = "repair"
    IMPROVED = "improved"


_WEIGHT = {reason: 2.0 ** (len(Reason) - place) for place, reason in enumerate(Reason)}
"""Each reason outweighs all less pressing ones together."""

_OF_SIGNAL = {
    SignalKind.SAFETY: Reason.SAFETY,
    SignalKind.RUPTURE: Reason.RUPTURE,
    SignalKind.REPAIR: Reason.REPAIR,
    SignalKind.OFF_TRACK: Reason.OFF_TRACK,
    SignalKind.GAP: Reason.GAP,
    SignalKind.MISSED_CHECK_INS: Reason.MISSED_CHECK_INS,
}

HALF_WAIT_DAYS = 14.0
"""Days after which waiting counts half of what it can; among equals the longest wait is first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an episode when the caseload is put in order.

    Parameters
    ----------
    state
        The course's state, if there is one.
    waiting
        Signals not yet taken up. ``None``: unknown, and the state alone decides.
    hard_to_say_waiting
        Whether something hard to say waits to be taken up.
    waiting_since
        When the oldest of what waits arose.
    missed_check_ins
        Missed in a row from which the state alone gives a reason.
    """

    state: CourseState | None = None
    waiting: frozenset[SignalKind] | None = None
    hard_to_say_waiting: bool = False
    waiting_since: datetime | None = None
    missed_check_ins: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """Place in the caseload: a higher score is first; reasons as keys, most pressing first."""

    score: float
    reasons: tuple[str, ...] = field(default=())


def priority(facts: Facts | CourseState, now: datetime) -> Priority:
    """Order a caseload by who needs a conversation first.

    Safety, open rupture, something hard to say (asked for and then left alone, it harms), off
    track, deterioration, missed check-ins, gap; then good news worth a word. Lower reasons never
    add up to a higher one; among equal reasons the longer wait comes first.

    With ``waiting`` given, safety and gap count only while their signal waits to be taken up, so
    that talking about them settles them. An open rupture, being off track, deterioration and missed
    check-ins count as long as they last.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> facts = Facts(waiting=frozenset({SignalKind.GAP}), hard_to_say_waiting=True)
    >>> priority(facts, datetime(2026, 1, 5, tzinfo=UTC)).reasons
    ('hard-to-say', 'gap')
    """
    known = facts if isinstance(facts, Facts) else Facts(state=facts)
    present = set(_of_state(known)) | {
        _OF_SIGNAL[k] for k in known.waiting or () if k in _OF_SIGNAL
    }
    if known.hard_to_say_waiting:
        present.add(Reason.HARD_TO_SAY)
    reasons = tuple(reason for reason in Reason if reason in present)
    return Priority(
        score=sum(_WEIGHT[reason] for reason in reasons) + _wait(known, now),
        reasons=tuple(reason.value for reason in reasons),
    )


def _of_state(facts: Facts) -> Iterable[Reason]:
    state = facts.state
    if state is None:
        return
    if any(level.rupture is not None for level in state.alliance.values()):
        yield Reason.RUPTURE
    if state.outcome is not None:
        yield from _of_outcome(state.outcome, facts)
    if state.missed_in_a_row >= facts.missed_check_ins:
        yield Reason.MISSED_CHECK_INS
    if facts.waiting is None:
        if state.safety_marked:
            yield Reason.SAFETY
        if state.gap_outside:
            yield Reason.GAP


def _of_outcome(outcome: OutcomeState, facts: Facts) -> Iterable[Reason]:
    news = facts.waiting is not None and SignalKind.RELIABLE_CHANGE in facts.waiting
    if outcome.off_track:
        yield Reason.OFF_TRACK
    if outcome.verdict is Verdict.DETERIORATED:
        yield Reason.DETERIORATED
    if outcome.verdict is Verdict.IMPROVED and news:
        yield Reason.IMPROVED


def _wait(facts: Facts, now: datetime) -> float:
    since = facts.waiting_since
    if since is None and facts.state is not None:
        since = facts.state.last_at
    if since is None or now <= since:
        return 0.0
    days = (now - since).total_seconds() / 86_400.0
    return days / (days + HALF_WAIT_DAYS)
