"""Who is in the demonstration: the simulated clients, and the parts some of them play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from openalliance.core.course import Signal, SignalKind, fold
from openalliance.core.simulation import Attendance, Cohort, observations
from openalliance.site.records.checkins.convert import OWN_OUTCOME, working_settings


class Part(StrEnum):
    """What is special about a client right now."""

    CHECK_IN = "check-in"
    CHECK_OUT = "check-out"
    TOGETHER = "together"
    SPANISH = "spanish"
    REPAIR = "repair"
    SAFETY = "safety"
    LOOKING_BACK = "looking-back"


STORIES = {
    Part.CHECK_IN: "A check-in is waiting before the next session.",
    Part.CHECK_OUT: "Has just come out of a session: the check-out is waiting, and the"
    " therapist’s own is already in and sealed.",
    Part.TOGETHER: "Is in a session at this moment: both can look at one screen.",
    Part.SPANISH: "Speaks Spanish. A check-in and a proposal for the plan are waiting.",
    Part.REPAIR: "Something got difficult between the two, and they found their way back.",
    Part.SAFETY: "Marked the question about safety in today’s check-in.",
    Part.LOOKING_BACK: "Therapy ended as planned some weeks ago; the course can be looked back on.",
}
_LEAST_BEFORE = 5
_UNSUITED = -1.0
_ANY_DAY = date(2000, 1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A part, who plays it (index in the cohort) and the session that is now or next."""

    part: Part
    client: int
    session: int


def choose(cohort: Cohort) -> dict[int, Role]:
    """Give out the parts, each to the client whose simulated therapy suits it best.

    A small cohort plays as many parts as it has clients, and leaves out what nobody is suited for.
    """
    roles: dict[int, Role] = {}
    for part, fit in _FITS.items():
        free = [client for client in range(cohort.clients) if client not in roles]
        if not free:
            break
        suited, client, session = _best(cohort, free, fit)
        if suited > _UNSUITED:
            roles[client] = Role(part=part, client=client, session=session)
    return roles


Fit = Callable[[Cohort, int, int], float]


def _best(cohort: Cohort, free: Sequence[int], fit: Fit) -> tuple[float, int, int]:
    held = cohort.held
    options = [
        (fit(cohort, client, session), min(session, _LEAST_BEFORE + 4), -client, session)
        for client in free
        for session in range(min(_LEAST_BEFORE, int(held[client]) - 1), int(held[client]))
    ]
    suited, _length, client, session = max(options)
    return suited, -client, session


def _goes_on(cohort: Cohort, client: int, session: int) -> float:
    return float(session < int(cohort.held[client]) - 1)


def _was_held(cohort: Cohort, client: int, session: int) -> float:
    attended = cohort.attendance[client, session] == Attendance.ATTENDED
    check_in = not np.isnan(cohort.check_in[client, session, 0])
    check_out = not np.isnan(cohort.check_out_therapist[client, session, 0])
    return float(attended) + check_in + check_out + _goes_on(cohort, client, session)


def _repaired(cohort: Cohort, client: int, session: int) -> float:
    """Prefer who was found to have had a rupture and its repair, not only in the hidden truth."""
    if not cohort.truth.repaired[client].any():
        return _UNSUITED
    found = {one.kind: one.session or 0 for one in _signals(cohort, client)}
    repaired = found.get(SignalKind.REPAIR)
    if SignalKind.RUPTURE not in found or repaired is None or repaired > session:
        return _UNSUITED
    return _goes_on(cohort, client, session)


def _signals(cohort: Cohort, client: int) -> tuple[Signal, ...]:
    return fold(observations(cohort, client, _ANY_DAY), working_settings(*OWN_OUTCOME)).signals


def _answered(cohort: Cohort, client: int, session: int) -> float:
    return float(not np.isnan(cohort.check_in[client, session, 0])) + _goes_on(
        cohort, client, session
    )


def _complete(cohort: Cohort, client: int, session: int) -> float:
    is_last = session == int(cohort.held[client]) - 1
    return float(is_last) + float(cohort.ending[client] == 1) + session / 100


_FITS: dict[Part, Fit] = {  # the rarest first
    Part.REPAIR: _repaired,
    Part.CHECK_IN: _goes_on,
    Part.CHECK_OUT: _was_held,
    Part.TOGETHER: _was_held,
    Part.SPANISH: _goes_on,
    Part.SAFETY: _answered,
    Part.LOOKING_BACK: _complete,
}
