"""Cox regression for ``analyse dropout --model cox``, with lifelines and Efron's ties.

lifelines is loaded only here, when it is asked for: it takes seconds. Its likelihood is checked
against our own, and the baseline hazard, which it computes with other ties, is ours.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.dropout import Term
from openalliance.core.course.dropout.cox import (
    cumulative_hazard,
    partial_loglik,
    robust_covariance,
)
from openalliance.core.course.probability import normal_cdf
from openalliance.core.errors import InputError
from openalliance.core.estimation.logistic import orthonormal

Floats = NDArray[np.float64]
_PRECISION = 1e-12
_SLACK = 1e-9
_CLEARLY = 0.05
"""Drop of the log-likelihood one standard error away; about 0.5 where it is regular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """Coefficients and the cumulative hazard of a client whose covariates are at their means.

    ``robust_errors`` count clients instead of rows.
    """

    terms: tuple[Term, ...]
    robust_errors: Floats
    loglik: float
    loglik_null: float
    times: Floats
    cumulative: Floats
    converged: bool

    @property
    def likelihood_ratio(self) -> float:
        """Return twice the gain in log-likelihood over no covariates."""
        return 2.0 * (self.loglik - self.loglik_null)

    def at(self, times: Floats) -> CoxFit:
        """Return the same fit with other names for its times."""
        return replace(self, times=times)


def fit_cox(
    *,
    client: NDArray[np.int64],
    start: Floats,
    stop: Floats,
    event: Floats,
    covariates: Floats,
    names: Sequence[str],
) -> CoxFit:
    """Fit a Cox regression to start-stop rows, ties by Efron's method.

    Parameters
    ----------
    client, start, stop, event
        Shape ``(n,)``: who, from when, until when, and 1 if the row ends with dropping out.
    covariates, names
        Shape ``(n, p)`` and the names of the columns; at least one.

    Raises
    ------
    InputError
        If nobody drops out, there is no covariate, covariates are collinear, a row does not start
        before it stops, or the estimation fails.
    """
    if not names:
        raise InputError("a Cox model needs at least one covariate", where="covariates")
    orthonormal(
        np.column_stack([np.ones(client.size), covariates]),
        np.ones(client.size),
        ["Intercept", *names],
    )
    gone = event == 1.0
    estimates, covariance = _by_library(client, start, stop, event, covariates)
    centred = covariates - covariates.mean(axis=0)

    def likelihood(point: Floats) -> float:
        with np.errstate(all="ignore"):  # far out, where no maximum is
            return partial_loglik(centred @ point, start=start, stop=stop, event=gone)

    null = likelihood(np.zeros(estimates.size))
    if not _at_top(likelihood, estimates, np.sqrt(np.diag(covariance))):
        return _without_maximum(names, null)
    robust = robust_covariance(
        covariates, estimates, covariance, client=client, start=start, stop=stop, event=gone
    )
    times, cumulative = cumulative_hazard(centred @ estimates, start=start, stop=stop, event=gone)
    return CoxFit(
        terms=tuple(
            _term(name, float(estimate), float(error))
            for name, estimate, error in zip(
                names, estimates, np.sqrt(np.diag(covariance)), strict=True
            )
        ),
        robust_errors=np.sqrt(np.diag(robust)),
        loglik=likelihood(estimates),
        loglik_null=null,
        times=times,
        cumulative=cumulative,
        converged=True,
    )


def _without_maximum(names: Sequence[str], null: float) -> CoxFit:
    lost = math.nan
    return CoxFit(
        terms=tuple(Term(term=name, estimate=lost, se=lost, z=lost, p=lost) for name in names),
        robust_errors=np.full(len(names), lost),
        loglik=lost,
        loglik_null=null,
        times=np.zeros(0),
        cumulative=np.zeros(0),
        converged=False,
    )


def _by_library(
    client: NDArray[np.int64], start: Floats, stop: Floats, event: Floats, covariates: Floats
) -> tuple[Floats, Floats]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its warnings are replaced by our own check of the top
        import pandas as pd
        from lifelines import CoxTimeVaryingFitter
        from lifelines.exceptions import ConvergenceError

        rows = pd.DataFrame({"client": client, "start": start, "stop": stop, "event": event == 1.0})
        columns = [f"x{number}" for number in range(covariates.shape[1])]
        rows[columns] = covariates
        fitter = CoxTimeVaryingFitter()
        try:
            fitter.fit(
                rows, id_col="client", event_col="event", start_col="start", stop_col="stop",
                fit_options={"precision": _PRECISION},
            )  # fmt: skip
        except (ConvergenceError, ValueError, np.linalg.LinAlgError) as fault:
            raise InputError(
                "the Cox model cannot be estimated; a covariate may foretell all drop-outs without"
                " error",
                where="covariates",
            ) from fault
    estimates = np.asarray(fitter.params_.to_numpy(), dtype=np.float64)
    return estimates, np.asarray(fitter.variance_matrix_.to_numpy(), dtype=np.float64)


def _at_top(likelihood: Callable[[Floats], float], estimates: Floats, errors: Floats) -> bool:
    """Check that nothing near is likelier, and that a whole error to either side is less likely.

    Where a covariate foretells who leaves without error there is no maximum, and the library stops
    somewhere on the way.
    """
    top = likelihood(estimates)
    for at, error in enumerate(errors):
        for share, drop in ((0.01, -_SLACK), (1.0, _CLEARLY)):
            for side in (-share, share):
                moved = estimates.copy()
                moved[at] += side * error
                if not likelihood(moved) <= top - drop:
                    return False
    return True


def _term(name: str, estimate: float, error: float) -> Term:
    z = estimate / error if error > 0.0 else math.nan
    return Term(term=name, estimate=estimate, se=error, z=z, p=2.0 * normal_cdf(-abs(z)))
