"""Very large cohorts, one row per session, in blocks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from openalliance.core.simulation.calibration import SimulationSettings
from openalliance.core.simulation.cohort import Attendance
from openalliance.core.simulation.long import Columns
from openalliance.core.simulation.simulate import simulate

BLOCK = 10_000
"""Clients made at a time."""

SESSION_COLUMNS = ("client", "session", "day", "outcome", "alliance_client", "alliance_therapist")


def session_blocks(
    settings: SimulationSettings, rng: Generator, *, block: int = BLOCK
) -> Iterator[Columns]:
    """Make up a cohort's sessions, block by block of clients.

    Every block has its own therapists, ``settings.therapists`` of them.

    Parameters
    ----------
    settings
        Size and models.
    rng
        Source of all chance.
    block
        Clients made at a time; memory grows with it, not with the cohort.

    Yields
    ------
    dict
        Columns `SESSION_COLUMNS`, ordered by client (from 1) and session (from 1): ``day`` counts
        from the cohort's beginning, scores and ratings are ``nan`` where not given.

    Examples
    --------
    >>> cohort = SimulationSettings(clients=5)
    >>> [rows["client"].max() for rows in session_blocks(cohort, np.random.default_rng(1), block=3)]
    [3, 5]
    """
    for first in range(0, settings.clients, block):
        clients = min(block, settings.clients - first)
        cohort = simulate(replace(settings, clients=clients), rng)
        number, session = np.nonzero(cohort.attendance != Attendance.NONE)
        client, therapist = cohort.alliance()
        yield {
            "client": (number + first + 1).astype(np.int32),
            "session": (session + 1).astype(np.int32),
            "day": cohort.day[number, session].astype(np.int32),
            "outcome": cohort.life()[number, session],
            "alliance_client": client[number, session],
            "alliance_therapist": therapist[number, session],
        }
