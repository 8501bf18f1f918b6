"""Regression of a yes or no: logit or complementary log-log, plain or penalised.

Maximum likelihood by Fisher scoring on orthonormal columns, until the next step would be less than
1e-10 of a standard error. Where the data separate (some rows are predicted without error, so that
a coefficient has no finite estimate) this is proven by a direction along which the likelihood only
rises; the fit returned is then the limit: infinite coefficients as infinite, the others as exact
as ever.

References
----------
McCullagh, P., & Nelder, J. A. (1989). *Generalized linear models* (2nd ed.). Chapman & Hall.

Albert, A., & Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic
regression models. *Biometrika, 71*, 1-10. https://doi.org/10.1093/biomet/71.1.1

Geyer, C. J. (2009). Likelihood inference in exponential families and directions of recession.
*Electronic Journal of Statistics, 3*, 259-289. https://doi.org/10.1214/08-EJS349

Firth, D. (1993). Bias reduction of maximum likelihood estimates. *Biometrika, 80*, 27-38.

Kosmidis, I., & Firth, D. (2021). Jeffreys-prior penalty, finiteness and shrinkage in
binomial-response generalized linear models. *Biometrika, 108*, 71-82.
https://doi.org/10.1093/biomet/asaa052
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.estimation.ascent import Found, Problem, ascend, moved, reduced, spanned
from openalliance.core.estimation.links import Link, pieces, probability

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ALIASED = 1e-9  # share of a column that the columns before it leave unexplained


@dataclass(frozen=True, slots=True, kw_only=True)
class Firth:
    """Penalty by Jeffreys' prior: every coefficient is finite and nearly without bias."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """Penalty ``strength / 2 · coefficient²`` on the named columns (all when there are none).

    It is a normal prior with mean 0 and variance ``1 / strength``.
    """

    strength: float
    columns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.strength < math.inf:
            raise InputError("a ridge is a positive number", where="strength")


Penalty = Firth | Ridge


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryFit:
    """A fitted regression of a yes or no; ``p`` columns, ``n`` rows.

    Parameters
    ----------
    coefficients
        Shape ``(p,)``; infinite where the data separate, ``nan`` where they then leave it open.
    covariance
        Shape ``(p, p)``; inverse of the expected information (with the ridge, if any);
        ``nan`` for coefficients without a finite estimate.
    loglik
        Log-likelihood without the penalty; when separated its upper limit.
    fitted
        Shape ``(n,)``, probabilities.
    converged
        Whether the last step was small enough.
    separated
        Whether some coefficient has no finite estimate.
    base, directions
        A finite point on the way and the directions ``(d, p)`` in which the coefficients run away,
        the first the strongest.
    """

    coefficients: Floats
    covariance: Floats
    loglik: float
    fitted: Floats
    link: Link
    penalty: Penalty | None
    iterations: int
    converged: bool
    separated: bool
    base: Floats
    directions: Floats
    n_rows: int
    n_events: int

    @property
    def standard_errors(self) -> Floats:
        """Return the square roots of the covariance's diagonal."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def linear_predictor(self, design: ArrayLike, offset: ArrayLike | None = None) -> Floats:
        """Return the linear predictor of new rows; infinite where the fit is certain."""
        rows = np.asarray(design, dtype=np.float64)
        eta = rows @ self.base + (0.0 if offset is None else np.asarray(offset, dtype=np.float64))
        for direction in self.directions[::-1]:
            shift = rows @ direction
            size = np.abs(rows) @ np.abs(direction)
            eta = np.where(
                np.abs(shift) > 1e-8 * np.maximum(size, 1.0), np.copysign(np.inf, shift), eta
            )
        return eta

    def predict(self, design: ArrayLike, offset: ArrayLike | None = None) -> Floats:
        """Return the probabilities of new rows, shape ``(m,)``."""
        return probability(self.linear_predictor(design, offset), self.link)


def fit_binary(
    design: ArrayLike,
    outcome: ArrayLike,
    *,
    link: str = Link.LOGIT,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    penalty: Penalty | None = None,
    terms: Sequence[str] | None = None,
    start: ArrayLike | None = None,
) -> BinaryFit:
    """Fit a regression of a yes or no.

    Parameters
    ----------
    design
        Shape ``(n, p)``, the design with its intercept if there is to be one; no missing values.
    outcome
        Shape ``(n,)``, 0 or 1.
    link
        ``logit`` or ``cloglog``.
    weights
        Shape ``(n,)``, how often each row counts.
    offset
        Shape ``(n,)``, added to the linear predictor.
    penalty
        `Firth`, `Ridge` or none.
    terms
        Names of the columns, for messages.
    start
        Shape ``(p,)``, where to begin; saves steps when many alike are fitted.

    Returns
    -------
    BinaryFit

    Raises
    ------
    InputError
        If shapes or values do not fit, a column is a combination of those before it, or
        all outcomes are the same (an intercept then has no finite estimate).

    Examples
    --------
    >>> fit = fit_binary([[1, 0], [1, 0], [1, 1], [1, 1]], [0, 1, 1, 1], penalty=Firth())
    >>> [round(abs(float(value)), 3) for value in fit.coefficients]
    [0.0, 1.609]
    """
    columns, problem = _checked(design, outcome, weights=weights, offset=offset)
    problem = replace(problem, link=Link(link), firth=isinstance(penalty, Firth))
    into = orthonormal(columns, np.sqrt(problem.weights), terms)
    ridge = _ridge(penalty, columns.shape[1])
    problem = replace(problem, columns=columns @ into, ridge=into.T @ ridge @ into)
    begin: Floats | None = None
    if start is not None:
        wanted = np.linalg.solve(into, np.asarray(start, dtype=np.float64))
        begin = np.asarray(wanted, dtype=np.float64)
    found = ascend(problem, begin)
    base, directions = found.point, []
    iterations, active = found.iterations, np.ones(columns.shape[0], dtype=np.bool_)
    kept = np.eye(base.size)
    while found.recession is not None:
        directions.append(kept @ found.recession)
        active &= ~moved(problem.columns, directions[-1])
        kept = spanned(problem.columns[active])
        found = ascend(reduced(problem, active, kept), None)
        base, iterations = kept @ found.point, iterations + found.iterations
    return _finished(
        problem, found, penalty, into=into, kept=kept, base=base,
        directions=np.array(directions).reshape(-1, base.size), iterations=iterations,
    )  # fmt: skip


def _checked(
    design: ArrayLike, outcome: ArrayLike, *, weights: ArrayLike | None, offset: ArrayLike | None
) -> tuple[Floats, Problem]:
    rows, seen = np.asarray(design, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if rows.ndim != 2 or seen.shape != rows.shape[:1] or rows.size == 0:
        raise InputError("needs rows by columns, and one outcome a row", where="design, outcome")
    n = seen.size
    times = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    added = np.zeros(n) if offset is None else np.asarray(offset, dtype=np.float64)
    if times.shape != (n,) or added.shape != (n,):
        raise InputError("needs one value a row", where="weights, offset")
    if not (np.isfinite(rows).all() and np.isfinite(added).all()):
        raise InputError("a value is missing or infinite", where="design, offset")
    if not (np.isfinite(times).all() and (times >= 0.0).all() and times.any()):
        raise InputError("weights are finite, at least 0 and not all 0", where="weights")
    if not ((seen == 0.0) | (seen == 1.0)).all():
        raise InputError("the outcome is 0 or 1", where="outcome")
    counted = seen[times > 0.0]
    if (counted == counted[0]).all():
        raise InputError(
            "all outcomes are the same, so there is nothing to tell apart", where="outcome"
        )
    return rows, Problem(
        columns=rows, outcome=seen, weights=times, offset=added, link=Link.LOGIT,
        firth=False, ridge=np.zeros((0, 0)),
    )  # fmt: skip


def orthonormal(design: Floats, root: Floats, terms: Sequence[str] | None) -> Floats:
    """Return the matrix that makes the columns orthonormal, or say which one is superfluous."""
    weighted = design * root[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->j", weighted, weighted))
    if (lengths == 0.0).any():
        raise InputError(
            _of_column(terms, int(np.argmin(lengths))) + " is 0 throughout", where="design"
        )
    weighted = weighted / lengths
    cross = weighted.T @ weighted
    try:
        triangle = np.linalg.cholesky(cross).T
        quick = float(np.diag(triangle).min()) > 1e-3
    except np.linalg.LinAlgError:
        quick = False
    if not quick:
        if design.shape[0] < design.shape[1]:
            raise InputError("there are more columns than rows", where="design")
        triangle = np.asarray(np.linalg.qr(weighted, mode="r"))
        left = np.abs(np.diag(triangle))
        if (left < _ALIASED).any():
            raise InputError(
                _of_column(terms, int(np.argmax(left < _ALIASED)))
                + " follows from the columns before it (it never varies, or repeats them)",
                where="design",
            )
    rows = math.sqrt(float(np.sum(root**2)))
    inverse = np.linalg.solve(triangle, np.eye(triangle.shape[0]))
    return np.asarray(rows * inverse / lengths[:, None])


def _of_column(terms: Sequence[str] | None, column: int) -> str:
    return f"column {column + 1}" if terms is None else f"“{terms[column]}”"


def _ridge(penalty: Penalty | None, size: int) -> Floats:
    strength = np.zeros(size)
    if isinstance(penalty, Ridge):
        strength[list(penalty.columns) or slice(None)] = penalty.strength
    return np.diag(strength)


def _finished(
    problem: Problem, found: Found, penalty: Penalty | None, *, into: Floats, kept: Floats,
    base: Floats, directions: Floats, iterations: int,
) -> BinaryFit:  # fmt: skip
    inner = _inverse(found.information)
    covariance = into @ kept @ inner @ kept.T @ into.T
    back, away = into @ base, directions @ into.T
    coefficients = back.copy()
    lost = np.eye(base.size) - kept @ kept.T
    open_to = np.linalg.norm(into @ lost, axis=1) > 1e-8 * np.linalg.norm(into, axis=1)
    if open_to.any():
        first = np.array([_first_sign(away[:, j]) for j in range(base.size)])
        infinite = np.where(first == 0.0, np.nan, np.copysign(np.inf, first))
        coefficients = np.where(open_to, infinite, back)
        covariance = np.where(open_to[:, None] | open_to[None, :], np.nan, covariance)
    n, events = problem.outcome.size, float(problem.weights @ problem.outcome)
    fit = BinaryFit(
        coefficients=coefficients, covariance=covariance, loglik=0.0, fitted=np.zeros(n),
        link=problem.link, penalty=penalty, iterations=iterations, converged=found.converged,
        separated=directions.shape[0] > 0, base=back, directions=away, n_rows=n,
        n_events=round(events),
    )  # fmt: skip
    eta = problem.columns @ base + problem.offset
    certain = np.zeros(n, dtype=np.bool_)
    for direction in directions:
        certain |= moved(problem.columns, direction)
    last = pieces(eta, problem.outcome, problem.link)
    fitted = np.where(certain, problem.outcome, last.probability)
    each = np.where(certain, 0.0, last.loglik)
    return replace(fit, fitted=fitted, loglik=float(problem.weights @ each))


def _inverse(information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(information, math.nan)


def _first_sign(values: Floats) -> float:
    """Return the first entry that is not zero: the strongest direction decides."""
    size = float(np.abs(values).max()) if values.size else 0.0
    for value in values:
        if abs(value) > 1e-9 * max(size, 1e-300) and size > 0.0:
            return float(value)
    return 0.0
