"""How outcome and alliance of one session carry into the next, within clients.

Model: ``z[t] = own level (and line) + Φ z[t-1] + ε[t]``, z being outcome and alliance. Least
squares around each client's own mean ties every error to the mean of later values, so that with few
sessions Φ is pulled down (Nickell 1981). What it is pulled by is known exactly: with P the
projection on the client's mean or line, ``E Σ x M ε' = -Σ_{s<t} P[t,s] Φ^(t-1-s) Ω``. Setting the
sum to this expectation, rather than to zero, gives estimates that are consistent in the number of
clients for any number of sessions, wherever the clients began.

References
----------
Nickell, S. (1981). Biases in dynamic models with fixed effects. *Econometrica, 49*, 1417-1426.

Dhaene, G., & Jochmans, K. (2016). Likelihood inference in an autoregression with fixed effects.
*Econometric Theory, 32*(5), 1178-1215. https://doi.org/10.1017/S0266466615000146

Breitung, J., Kripfganz, S., & Hayakawa, K. (2022). Bias-corrected method of moments estimators for
dynamic panel data models. *Econometrics and Statistics, 24*, 116-132.
https://doi.org/10.1016/j.ecosta.2021.07.001
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.within_between.panel import Array, Products
from openalliance.core.errors import InputError

_STAGES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the correction through which the root is followed from least squares."""

_ROUNDS = 15
_STEP = 1e-6
_SETTLED = 1e-9
_WILD = 1.5
"""Largest eigenvalue at which a root still counts: far beyond, ratings would explode."""


def least_squares(products: Products) -> Array:
    """Φ around the clients' own means or lines, uncorrected.

    Returns
    -------
    ndarray
        Shape ``(draws, 2, 2)``: row the later value, column the earlier one (outcome, alliance);
        ``nan`` where the earlier values do not vary enough.
    """
    xx, xz = products.xx, products.xz
    determinant = xx[:, 0, 0] * xx[:, 1, 1] - xx[:, 0, 1] ** 2
    fine = determinant > 1e-10 * np.maximum(xx[:, 0, 0] * xx[:, 1, 1], 1e-300)
    found = np.full(xx.shape, np.nan)
    found[fine] = np.linalg.solve(xx[fine], xz[fine]).transpose(0, 2, 1)
    return found


def corrected(products: Products) -> Array:
    """Φ with the pull of few sessions taken out; ``nan`` where the equations have no root.

    Products are sums over clients, one set per draw.
    """
    scale = np.sqrt(np.einsum("nii->ni", products.zz))
    start = least_squares(products)
    fine = np.isfinite(start).all(axis=(1, 2)) & (scale > 0.0).all(axis=1) & (products.df > 0.0)
    found = np.full(start.shape, np.nan)
    if not fine.any():
        return found
    scale = scale[fine]
    both = scale[:, :, None] * scale[:, None, :]
    df = products.df[fine]
    unit = Products(
        xx=products.xx[fine] / both,
        xz=products.xz[fine] / both,
        zz=products.zz[fine] / both,
        df=df,
        overlap=products.overlap[fine],
    )
    ratio = scale[:, :, None] / scale[:, None, :]
    with np.errstate(over="ignore", invalid="ignore"):
        phi = _followed(start[fine] / ratio, unit)
    found[fine] = phi * ratio
    return found


def innovations(products: Products, phi: Array) -> Array:
    """Covariance of the errors given Φ, shape ``(draws, 2, 2)``."""
    through = phi @ products.xz
    left = products.zz - through - through.transpose(0, 2, 1)
    left = left + phi @ products.xx @ phi.transpose(0, 2, 1)
    found: Array = left / products.df[:, None, None]
    return found


def _followed(phi: Array, products: Products) -> Array:
    """Follow the root from least squares; where it vanishes, stop where least is left over."""
    damping = np.full(len(phi), 1e-3)
    for share in _STAGES:
        value = _equations(phi, products, share)
        for _ in range(_ROUNDS):
            step = _damped(phi, value, products, share, damping)
            tried = phi - step
            reached = _equations(tried, products, share)
            better = _left(reached) < _left(value)
            phi = np.where(better[:, None, None], tried, phi)
            value = np.where(better[:, None, None], reached, value)
            damping = np.clip(np.where(better, damping / 10.0, damping * 10.0), 1e-12, 1e6)
            if np.abs(step[np.isfinite(step)]).max(initial=0.0) < _SETTLED:
                break
    sane: NDArray[np.bool_] = np.asarray(np.isfinite(phi).all(axis=(1, 2)))
    sane[sane] = np.abs(np.linalg.eigvals(phi[sane])).max(axis=1) < _WILD
    found: Array = np.where(sane[:, None, None], phi, np.nan)
    return found


def _left(value: Array) -> Array:
    found: Array = np.square(value).sum(axis=(1, 2))
    return found


def _equations(phi: Array, products: Products, share: float) -> Array:
    """What should be zero: products less their expectation, ``share`` of the correction in it."""
    back = phi.transpose(0, 2, 1)
    carried = np.zeros_like(phi)
    identity = np.eye(2)
    for k in range(products.overlap.shape[1] - 1, -1, -1):
        carried = phi @ carried + products.overlap[:, k, None, None] * identity
    expected = -share * carried @ innovations(products, phi)
    found: Array = products.xz - products.xx @ back - expected
    return found


def _damped(phi: Array, value: Array, products: Products, share: float, damping: Array) -> Array:
    """Return Levenberg and Marquardt's step: Newton's where it leads down, shorter elsewhere."""
    slopes = np.empty((len(phi), 4, 4))
    for k in range(4):
        moved = phi.copy()
        moved.reshape(len(phi), 4)[:, k] += _STEP
        difference = (_equations(moved, products, share) - value) / _STEP
        slopes[:, :, k] = difference.reshape(len(phi), 4)
    turned = slopes.transpose(0, 2, 1)
    square = turned @ slopes
    ridge = damping * np.maximum(np.einsum("nii->ni", square).max(axis=1), 1e-12)
    square = square + ridge[:, None, None] * np.eye(4)
    step: Array = np.linalg.solve(square, turned @ value.reshape(-1, 4, 1))
    return step.reshape(phi.shape)


def check_varies(products: Products) -> None:
    """Raise an `InputError` if too little varies within clients to say anything."""
    total = products.df.sum()
    if total < 4.0:
        raise InputError(
            "too few sessions in a row within clients: nothing can be said", where="time"
        )
    for place, name in enumerate(("outcome", "alliance")):
        if not products.xx[:, place, place].sum() > 0.0:
            raise InputError("does not vary within clients", where=name)
