"""From what happened in therapies to a drop-out model of a practice, and back to one client.

A period is a session that took place. What is known shortly after it (how the client rates the
alliance, how far the outcome has moved, how many of the latest appointments they missed) is set
against whether they then left without it being planned. A running therapy's latest session is no
row: how it goes on is not known yet. A therapy that was handed over is followed until then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.random import Generator

from openalliance.core.course.dropout.baseline import Shape, baseline_for
from openalliance.core.course.dropout.hazard import design_for, fit_hazard
from openalliance.core.course.dropout.model import DropOutModel, NoRisk, Risk, model_of
from openalliance.core.course.dropout.model import minimum_events as needed_for
from openalliance.core.course.dropout.periods import Ending, PersonPeriods
from openalliance.core.course.dropout.validation import IMPLAUSIBLE_AUC, Validation, validate
from openalliance.core.errors import InputError
from openalliance.core.estimation.calibration import CalibrationBin, calibration
from openalliance.core.estimation.logistic import Firth

KNOWN_AFTER = timedelta(days=3)
"""How long after a session its forms come in; what is known then foretells whether they return."""

LATEST = 4
"""Appointments among which missed ones are counted."""

ALLIANCE, CHANGE, MISSED = "alliance", "change", "missed"
NAMES = (ALLIANCE, CHANGE, MISSED)
NEEDED = needed_for(len(NAMES) + 1)
"""Drop-outs needed: the baseline is a line over the logarithm of the session's number."""

CHANCE = 0.5
GROUPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One therapy so far.

    Parameters
    ----------
    sessions
        When those began that took place, rising.
    missed
        When appointments were that the client called off or did not come to.
    alliance
        The client's ratings and when they came.
    outcome
        Scores, and when they came, in units of reliable change with better ones higher.
    ending
        How it ended; ``NONE`` for one that is running or was handed over.
    """

    sessions: tuple[datetime, ...]
    missed: tuple[datetime, ...] = ()
    alliance: tuple[tuple[datetime, float], ...] = ()
    outcome: tuple[tuple[datetime, float], ...] = ()
    ending: Ending = Ending.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeModel:
    """A model fitted to a practice's own therapies, with what it is worth."""

    model: DropOutModel
    curve: tuple[CalibrationBin, ...]
    therapies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoModel:
    """Why a practice has no model of its own."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a model says of one client today, beside the average client after as many sessions."""

    risk: Risk
    usual: float
    session: int


def fit_practice(histories: Iterable[History], *, rng: Generator) -> PracticeModel | NoModel:
    """Fit a practice's own model and judge it on clients left out.

    Parameters
    ----------
    histories
        All therapies of the practice.
    rng
        Deals clients to the parts of the cross-validation.

    Returns
    -------
    PracticeModel or NoModel
        The latter where too few left, or who leaves cannot be foretold better than by chance, or
        suspiciously well.
    """
    all_rows = [(n, row) for n, one in enumerate(histories) for row in rows_of(one)]
    left = sum(ending is Ending.DROP_OUT for _n, (_k, _values, ending) in all_rows)
    if left < NEEDED:
        return NoModel(
            reason=f"{NEEDED} therapies that ended unplanned are needed to learn from,"
            f" there are {left}"
        )
    periods = PersonPeriods(
        client=np.array([n for n, _row in all_rows], dtype=np.int64),
        period=np.log([k for _n, (k, _values, _ending) in all_rows]),
        ending=np.array([int(ending) for _n, (_k, _values, ending) in all_rows], dtype=np.int64),
    )
    values = np.array([values for _n, (_k, values, _ending) in all_rows])
    # What is the same with everybody tells nobody apart.
    varies = np.ptp(values, axis=0) > 0.0
    names = [name for name, one in zip(NAMES, varies, strict=True) if one]
    try:
        baseline = baseline_for(periods, Shape.LINEAR, name="session")
        design = design_for(periods, values[:, varies], names, baseline=baseline)
        fit = fit_hazard(periods, design, penalty=Firth())
        validation = validate(periods, fit, rng=rng, penalty=Firth())
    except InputError as fault:
        return NoModel(reason=fault.what)
    reason = "the calculation did not settle" if not fit.converged else _doubt(validation)
    if reason:
        return NoModel(reason=reason)
    model = model_of(
        fit, n_events=periods.n_events, n_clients=periods.n_clients, needed=NEEDED,
        validation=validation,
    )  # fmt: skip
    return PracticeModel(
        model=model,
        curve=_groups(periods, validation),
        therapies=periods.n_clients,
    )


def estimate(model: DropOutModel, history: History) -> Estimate | NoRisk:
    """Return the probability that the client does not come back after their latest session.

    Returns
    -------
    Estimate or NoRisk
        The latter before the first session or the first rating.
    """
    rows = tuple(rows_of(history, running=True))
    if not rows or rows[-1][0] != len(history.sessions):
        return NoRisk(reason="There is no rating of the alliance by the client yet.")
    k, values, _ending = rows[-1]
    at = math.log(k)
    risk = model.risk(dict(zip(NAMES, values, strict=True)), period=at)
    usual = model.risk(dict(zip(model.covariates, model.means, strict=True)), period=at)
    if isinstance(risk, NoRisk) or isinstance(usual, NoRisk):
        return risk if isinstance(risk, NoRisk) else NoRisk(reason="There is no average to show.")
    return Estimate(risk=risk, usual=usual.probability, session=k)


def rows_of(
    history: History, *, running: bool = False
) -> Iterable[tuple[int, tuple[float, float, float], Ending]]:
    """Yield number of the session, what is known after it, and what came of it.

    Sessions before the client's first rating of the alliance are left out. With ``running`` the
    latest session is asked about, whatever came of it.

    Examples
    --------
    >>> start, week = datetime(2026, 1, 5), timedelta(weeks=1)
    >>> one = History(
    ...     sessions=(start, start + week), missed=(start + 2 * week,),
    ...     alliance=((start + timedelta(hours=1), 8.0),), ending=Ending.DROP_OUT,
    ... )
    >>> [(k, values, ending.name) for k, values, ending in rows_of(one)]
    [(1, (8.0, 0.0, 0.0), 'NONE'), (2, (8.0, 0.0, 0.0), 'DROP_OUT')]
    """
    last = len(history.sessions)
    for k, session in enumerate(history.sessions, start=1):
        if k == last and history.ending is Ending.NONE and not running:
            return
        known = session + KNOWN_AFTER
        rated = _latest(history.alliance, known)
        if rated is None:
            continue
        ending = history.ending if k == last else Ending.NONE
        values = (rated, _change(history.outcome, known), _missed(history, known))
        yield k, values, ending


def _latest(series: Sequence[tuple[datetime, float]], known: datetime) -> float | None:
    seen = [(at, value) for at, value in series if at <= known]
    return max(seen, key=lambda one: one[0])[1] if seen else None


def _change(series: Sequence[tuple[datetime, float]], known: datetime) -> float:
    seen = sorted((at, value) for at, value in series if at <= known)
    return seen[-1][1] - seen[0][1] if seen else 0.0


def _missed(history: History, known: datetime) -> float:
    kept = [(at, 0.0) for at in history.sessions if at <= known]
    gone = [(at, 1.0) for at in history.missed if at <= known]
    return sum(missed for _at, missed in sorted([*kept, *gone])[-LATEST:])


def _groups(periods: PersonPeriods, validation: Validation) -> tuple[CalibrationBin, ...]:
    """Return few groups with many sessions each: leaving is rare."""
    told = np.isfinite(validation.hazard)
    return calibration(
        validation.hazard[told], periods.dropped_out[told], clusters=periods.client[told],
        bins=GROUPS,
    ).curve  # fmt: skip


def _doubt(validation: Validation) -> str:
    found = validation.performance.auc
    if not found.low > CHANCE:
        return "with clients left out, who leaves could not be foretold better than by chance"
    if found.value > IMPLAUSIBLE_AUC:
        return "it foretells suspiciously well: look at how endings are entered"
    return ""
