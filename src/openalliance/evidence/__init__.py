"""Meta-analysis from Python, table in, tidy tables out.

>>> from openalliance import evidence
>>> trials = {"study": [1, 1, 2, 3, 4], "g": [0.1, 0.3, 0.6, 0.2, 0.5], "v": [0.02] * 5}
>>> found = evidence.fit(trials, effect="g", variance="v", study="study", model="random")
>>> round(found.estimate, 3), found.k, found.studies
(0.34, 5, 4)

Nothing is imported before it is used: ``from openalliance import evidence`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openalliance.core.evidence.effects import (
        average_within,
        correlations,
        fisher_z,
        log_odds_ratio,
        log_risk_ratio,
        standardised_difference,
    )
    from openalliance.evidence.fitting import fit
    from openalliance.evidence.found import Found

_HOME = {
    "Found": "openalliance.evidence.found",
    "fit": "openalliance.evidence.fitting",
} | dict.fromkeys(
    (
        "average_within",
        "correlations",
        "fisher_z",
        "log_odds_ratio",
        "log_risk_ratio",
        "standardised_difference",
    ),
    "openalliance.core.evidence.effects",
)

__all__ = [
    "Found",
    "average_within",
    "correlations",
    "fisher_z",
    "fit",
    "log_odds_ratio",
    "log_risk_ratio",
    "standardised_difference",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
