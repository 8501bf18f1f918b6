"""Does agreement of client and therapist go with a better outcome: response-surface analysis.

The outcome is a surface over the two ratings, ``b0 + b1·C + b2·T + b3·C² + b4·C·T + b5·T²``, with
both ratings counted from one common point. Along the line of congruence (C = T) its slope is
``a1 = b1 + b2`` and its curvature ``a2 = b3 + b4 + b5``; along the line of incongruence (C = -T)
they are ``a3 = b1 - b2`` and ``a4 = b3 - b4 + b5``.

References
----------
Edwards, J. R. (2002). Alternatives to difference scores: Polynomial regression analysis and
response surface methodology. In F. Drasgow & N. W. Schmitt (Eds.), *Advances in measurement and
data analysis* (pp. 350-400). Jossey-Bass.

Humberg, S., Nestler, S., & Back, M. D. (2019). Response surface analysis in personality and social
psychology: Checklist and clarifications for the case of congruence hypotheses. *Social
Psychological and Personality Science, 10*(3), 409-419. https://doi.org/10.1177/1948550618757600

Preacher, K. J., & Selig, J. P. (2012). Advantages of Monte Carlo confidence intervals for indirect
effects. *Communication Methods and Measures, 6*(2), 77-98. (intervals of the axes)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from openalliance.core.course.dyad.ratings import Array, DyadRatings
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import fit

TERMS = ("Intercept", "client", "therapist", "client²", "client·therapist", "therapist²")
_DRAWS = 20_000
_FEWEST_LEFT = 6
"""Degrees of freedom that the surface leaves at least."""

_MANY = 1e6
"""Degrees of freedom from which Student's distribution is the normal one."""

_LINES = np.array(
    [
        [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
        [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0, -1.0, 1.0],
        [0.0, 0.0, 0.0, 1.0, 0.0, -1.0],
    ]
)
_NAMES = ("a1", "a2", "a3", "a4", "a5")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceTerm:
    """A coefficient or a combination of coefficients, with Student's test and interval."""

    term: str
    estimate: float
    se: float
    df: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfacePoint:
    """Something the surface's shape implies, with a Monte Carlo interval; ``nan`` if undefined."""

    term: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Congruence:
    """The surface.

    Parameters
    ----------
    level
        ``"dyads"`` (means of both ratings, one outcome each; least squares) or ``"sessions"``
        (each session's ratings and outcome; multilevel with a random intercept per dyad, REML).
    n
        Rows of that level.
    centre
        The point that both ratings are counted from.
    coefficients, lines
        b0 to b5, and a1 to a5.
    shape
        Stationary point (``client_0``, ``therapist_0``, in the ratings' own points) and principal
        axes (``p10``, ``p11``: intercept and slope of the first; ``p20``, ``p21``), in centred
        points.
    r2
        Share of variance; ``nan`` for sessions.
    f, f_df, f_p
        Test of the three curved terms together; ``nan`` for sessions.
    better_when_alike
        Whether the surface has its ridge along C = T: a4 is clearly against the better side, and
        the first axis may be that line (its intercept 0 and its slope 1).
    """

    level: str
    n: int
    n_dyads: int
    centre: float
    confidence: float
    coefficients: tuple[SurfaceTerm, ...]
    lines: tuple[SurfaceTerm, ...]
    shape: tuple[SurfacePoint, ...]
    r2: float
    f: float
    f_df: tuple[float, float]
    f_p: float
    better_when_alike: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    b: Array
    vcov: Array
    df: Callable[[Array], float]
    r2: float
    f: float
    f_df: tuple[float, float]
    f_p: float
    notes: tuple[str, ...] = ()


def congruence_of(
    ratings: DyadRatings,
    outcome: Array,
    *,
    rng: Generator,
    centre: float | None = None,
    better: str = "higher",
    confidence: float = 0.95,
) -> Congruence:
    """Fit the surface of the outcome over both ratings.

    Parameters
    ----------
    ratings
        Sessions that both have rated, ``n`` of them.
    outcome
        Shape ``(n,)``; ``nan`` where missing. The same in all of a dyad's sessions: one outcome per
        dyad; else one per session.
    rng
        Source of chance for the intervals of the axes.
    centre
        Where both ratings are counted from, such as the middle of the scale; else their mean.
    better
        Which outcome is better, ``"higher"`` or ``"lower"``.

    Raises
    ------
    InputError
        If there are too few rows, or the two ratings are too alike or vary too little for a
        surface.
    """
    per_dyad, dyad, client, therapist, values = _level(ratings, outcome)
    middle = float((client.mean() + therapist.mean()) / 2.0) if centre is None else centre
    if values.size - len(TERMS) < _FEWEST_LEFT:
        raise InputError(
            f"a surface needs at least {len(TERMS) + _FEWEST_LEFT} rows with an outcome; there are "
            f"{values.size}",
            where="outcome",
        )
    if float(np.ptp(values)) == 0.0:
        raise InputError("the outcome never varies", where="outcome")
    c, t = client - middle, therapist - middle
    x = np.column_stack([np.ones(c.size), c, t, c**2, c * t, t**2])
    if np.linalg.matrix_rank(x / np.maximum(np.abs(x).max(axis=0), 1e-300)) < len(TERMS):
        raise InputError(
            "the two ratings take too few different values, or are too alike, for a surface",
            where="client",
        )
    fitted = _least_squares(x, values) if per_dyad else _multilevel(x, values, dyad)
    lines = _lines(fitted, confidence)
    shape = _shape(fitted, middle, rng, confidence)
    return Congruence(
        level="dyads" if per_dyad else "sessions",
        n=int(values.size),
        n_dyads=int(np.unique(dyad).size),
        centre=middle,
        confidence=confidence,
        coefficients=tuple(
            _term(name, np.eye(len(TERMS))[place], fitted, confidence)
            for place, name in enumerate(TERMS)
        ),
        lines=lines,
        shape=shape,
        r2=fitted.r2,
        f=fitted.f,
        f_df=fitted.f_df,
        f_p=fitted.f_p,
        better_when_alike=_better_when_alike(lines, shape, better),
        notes=fitted.notes,
    )


def _level(
    ratings: DyadRatings, outcome: Array
) -> tuple[bool, NDArray[np.int64], Array, Array, Array]:
    known = np.isfinite(outcome)
    dyad, values = ratings.dyad[known], outcome[known]
    highest = np.full(ratings.n_dyads, -np.inf)
    lowest = np.full(ratings.n_dyads, np.inf)
    np.maximum.at(highest, dyad, values)
    np.minimum.at(lowest, dyad, values)
    there = np.flatnonzero(highest >= lowest)
    if (highest[there] > lowest[there]).any():
        return False, dyad, ratings.client[known], ratings.therapist[known], values
    client, therapist = ratings.means(ratings.client), ratings.means(ratings.therapist)
    return True, there, client[there], therapist[there], highest[there]


def _least_squares(x: Array, y: Array) -> _Fitted:
    from scipy.special import fdtrc

    n, p = x.shape
    b, residual = _solved(x, y)
    _, flat = _solved(x[:, :3], y)
    _, none = _solved(x[:, :1], y)
    left = float(residual @ residual)
    df = float(n - p)
    r = np.linalg.qr(x, mode="r")
    root = np.linalg.solve(r, np.eye(p))
    f = (float(flat @ flat) - left) / 3.0 / (left / df) if left > 0.0 else math.nan
    return _Fitted(
        b=b,
        vcov=root @ root.T * left / df,
        df=lambda _weights: df,
        r2=1.0 - left / float(none @ none),
        f=f,
        f_df=(3.0, df),
        f_p=float(fdtrc(3.0, df, f)),
    )


def _solved(x: Array, y: Array) -> tuple[Array, Array]:
    q, r = np.linalg.qr(x)
    b = np.linalg.solve(r, q.T @ y)
    return b, y - x @ b


def _multilevel(x: Array, y: Array, dyad: NDArray[np.int64]) -> _Fitted:
    found = fit(y, x, dyad, terms=TERMS, random_terms=("Intercept",))
    return _Fitted(
        b=found.estimate,
        vcov=found.vcov,
        df=found.df_of,
        r2=math.nan,
        f=math.nan,
        f_df=(3.0, math.nan),
        f_p=math.nan,
        notes=tuple(f"Surface: {note}" for note in found.notes),
    )


def _term(name: str, weights: Array, fitted: _Fitted, confidence: float) -> SurfaceTerm:
    from scipy.special import stdtr, stdtrit

    estimate = float(weights @ fitted.b)
    se = math.sqrt(max(float(weights @ fitted.vcov @ weights), 0.0))
    df = min(fitted.df(weights), _MANY)
    t = estimate / se if se > 0.0 else math.nan
    half = float(stdtrit(df, 0.5 + confidence / 2.0)) * se
    return SurfaceTerm(
        term=name, estimate=estimate, se=se, df=df, t=t, p=2.0 * float(stdtr(df, -abs(t))),
        low=estimate - half, high=estimate + half,
    )  # fmt: skip


def _lines(fitted: _Fitted, confidence: float) -> tuple[SurfaceTerm, ...]:
    return tuple(
        _term(name, weights, fitted, confidence)
        for name, weights in zip(_NAMES, _LINES, strict=True)
    )


def _shape(
    fitted: _Fitted, centre: float, rng: Generator, confidence: float
) -> tuple[SurfacePoint, ...]:
    df = min(*(fitted.df(weights) for weights in _LINES), _MANY)
    root = np.linalg.cholesky(
        fitted.vcov + np.eye(len(TERMS)) * 1e-14 * float(np.diag(fitted.vcov).max())
    )
    spread = np.sqrt(df / rng.chisquare(df, _DRAWS))
    draws = fitted.b + (rng.normal(size=(_DRAWS, len(TERMS))) @ root.T) * spread[:, None]
    tail = (1.0 - confidence) / 2.0
    found = _implied(fitted.b[None, :], centre)
    drawn = _implied(draws, centre)
    return tuple(
        SurfacePoint(
            term=name,
            estimate=float(found[name][0]),
            low=float(np.nanquantile(drawn[name], tail)),
            high=float(np.nanquantile(drawn[name], 1.0 - tail)),
        )
        for name in found
    )


def _implied(b: Array, centre: float) -> dict[str, Array]:
    """Return stationary point and principal axes of each row of coefficients (Edwards 2002)."""
    _, b1, b2, b3, b4, b5 = b.T
    with np.errstate(invalid="ignore", divide="ignore"):
        bend = 4.0 * b3 * b5 - b4**2
        client = np.where(bend == 0.0, np.nan, (b2 * b4 - 2.0 * b1 * b5) / bend)
        therapist = np.where(bend == 0.0, np.nan, (b1 * b4 - 2.0 * b2 * b3) / bend)
        root = np.sqrt((b3 - b5) ** 2 + b4**2)
        first = np.where(b4 == 0.0, np.nan, (b5 - b3 + root) / b4)
        second = np.where(b4 == 0.0, np.nan, (b5 - b3 - root) / b4)
    return {
        "client_0": client + centre,
        "therapist_0": therapist + centre,
        "p10": therapist - first * client,
        "p11": first,
        "p20": therapist - second * client,
        "p21": second,
    }


def _better_when_alike(
    lines: tuple[SurfaceTerm, ...], shape: tuple[SurfacePoint, ...], better: str
) -> bool:
    across = next(line for line in lines if line.term == "a4")
    axis = {one.term: one for one in shape}
    falls = across.high < 0.0 if better == "higher" else across.low > 0.0
    through = axis["p10"].low <= 0.0 <= axis["p10"].high
    steep = axis["p11"].low <= 1.0 <= axis["p11"].high
    return falls and through and steep
