"""From what a paper reports to an effect size with its sampling variance."""

from openalliance.core.evidence.effects.averages import Weighting, average_within
from openalliance.core.evidence.effects.conversions import (
    difference_from_odds,
    difference_from_r,
    odds_from_difference,
    r_from_difference,
    r_from_z,
    z_from_r,
)
from openalliance.core.evidence.effects.correlations import correlations, fisher_z
from openalliance.core.evidence.effects.differences import (
    small_sample_factor,
    standardised_difference,
    standardised_difference_from_t,
)
from openalliance.core.evidence.effects.ratios import log_odds_ratio, log_risk_ratio
from openalliance.core.evidence.effects.values import Effects

__all__ = [
    "Effects",
    "Weighting",
    "average_within",
    "correlations",
    "difference_from_odds",
    "difference_from_r",
    "fisher_z",
    "log_odds_ratio",
    "log_risk_ratio",
    "odds_from_difference",
    "r_from_difference",
    "r_from_z",
    "small_sample_factor",
    "standardised_difference",
    "standardised_difference_from_t",
    "z_from_r",
]
