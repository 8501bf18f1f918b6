"""Fit a linear mixed model with nested groups by restricted or full maximum likelihood."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed.deviance import Evaluation
from openalliance.core.estimation.mixed.effects import random_effects
from openalliance.core.estimation.mixed.factors import SINGULAR, layout
from openalliance.core.estimation.mixed.inference import (
    Inference,
    component_names,
    inference,
)
from openalliance.core.estimation.mixed.optimise import Minimum
from openalliance.core.estimation.mixed.products import Array, Index, Rows, arrange
from openalliance.core.estimation.mixed.result import Autocorrelation, MixedFit, RandomPart
from openalliance.core.estimation.mixed.search import (
    EXACT,
    Memory,
    Problem,
    is_optimum,
    memory_of,
    search,
)

NO_ERROR = 1e-9
"""Share of the variance below which residuals are rounding, so that there is none to estimate."""

NO_MEMORY = 1e-3
"""Correlation over the typical gap between rows below which residuals count as independent."""


def fit(
    y: ArrayLike,
    x: ArrayLike,
    groups: ArrayLike,
    *,
    z: ArrayLike | None = None,
    terms: tuple[str, ...] | None = None,
    random_terms: tuple[str, ...] | None = None,
    reml: bool = True,
    diagonal: bool = False,
    upper_groups: ArrayLike | None = None,
    upper_z: ArrayLike | None = None,
    upper_terms: tuple[str, ...] | None = None,
    times: ArrayLike | None = None,
    error_share: bool = False,
) -> MixedFit:
    """Fit ``y = X·fixed + Z·(effects of the row's group) + residual``.

    Parameters
    ----------
    y
        Response, shape ``(n,)``, finite.
    x
        Fixed columns, shape ``(n, p)``, the intercept's ones included.
    groups
        Integer code of each row's group (client), shape ``(n,)``, in any order.
    z
        Random columns, shape ``(n, q)``; by default a random intercept.
    terms, random_terms, upper_terms
        Names of the columns of ``x``, ``z`` and ``upper_z``.
    reml
        Restricted maximum likelihood (default) or maximum likelihood.
    diagonal
        Random effects of a level are uncorrelated (lme4's ``||``).
    upper_groups, upper_z
        Code of the group above (therapist) per row, and its random columns (default intercept).
        Every group lies in one upper group.
    times
        Times of the rows, shape ``(n,)``: residuals of a group then have a continuous-time AR(1)
        correlation, estimated with the rest.
    error_share
        With ``times``: part of the residual is independent error, its share estimated as well.

    Returns
    -------
    MixedFit
        Boundaries and failures to converge are said in ``boundary``, ``converged``, ``notes``.

    Raises
    ------
    InputError
        If shapes disagree, values are missing, fixed columns are dependent, or there are too few
        rows for the random effects.

    References
    ----------
    Bates, D., Mächler, M., Bolker, B., & Walker, S. (2015). Fitting linear mixed-effects models
    using lme4. *Journal of Statistical Software, 67*(1). https://doi.org/10.18637/jss.v067.i01

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.repeat(np.arange(3), 2)
    >>> found = fit([1.0, 2.0, 4.0, 5.0, 9.0, 8.0], np.ones((6, 1)), groups)
    >>> [round(float(v), 4) for v in (found.estimate[0], found.random_sd[0], found.residual_sd)]
    [4.8333, 3.4761, 0.7071]
    """
    response = _finite(y, 1, "y")
    n = response.size
    fixed = _finite(x, 2, "x", n)
    codes = _codes(groups, n, "groups")
    random = np.ones((n, 1)) if z is None else _finite(z, 2, "z", n)
    names = terms or tuple(f"x{k + 1}" for k in range(fixed.shape[1]))
    named = random_terms or _default_terms(random.shape[1])
    above = None
    above_named: tuple[str, ...] = ()
    if upper_groups is not None:
        upper_random = np.ones((n, 1)) if upper_z is None else _finite(upper_z, 2, "upper_z", n)
        above = (_codes(upper_groups, n, "upper_groups"), upper_random)
        above_named = upper_terms or _default_terms(upper_random.shape[1])
    _check_names(names, fixed, "terms")
    _check_names(named, random, "random_terms")
    when = None if times is None else _finite(times, 1, "times", n)
    if n <= fixed.shape[1]:
        raise InputError(f"{n} rows are too few for {fixed.shape[1]} fixed terms", where="y")
    rows = arrange(response, fixed, random, codes, upper=above, times=when, terms=names)
    _check_enough(rows, response)
    memory = None if when is None else memory_of(rows, when, with_error=error_share)
    shape = layout(random.shape[1], rows.upper_scale.size, diagonal=diagonal)
    problem = Problem(rows, shape, memory, reml=reml)
    minimum = search(problem)
    found, _ = problem.evaluation(minimum.at)
    if found.variance < NO_ERROR * float(np.mean(rows.columns[-1] ** 2)):
        raise InputError(EXACT, where="y")
    return _result(problem, minimum, found, (names, named, above_named))


def _result(
    problem: Problem,
    minimum: Minimum,
    found: Evaluation,
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
) -> MixedFit:
    rows = problem.rows
    table = inference(problem, minimum, found)
    factors = problem.layout.factors(minimum.at)
    parts = _random_parts(problem, minimum, found, names[1:])
    converged = is_optimum(problem, minimum)
    return MixedFit(
        terms=names[0],
        estimate=table.estimate,
        se=np.sqrt(np.diag(table.vcov)),
        df=table.df,
        statistic=table.statistic,
        p=table.p,
        vcov=table.vcov,
        loglik=-0.5 * found.deviance,
        random=parts[0],
        upper=parts[1] if len(factors) > 1 else None,
        residual_sd=float(np.sqrt(found.variance)),
        autocorrelation=_autocorrelation(problem.memory, minimum.at[problem.layout.count :]),
        reml=problem.reml,
        converged=converged,
        n_rows=rows.n,
        n_parameters=rows.fixed + minimum.at.size + 1,
        variance_gradient=table.variance_gradient,
        variance_covariance=table.variance_covariance,
        component_names=component_names(problem),
        components=table.components,
        component_covariance=table.component_covariance,
        notes=_notes(parts, problem, minimum, table, converged=converged),
    )


def _random_parts(
    problem: Problem, minimum: Minimum, found: Evaluation, names: tuple[tuple[str, ...], ...]
) -> list[RandomPart]:
    rows = problem.rows
    factors = problem.layout.factors(minimum.at)
    effects = random_effects(rows, problem.products(minimum.at), factors, found)
    scales, codes = (rows.scale, rows.upper_scale), (rows.codes, rows.upper_codes)
    parts = []
    for level, factor in enumerate(factors):
        scaled = factor / scales[level][:, None]
        parts.append(
            RandomPart(
                terms=names[level],
                covariance=scaled @ scaled.T * found.variance,
                codes=codes[level],
                effects=effects[level][0],
                effect_covariance=effects[level][1],
                boundary=bool(np.min(_pivots(factor)) < SINGULAR),
            )
        )
    return parts


def _pivots(factor: Array) -> Array:
    """How far each random effect is from 0 and from being a multiple of those before it."""
    diagonal = np.abs(np.diag(factor))
    lengths = np.sqrt(np.sum(factor**2, axis=1))
    share = np.divide(diagonal, lengths, out=np.zeros_like(diagonal), where=lengths > 0.0)
    smaller: Array = np.minimum(lengths, share)
    return smaller


def _autocorrelation(memory: Memory | None, searched: Array) -> Autocorrelation | None:
    if memory is None:
        return None
    phi, share = memory.parameters(searched)
    return Autocorrelation(phi=phi, error_share=share)


def _notes(
    parts: list[RandomPart],
    problem: Problem,
    minimum: Minimum,
    table: Inference,
    *,
    converged: bool,
) -> tuple[str, ...]:
    notes = []
    if not converged:
        notes.append("The search did not reach an optimum; do not rely on these figures.")
    notes += [
        f"The fit is singular: a variance of {' and '.join(part.terms)} is 0 or their "
        "correlation is ±1. The data do not support so many random effects."
        for part in parts
        if part.boundary
    ]
    if table.dropped:
        notes.append(
            "The variance parameters are not all determined; degrees of freedom are rough."
        )
    if problem.memory is not None:
        typical = problem.memory.typical(minimum.at[problem.layout.count :])
        if typical < NO_MEMORY:
            notes.append("No autocorrelation is found: at the optimum residuals are independent.")
        elif typical > 1.0 - NO_MEMORY:
            notes.append("Residuals hardly change within a client; the autocorrelation is at 1.")
    return tuple(notes)


def _finite(values: ArrayLike, dimensions: int, where: str, n: int | None = None) -> Array:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != dimensions or (n is not None and found.shape[0] != n) or not found.size:
        raise InputError("its shape does not fit the other columns", where=where)
    if not np.isfinite(found).all():
        raise InputError("missing or infinite values; leave those rows out", where=where)
    return found


def _codes(values: ArrayLike, n: int, where: str) -> Index:
    found = np.asarray(values)
    if found.shape != (n,) or not np.issubdtype(found.dtype, np.integer):
        raise InputError("one integer code per row is needed", where=where)
    return found.astype(np.int64)


def _default_terms(count: int) -> tuple[str, ...]:
    return ("Intercept", *(f"z{k + 1}" for k in range(1, count)))


def _check_names(names: tuple[str, ...], columns: Array, where: str) -> None:
    if len(names) != columns.shape[1]:
        raise InputError("one name per column is needed", where=where)


def _check_enough(rows: Rows, response: Array) -> None:
    groups, q = rows.starts.size, rows.scale.size
    levels = rows.upper_starts.size if rows.upper_scale.size else groups
    if min(groups, levels) < 2:
        raise InputError("at least two groups are needed", where="groups")
    if rows.n <= groups * q:
        raise InputError(
            f"{rows.n} rows cannot determine {q} random effects for each of {groups} groups and "
            "an error; use fewer random effects or groups with more rows",
            where="groups",
        )
    if rows.upper_scale.size and groups <= levels * rows.upper_scale.size:
        raise InputError("there are as many upper groups as groups", where="upper_groups")
    rest = rows.columns[-1]
    if float(np.sqrt(np.mean(rest**2))) <= 1e-12 * max(1e-300, float(np.max(np.abs(response)))):
        raise InputError("the scores do not vary beyond the fixed terms", where="y")
