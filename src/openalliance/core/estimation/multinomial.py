"""Regression of an outcome with several kinds: multinomial logit, one kind the reference.

References
----------
McCullagh, P., & Nelder, J. A. (1989). *Generalized linear models* (2nd ed.), chapter 5. Chapman &
Hall.

Albert, A., & Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic
regression models. *Biometrika, 71*, 1-10. https://doi.org/10.1093/biomet/71.1.1
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.errors import InputError
from openalliance.core.estimation.logistic import fit_binary, orthonormal

Floats = NDArray[np.float64]

_STEP = 1e-20
_MOST_STEPS = 60
_HALVINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class MultinomialFit:
    """A fitted multinomial logit; ``k`` kinds beside the reference, ``p`` columns, ``n`` rows.

    Parameters
    ----------
    coefficients
        Shape ``(k, p)``: log-odds of each kind against the reference.
    covariance
        Shape ``(k·p, k·p)``, kinds one after the other.
    fitted
        Shape ``(n, k + 1)``, the reference first.
    separated
        Shape ``(k,)``: kinds that some rows exclude (or settle) without error, so that a
        coefficient has no finite estimate; the fit is then not converged.
    """

    coefficients: Floats
    covariance: Floats
    loglik: float
    fitted: Floats
    converged: bool
    separated: NDArray[np.bool_]
    iterations: int

    @property
    def standard_errors(self) -> Floats:
        """Return standard errors, shape ``(k, p)``."""
        return np.sqrt(np.diag(self.covariance)).reshape(self.coefficients.shape)

    def predict(self, design: ArrayLike) -> Floats:
        """Return probabilities of new rows, shape ``(m, k + 1)``, the reference first."""
        return _chances(np.asarray(design, dtype=np.float64) @ self.coefficients.T)


def fit_multinomial(
    design: ArrayLike, outcome: ArrayLike, *, terms: Sequence[str] | None = None
) -> MultinomialFit:
    """Fit a multinomial logit by maximum likelihood (Newton's method).

    Parameters
    ----------
    design
        Shape ``(n, p)``, with its intercept if there is to be one.
    outcome
        Shape ``(n,)``, whole numbers from 0, the reference; every kind up to the last occurs.
    terms
        Names of the columns, for messages.

    Raises
    ------
    InputError
        If shapes or values do not fit, a kind never occurs, or columns are collinear.
    """
    rows, kinds = np.asarray(design, dtype=np.float64), np.asarray(outcome)
    if rows.ndim != 2 or kinds.shape != rows.shape[:1] or rows.size == 0:
        raise InputError("needs rows by columns, and one outcome a row", where="design, outcome")
    if not np.isfinite(rows).all():
        raise InputError("a value is missing or infinite", where="design")
    count = int(kinds.max()) + 1
    if not np.isin(np.arange(count), kinds).all() or not np.isin(kinds, np.arange(count)).all():
        raise InputError("kinds are whole numbers from 0, and each occurs", where="outcome")
    if count < 2:
        raise InputError("all outcomes are the same", where="outcome")
    into = orthonormal(rows, np.ones(kinds.size), terms)
    columns = rows @ into
    told = (kinds[:, None] == np.arange(1, count)).astype(np.float64)
    separated = np.array([fit_binary(rows, kind).separated for kind in told.T])
    point, information, converged, iterations = _climb(columns, told, most=25 if separated.any()
                                                       else _MOST_STEPS)  # fmt: skip
    spread = np.kron(np.eye(count - 1), into)
    fitted = _chances(columns @ point.T)
    return MultinomialFit(
        coefficients=point @ into.T,
        covariance=spread @ np.linalg.pinv(information) @ spread.T,
        loglik=_loglik(columns, told, point),
        fitted=fitted,
        converged=converged and not separated.any(),
        separated=separated,
        iterations=iterations,
    )


def _climb(columns: Floats, told: Floats, *, most: int) -> tuple[Floats, Floats, bool, int]:
    shares = (told.sum(axis=0) + 0.5) / (told.shape[0] + 1.0)
    start = np.log(shares / (1.0 - shares.sum()))
    point = np.outer(start, columns.sum(axis=0) / told.shape[0])
    height = _loglik(columns, told, point)
    information = np.eye(point.size)
    for iteration in range(1, most + 1):
        chances = _chances(columns @ point.T)[:, 1:]
        gradient = ((told - chances).T @ columns).reshape(-1)
        information = _information(columns, chances)
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        share = 1.0
        if float(step @ gradient) < _STEP:
            return point + step.reshape(point.shape), information, True, iteration
        for _ in range(_HALVINGS):
            there = point + share * step.reshape(point.shape)
            reached = _loglik(columns, told, there)
            if reached >= height - 1e-13 * (1.0 + abs(height)):
                break
            share /= 2.0
        point, height = there, reached
    return point, information, False, most


def _information(columns: Floats, chances: Floats) -> Floats:
    kinds, size = chances.shape[1], columns.shape[1]
    whole = np.empty((kinds * size, kinds * size))
    for one in range(kinds):
        for other in range(one, kinds):
            weight = chances[:, one] * ((one == other) - chances[:, other])
            block = columns.T @ (columns * weight[:, None])
            rows, across = (
                slice(one * size, (one + 1) * size),
                slice(other * size, (other + 1) * size),
            )
            whole[rows, across] = block
            whole[across, rows] = block.T
    return whole


def _chances(eta: Floats) -> Floats:
    whole = np.column_stack([np.zeros(eta.shape[0]), eta])
    raised = np.exp(whole - whole.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _loglik(columns: Floats, told: Floats, point: Floats) -> float:
    eta = columns @ point.T
    top = np.maximum(eta.max(axis=1), 0.0)
    total = top + np.log(np.exp(-top) + np.exp(eta - top[:, None]).sum(axis=1))
    value = float(np.sum(told * eta) - total.sum())
    return value if math.isfinite(value) else -math.inf
