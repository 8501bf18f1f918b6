"""A simulated cohort: what a practice would see, and the truth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LIFE_ITEMS = ("days", "energy", "people", "doing", "coping")
CHECK_IN_ITEMS = (*LIFE_ITEMS, "tasks", "safety")
CHECK_OUT_ITEMS = ("safe", "understood", "goals", "tasks", "pace", "honest")


class Attendance(IntEnum):
    """What became of a session; ``NONE`` after the episode's end."""

    NONE = 0
    ATTENDED = 1
    CANCELLED = 2
    NO_SHOW = 3


class EndingKind(IntEnum):
    """How an episode ended."""

    PLANNED = 1
    UNPLANNED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What no practice sees. Shapes: n clients, s sessions, 6 follow-ups.

    Parameters
    ----------
    alliance_client, alliance_therapist, outcome
        (n, s) latent values on 0 to 10 scales before the ceiling; also after the episode's end.
    rupture_began, rupture_open, repaired
        (n, s) where a rupture begins, lasts, and is repaired.
    rupture_depth
        (n, s) points below the client's usual level while open.
    gain
        (n, s) where a sudden gain arrives.
    therapist_effect
        (therapists,) on the rate of improvement, in SDs.
    after
        (n, 6) latent outcome at each follow-up.
    """

    alliance_client: Floats
    alliance_therapist: Floats
    outcome: Floats
    rupture_began: Flags
    rupture_open: Flags
    repaired: Flags
    rupture_depth: Floats
    gain: Flags
    therapist_effect: Floats
    after: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What the practice sees. Responses are whole numbers, ``nan`` where not answered.

    Parameters
    ----------
    therapist
        (n,) index of each client's therapist.
    day
        (n, s) days since the cohort's beginning at which each session was due.
    attendance
        (n, s) `Attendance`.
    ending
        (n,) `EndingKind`.
    check_in
        (n, s, 7) responses to `CHECK_IN_ITEMS`.
    check_out_client, check_out_therapist
        (n, s, 6) responses to `CHECK_OUT_ITEMS`.
    follow_up
        (n, 6, 5) responses to `LIFE_ITEMS` at 1, 3, 6, 12, 24 and 60 months.
    truth
        What lies behind.
    """

    therapist: NDArray[np.int64]
    day: NDArray[np.int64]
    attendance: NDArray[np.int8]
    ending: NDArray[np.int8]
    check_in: Floats
    check_out_client: Floats
    check_out_therapist: Floats
    follow_up: Floats
    truth: Truth

    def __post_init__(self) -> None:
        for name in (
            "therapist", "day", "attendance", "ending",
            "check_in", "check_out_client", "check_out_therapist", "follow_up",
        ):  # fmt: skip
            getattr(self, name).flags.writeable = False

    @property
    def clients(self) -> int:
        """Number of clients."""
        return int(self.therapist.size)

    @property
    def held(self) -> NDArray[np.int64]:
        """(n,) sessions due before the episode ended."""
        return np.asarray((self.attendance != Attendance.NONE).sum(axis=1), dtype=np.int64)

    def life(self) -> Floats:
        """(n, s) observed outcome: mean of the life items."""
        return np.asarray(self.check_in[:, :, : len(LIFE_ITEMS)].mean(axis=2))

    def alliance(self) -> tuple[Floats, Floats]:
        """(n, s) observed alliance, client's and therapist's: mean of the items."""
        return self.check_out_client.mean(axis=2), self.check_out_therapist.mean(axis=2)
