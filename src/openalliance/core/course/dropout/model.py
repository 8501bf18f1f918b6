"""A drop-out model that can be kept, and asked about one client today.

It holds numbers only and loads in no time, so that a page can use it.

References
----------
Peduzzi, P., Concato, J., Kemper, E., Holford, T. R., & Feinstein, A. R. (1996). A simulation study
of the number of events per variable in logistic regression analysis. *Journal of Clinical
Epidemiology, 49*, 1373-1379. https://doi.org/10.1016/S0895-4356(96)00236-3

Riley, R. D., Ensor, J., Snell, K. I. E., et al. (2020). Calculating the sample size required for
developing a clinical prediction model. *BMJ, 368*, m441. https://doi.org/10.1136/bmj.m441
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.dropout.baseline import Baseline, Shape
from openalliance.core.course.dropout.hazard import HazardFit
from openalliance.core.course.dropout.validation import Validation
from openalliance.core.errors import InputError
from openalliance.core.estimation.links import Link, predictor, probability
from openalliance.core.estimation.proportions import two_sided

Floats = NDArray[np.float64]

EVENTS_PER_COEFFICIENT = 10
"""Drop-outs needed for each coefficient but the intercept (Peduzzi et al. 1996)."""

LEAST_EVENTS = 50
"""Drop-outs needed at least: with fewer not even the average risk is known to within a third.

With 50, the relative error of the base rate is about 1/sqrt(50) = 14 %, its 95 % interval ± 28 %.
"""

VERSION = 1


def minimum_events(coefficients: int) -> int:
    """Return the drop-outs needed before individual risk is shown.

    Parameters
    ----------
    coefficients
        Their number in the model, without the intercept.

    Examples
    --------
    >>> minimum_events(3), minimum_events(8)
    (50, 80)
    """
    return max(LEAST_EVENTS, EVENTS_PER_COEFFICIENT * coefficients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """How far a term moves the risk, on the scale of the link, away from the average client's."""

    term: str
    value: float
    average: float
    moved: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Probability to drop out in the period asked about, with its interval.

    The interval is of the estimated probability; it says nothing about who will leave.
    ``moved_by`` begins with what moves the risk most.
    """

    probability: float
    low: float
    high: float
    moved_by: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRisk:
    """Why no individual risk is given."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Out-of-fold figures that belong beside every risk shown; ``nan`` where not known."""

    auc: float
    auc_low: float
    auc_high: float
    calibration_intercept: float
    calibration_slope: float
    brier: float
    brier_reference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DropOutModel:
    """Coefficients of a discrete-time hazard with all that is needed to use them.

    Parameters
    ----------
    link
        Link of the hazard.
    baseline
        Columns of the period.
    covariates
        Names of the covariate terms; ``a:b`` is the product of the two.
    means
        Averages of the covariate terms where the model was fitted.
    coefficients, covariance
        Shapes ``(p,)`` and ``(p, p)``: intercept, baseline, covariates.
    n_events, n_clients, minimum_events
        Drop-outs and clients behind it, and the drop-outs needed for individual risk.
    reliability
        How good it is with clients it has not seen; nothing before it was validated.
    """

    link: Link
    baseline: Baseline
    covariates: tuple[str, ...]
    means: tuple[float, ...]
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    n_events: int
    n_clients: int
    minimum_events: int
    reliability: Reliability | None

    def __post_init__(self) -> None:
        size = 1 + len(self.baseline.terms) + len(self.covariates)
        if len(self.coefficients) != size or len(self.means) != len(self.covariates):
            raise InputError("do not fit the terms", where="coefficients, means")
        if len(self.covariance) != size or any(len(row) != size for row in self.covariance):
            raise InputError("does not fit the terms", where="covariance")

    @property
    def may_show_risk(self) -> bool:
        """Return whether there are drop-outs enough to speak of one client."""
        return self.n_events >= self.minimum_events

    def risk(
        self, covariates: Mapping[str, float], *, period: float, confidence: float = 0.95
    ) -> Risk | NoRisk:
        """Return the probability that a client who is there in this period drops out in it.

        Parameters
        ----------
        covariates
            Value of each covariate; products are formed from their parts.
        period
            The period asked about.
        confidence
            Of the interval.

        Returns
        -------
        Risk or NoRisk
            The latter when too few dropped out, the period is new to the model, a value is missing
            or not finite, or the data leave the probability open.
        """
        if not self.may_show_risk:
            return NoRisk(reason=refusal(self.n_events, self.minimum_events))
        if self.baseline.shape is Shape.FACTOR and period not in self.baseline.levels:
            return NoRisk(reason="The model has seen nobody in this period.")
        values = [_value(term, covariates) for term in self.covariates]
        lacking = [t for t, v in zip(self.covariates, values, strict=True) if not math.isfinite(v)]
        if lacking:
            return NoRisk(reason=f"There is no value for {', '.join(lacking)}.")
        row = np.r_[1.0, self.baseline.columns([period])[0], values]
        used = row != 0.0
        weights = np.array(self.coefficients)[used]
        spread = np.array(self.covariance)[np.ix_(used, used)]
        if not (np.isfinite(weights).all() and np.isfinite(spread).all()):
            return NoRisk(reason="So far nobody has dropped out in a situation like this one.")
        eta = float(row[used] @ weights)
        half = two_sided(confidence) * math.sqrt(float(row[used] @ spread @ row[used]))
        chance, low, high = probability(np.array([eta, eta - half, eta + half]), self.link)
        return Risk(
            probability=float(chance), low=float(low), high=float(high),
            moved_by=self._contributions(values),
        )  # fmt: skip

    def _contributions(self, values: list[float]) -> tuple[Contribution, ...]:
        weights = self.coefficients[len(self.coefficients) - len(values) :]
        made = [
            Contribution(term=term, value=value, average=mean, moved=weight * (value - mean))
            for term, value, mean, weight in zip(
                self.covariates, values, self.means, weights, strict=True
            )
        ]
        return tuple(sorted(made, key=lambda one: -abs(one.moved)))

    def to_json(self) -> str:
        """Return the model as a JSON document; `from_json` gives back an equal model."""
        baseline = self.baseline
        document = {
            "version": VERSION,
            "link": self.link.value,
            "baseline": {
                "shape": baseline.shape.value, "name": baseline.name,
                "levels": baseline.levels, "reference": baseline.reference,
                "knots": baseline.knots,
            },
            "covariates": self.covariates,
            "means": self.means,
            "coefficients": [_written(number) for number in self.coefficients],
            "covariance": [[_written(number) for number in row] for row in self.covariance],
            "n_events": self.n_events,
            "n_clients": self.n_clients,
            "minimum_events": self.minimum_events,
            "reliability": None if self.reliability is None else {
                name: _written(getattr(self.reliability, name)) for name in Reliability.__slots__
            },
        }  # fmt: skip
        return json.dumps(document, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> DropOutModel:
        """Read a model that `to_json` wrote.

        Raises
        ------
        InputError
            If the text is no such document.
        """
        try:
            return cls._from(json.loads(text))
        except (KeyError, TypeError, ValueError) as fault:
            raise InputError("is not a drop-out model of this kind", where="model") from fault

    @classmethod
    def _from(cls, document: Mapping[str, Any]) -> DropOutModel:
        if document["version"] != VERSION:
            raise ValueError("another version")
        shape, known = document["baseline"], document["reliability"]
        return cls(
            link=Link(document["link"]),
            baseline=Baseline(
                shape=Shape(shape["shape"]), name=shape["name"], levels=tuple(shape["levels"]),
                reference=shape["reference"], knots=tuple(shape["knots"]),
            ),
            covariates=tuple(document["covariates"]),
            means=tuple(document["means"]),
            coefficients=tuple(_read(number) for number in document["coefficients"]),
            covariance=tuple(tuple(_read(n) for n in row) for row in document["covariance"]),
            n_events=document["n_events"],
            n_clients=document["n_clients"],
            minimum_events=document["minimum_events"],
            reliability=None if known is None else Reliability(
                **{name: _read(number) for name, number in known.items()}
            ),
        )  # fmt: skip


def refusal(events: int, needed: int) -> str:
    """Return why no individual risk is shown."""
    return f"No individual risk is shown: drop-outs behind this model {events}, needed {needed}."


def model_of(
    fit: HazardFit,
    *,
    n_events: int,
    n_clients: int,
    needed: int | None = None,
    validation: Validation | None = None,
) -> DropOutModel:
    """Keep a fitted hazard as a model to be asked.

    Parameters
    ----------
    fit
        Of dropping out; not a multinomial one.
    n_events, n_clients
        Behind the fit.
    needed
        Drop-outs needed for individual risk; by default `minimum_events`.
    validation
        Its reliability.

    Raises
    ------
    InputError
        If the fit is a multinomial one.
    """
    if fit.joint is not None:
        raise InputError("take cause-specific hazards for a model to keep", where="competing")
    design = fit.design
    terms = len(design.terms) - 1
    return DropOutModel(
        link=fit.link,
        baseline=design.baseline,
        covariates=design.terms[len(design.terms) - design.covariates :],
        means=tuple(design.values.mean(axis=0).tolist()),
        coefficients=tuple(fit.coefficients.tolist()),
        covariance=tuple(tuple(row) for row in fit.covariance.tolist()),
        n_events=n_events,
        n_clients=n_clients,
        minimum_events=minimum_events(terms) if needed is None else needed,
        reliability=None if validation is None else _reliability(validation),
    )


def row_risks(
    fit: HazardFit, rows: NDArray[np.int64], *, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return hazard and interval of some of the fitted rows; ``nan`` bounds where it is certain."""
    matrix = fit.design.matrix[rows]
    chances = fit.hazard[rows]
    open_to = ~np.isfinite(fit.coefficients)
    spread = np.where(np.isfinite(fit.covariance), fit.covariance, 0.0)
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", matrix, spread, matrix), 0.0))
    error[(matrix[:, open_to] != 0.0).any(axis=1)] = np.nan
    eta = predictor(np.clip(chances, 1e-300, 1.0 - 1e-16), fit.link)
    half = two_sided(confidence) * error
    return chances, probability(eta - half, fit.link), probability(eta + half, fit.link)


def _reliability(validation: Validation) -> Reliability:
    seen = validation.performance
    return Reliability(
        auc=seen.auc.value,
        auc_low=seen.auc.low,
        auc_high=seen.auc.high,
        calibration_intercept=seen.calibration.intercept.value,
        calibration_slope=seen.calibration.slope.value,
        brier=seen.brier.value,
        brier_reference=seen.brier.reference,
    )


def _value(term: str, covariates: Mapping[str, float]) -> float:
    if term in covariates:
        return float(covariates[term])
    parts = term.split(":")
    if len(parts) > 1:
        return math.prod(_value(part, covariates) for part in parts)
    return math.nan


def _written(number: float) -> float | str:
    """JSON has no infinity: written as text."""
    return number if math.isfinite(number) else str(number)


def _read(number: float | str) -> float:
    return float(number)
