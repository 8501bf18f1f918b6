"""What became of each client: kept, grown, lost, or not known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from openalliance.core.course.maintenance.panel import FollowUp, reaches
from openalliance.core.course.maintenance.survival import Relapses
from openalliance.core.estimation.proportions import Proportion, wilson


class Fate(StrEnum):
    """Where a client stands at the last wave answered, against the ending."""

    KEPT = "kept"
    GROWN = "grown"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFate:
    """One client.

    Parameters
    ----------
    fate
        By the change since the ending; exactly the limit counts as a change.
    answers
        Follow-up waves answered.
    last_wave, last_score, change
        Last wave answered, in months, its score, and that less the ending's; ``nan`` without.
    relapse_wave
        Wave that saw the relapse; ``nan`` where none was seen.
    """

    fate: Fate
    answers: int
    ending: float
    last_wave: float
    last_score: float
    change: float
    relapse_wave: float


def fates(panel: FollowUp, found: Relapses, *, limit: float) -> tuple[ClientFate, ...]:
    """Say of each client what was kept at the last wave answered."""
    answers = panel.answered[:, 1:].sum(axis=1)
    last = np.where(panel.answered, np.arange(panel.waves.size), 0).max(axis=1)
    each = np.arange(panel.n)
    score, worse = panel.scores[each, last], panel.worsening[each, last]
    lost, grown = reaches(worse, limit), reaches(-worse, limit)
    made = []
    for at in range(panel.n):
        known = bool(answers[at])
        fate = Fate.LOST if lost[at] else Fate.GROWN if grown[at] else Fate.KEPT
        made.append(
            ClientFate(
                fate=fate if known else Fate.UNKNOWN,
                answers=int(answers[at]),
                ending=float(panel.ending[at]),
                last_wave=float(panel.waves[last[at]]) if known else math.nan,
                last_score=float(score[at]) if known else math.nan,
                change=float(score[at] - panel.ending[at]) if known else math.nan,
                relapse_wave=float(found.time[at]) if found.relapsed[at] else math.nan,
            )
        )
    return tuple(made)


def summary(clients: tuple[ClientFate, ...], *, confidence: float) -> dict[Fate, Proportion]:
    """Count fates: unknown among all, the others among those who answered at all."""
    counts = {fate: sum(one.fate is fate for one in clients) for fate in Fate}
    known = len(clients) - counts[Fate.UNKNOWN]
    return {
        fate: wilson(count, len(clients) if fate is Fate.UNKNOWN else known, confidence=confidence)
        for fate, count in counts.items()
    }
