"""The model that fits how effects lie in studies, where nobody asked for another."""

from __future__ import annotations

from openalliance.core.evidence.meta.three_level import fit_three_level
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import MetaData, MetaFit, Method, Model, Test


def usual_model(data: MetaData, *, method: Method = Method.REML, test: Test = Test.Z) -> Model:
    """Return three levels where some study has several effects, else random effects.

    Three levels know neither other estimators than REML and ML nor Knapp and Hartung's test: who
    asks for these gets two.
    """
    nested = 1 < data.n_studies < data.k and data.k - data.p > 1
    nested &= method in (Method.REML, Method.ML) and test is not Test.KNHA
    return Model.THREE_LEVEL if nested else Model.RANDOM


def fit_chosen(
    data: MetaData,
    model: Model | None = None,
    *,
    method: Method = Method.REML,
    test: Test = Test.Z,
    rho: float = 0.0,
    level: float = 0.95,
) -> MetaFit:
    """Fit the model that was asked for, or else the usual one.

    Parameters
    ----------
    data
        Effects and how they lie in studies.
    model
        Default: `usual_model`.
    method, test, level
        As for each model.
    rho
        Correlation of sampling errors within a study; only three levels use it.

    Raises
    ------
    InputError
        The model cannot be fitted to these effects.
    """
    match usual_model(data, method=method, test=test) if model is None else model:
        case Model.FIXED:
            return fit_fixed(data, test=test, level=level)
        case Model.RANDOM:
            return fit_random(data, method=method, test=test, level=level)
        case _:
            return fit_three_level(data, method=method, test=test, level=level, rho=rho)
