"""Weighted least squares with one weight per effect, and the likelihood of the variance beyond.

All traces are of P = W − W Q (Q'WQ)⁻¹ Q'W with Q orthonormal columns, W = diag(1 / (v + τ²)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openalliance.core.evidence.meta.values import Array, MetaData


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A weighted fit at one variance of true effects.

    ``w`` are weights, ``residual`` what is left, ``inverse`` (Q'WQ)⁻¹, ``rss`` the weighted sum
    of squares.
    """

    data: MetaData
    w: Array
    coefficients: Array
    residual: Array
    inverse: Array
    logdet: float
    rss: float

    @property
    def estimate(self) -> Array:
        """Coefficients of the caller's columns."""
        found = np.linalg.solve(self.data.triangle, self.coefficients)
        return np.asarray(found, dtype=np.float64)

    @property
    def vcov(self) -> Array:
        """Their covariance."""
        back = np.linalg.inv(self.data.triangle)
        found: Array = back @ self.inverse @ back.T
        return found

    def loglik(self, *, restricted: bool) -> float:
        """Return the (restricted) log-likelihood, all constants included."""
        k, p = self.data.k, self.data.p
        rows = k - p if restricted else k
        found = -0.5 * (rows * math.log(2.0 * math.pi) - np.log(self.w).sum() + self.rss)
        return float(found - 0.5 * self.logdet if restricted else found)

    def trace(self) -> float:
        """Return tr P."""
        return float(self.w.sum() - np.sum(self.inverse * self._moment(2)))

    def trace_squared(self) -> float:
        """Return tr PP."""
        second = self.inverse @ self._moment(2)
        return float(
            np.sum(self.w**2)
            - 2.0 * np.sum(self.inverse * self._moment(3))
            + np.sum(second * second.T)
        )

    def score(self, *, restricted: bool) -> float:
        """Return the derivative of the log-likelihood with respect to the variance beyond."""
        fitted = self.trace() if restricted else float(self.w.sum())
        return 0.5 * (float(np.sum((self.w * self.residual) ** 2)) - fitted)

    def _moment(self, power: int) -> Array:
        q = self.data.basis
        found: Array = q.T @ (q * (self.w**power)[:, None])
        return found


def weighted(data: MetaData, tau2: float) -> Weighted:
    """Fit the fixed part with weights 1 / (v + τ²)."""
    q = data.basis
    w = 1.0 / (data.v + tau2)
    wq = q * w[:, None]
    root = np.linalg.cholesky(q.T @ wq)
    inverse = np.linalg.inv(root)
    inverse = inverse.T @ inverse
    centre = q.T @ data.y
    y = data.y - q @ centre
    shift = inverse @ (wq.T @ y)
    residual = y - q @ shift
    return Weighted(
        data=data,
        w=w,
        coefficients=centre + shift,
        residual=residual,
        inverse=inverse,
        logdet=2.0 * float(np.log(np.diag(root)).sum()),
        rss=float(np.sum(w * residual**2)),
    )
