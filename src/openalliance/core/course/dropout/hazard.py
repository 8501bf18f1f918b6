"""Discrete-time hazard of dropping out, with planned endings as a competing way to end.

The hazard of a period is the probability to drop out in it, for somebody who is still there. It is
a regression of a yes or no over person-period rows: logit, or complementary log-log for times that
were continuous before they were grouped.

References
----------
Singer, J. D., & Willett, J. B. (1993). It's about time: using discrete-time survival analysis to
study duration and the timing of events. *Journal of Educational Statistics, 18*, 155-195.
https://doi.org/10.3102/10769986018002155

Prentice, R. L., & Gloeckler, L. A. (1978). Regression analysis of grouped survival data with
application to breast cancer data. *Biometrics, 34*, 57-67.

Tutz, G., & Schmid, M. (2016). *Modeling discrete time-to-event data*, chapters 3 and 8. Springer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openalliance.core.course.dropout.baseline import Baseline
from openalliance.core.course.dropout.periods import Ending, PersonPeriods
from openalliance.core.course.probability import normal_cdf
from openalliance.core.errors import InputError
from openalliance.core.estimation.links import Link
from openalliance.core.estimation.logistic import BinaryFit, Penalty, fit_binary
from openalliance.core.estimation.multinomial import MultinomialFit, fit_multinomial

Floats = NDArray[np.float64]
INTERCEPT = "Intercept"


class Competing(StrEnum):
    """How planned endings enter.

    ``cause-specific``: a model for each kind of ending, the other kind counting as still there.
    ``multinomial``: one model in which the kinds share what is left over.
    """

    CAUSE_SPECIFIC = "cause-specific"
    MULTINOMIAL = "multinomial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A coefficient on the scale of the link; not finite where the data separate."""

    term: str
    estimate: float
    se: float
    z: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Columns of a hazard model: intercept, baseline, covariates.

    Parameters
    ----------
    matrix
        Shape ``(n, p)``.
    terms
        Names of the columns.
    baseline
        Form of the dependence on the period.
    covariates
        Number of covariate columns, the last ones.
    """

    matrix: Floats
    terms: tuple[str, ...]
    baseline: Baseline
    covariates: int

    @property
    def values(self) -> Floats:
        """Return the covariates' columns."""
        return self.matrix[:, self.matrix.shape[1] - self.covariates :]


def design_for(
    periods: PersonPeriods, covariates: ArrayLike, names: Sequence[str], *, baseline: Baseline
) -> Design:
    """Put intercept, baseline and covariates side by side.

    Raises
    ------
    InputError
        If the covariates are not one row a row and one name a column.
    """
    values = np.asarray(covariates, dtype=np.float64).reshape(periods.n_rows, -1)
    if values.shape[1] != len(names):
        raise InputError("needs one name a column", where="names")
    matrix = np.column_stack([np.ones(periods.n_rows), baseline.columns(periods.period), values])
    terms = (INTERCEPT, *baseline.terms, *names)
    return Design(matrix=matrix, terms=terms, baseline=baseline, covariates=len(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardFit:
    """A fitted hazard of dropping out and, where they were told apart, of planned endings.

    Parameters
    ----------
    drop_out
        Fit of dropping out against all else; nothing for a multinomial model.
    planned
        The same of planned endings; nothing where there are none.
    joint
        The multinomial model of both.
    hazard, hazard_planned
        Shape ``(n,)``, fitted probabilities of each row; planned ones 0 where there are none.
    """

    design: Design
    link: Link
    drop_out: BinaryFit | None
    planned: BinaryFit | None
    joint: MultinomialFit | None
    hazard: Floats
    hazard_planned: Floats
    loglik: float
    converged: bool

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the coefficients of dropping out."""
        return self._terms(self.drop_out, Ending.DROP_OUT)

    @property
    def planned_terms(self) -> tuple[Term, ...]:
        """Return the coefficients of planned endings, none where there are none."""
        return self._terms(self.planned, Ending.PLANNED)

    @property
    def coefficients(self) -> Floats:
        """Return the coefficients of dropping out, shape ``(p,)``."""
        if self.joint is not None:
            return np.asarray(self.joint.coefficients[0])
        return np.zeros(0) if self.drop_out is None else self.drop_out.coefficients

    @property
    def covariance(self) -> Floats:
        """Return the covariance of the coefficients of dropping out, shape ``(p, p)``."""
        if self.joint is not None:
            size = self.design.matrix.shape[1]
            return np.asarray(self.joint.covariance[:size, :size])
        return np.zeros((0, 0)) if self.drop_out is None else self.drop_out.covariance

    @property
    def separated(self) -> tuple[str, ...]:
        """Return the terms of dropping out without a finite estimate."""
        if self.joint is not None:
            return self.design.terms if self.joint.separated.any() else ()
        return tuple(term.term for term in self.terms if not math.isfinite(term.estimate))

    def predict(self, design: ArrayLike) -> Floats:
        """Return the hazard of dropping out for new rows of the design."""
        if self.joint is not None:
            return np.asarray(self.joint.predict(design)[:, Ending.DROP_OUT])
        if self.drop_out is None:
            raise InputError("there is no model of dropping out", where="drop_out")
        return self.drop_out.predict(design)

    def _terms(self, fit: BinaryFit | None, kind: Ending) -> tuple[Term, ...]:
        if self.joint is not None:
            # Where kinds of ending separate, the numbers reached so far mean nothing.
            known = math.nan if self.joint.separated.any() else 1.0
            estimates = self.joint.coefficients[kind - 1] * known
            errors = self.joint.standard_errors[kind - 1] * known
        elif fit is not None:
            estimates, errors = fit.coefficients, fit.standard_errors
        else:
            return ()
        return tuple(
            _term(name, float(estimate), float(error))
            for name, estimate, error in zip(self.design.terms, estimates, errors, strict=True)
        )


def _term(name: str, estimate: float, error: float) -> Term:
    z = estimate / error if error > 0.0 and math.isfinite(estimate) else math.nan
    p = 2.0 * normal_cdf(-abs(z)) if math.isfinite(z) else math.nan
    return Term(term=name, estimate=estimate, se=error, z=z, p=p)


def fit_hazard(
    periods: PersonPeriods,
    design: Design,
    *,
    link: str = Link.LOGIT,
    penalty: Penalty | None = None,
    competing: str = Competing.CAUSE_SPECIFIC,
    start: Floats | None = None,
) -> HazardFit:
    """Fit the hazard of dropping out and, if there are any, of planned endings.

    Parameters
    ----------
    periods, design
        The rows and their columns.
    link
        ``logit`` or ``cloglog``.
    penalty
        Of the binary fits; a multinomial model takes none.
    competing
        How planned endings enter (`Competing`).
    start
        Coefficients to begin with.

    Raises
    ------
    InputError
        If nobody dropped out, columns are collinear, or options do not go together.
    """
    if periods.n_events == 0:
        raise InputError("nobody drops out, so there is no hazard to estimate", where="ending")
    kind = Link(link)
    if periods.n_planned and Competing(competing) is Competing.MULTINOMIAL:
        return _jointly(periods, design, kind, penalty)
    drop_out = fit_binary(
        design.matrix, periods.dropped_out, link=kind, penalty=penalty, terms=design.terms,
        start=start,
    )  # fmt: skip
    planned = None
    if periods.n_planned:
        told = (periods.ending == Ending.PLANNED).astype(np.float64)
        planned = fit_binary(design.matrix, told, link=kind, penalty=penalty, terms=design.terms)
    return HazardFit(
        design=design, link=kind, drop_out=drop_out, planned=planned, joint=None,
        hazard=drop_out.fitted,
        hazard_planned=np.zeros(periods.n_rows) if planned is None else planned.fitted,
        loglik=drop_out.loglik,
        converged=drop_out.converged and (planned is None or planned.converged),
    )  # fmt: skip


def _jointly(
    periods: PersonPeriods, design: Design, link: Link, penalty: Penalty | None
) -> HazardFit:
    if link is not Link.LOGIT or penalty is not None:
        raise InputError(
            "a multinomial model has the logit link and no penalty; take cause-specific hazards",
            where="competing",
        )
    joint = fit_multinomial(design.matrix, periods.ending, terms=design.terms)
    return HazardFit(
        design=design, link=link, drop_out=None, planned=None, joint=joint,
        hazard=joint.fitted[:, Ending.DROP_OUT], hazard_planned=joint.fitted[:, Ending.PLANNED],
        loglik=joint.loglik, converged=joint.converged,
    )  # fmt: skip
