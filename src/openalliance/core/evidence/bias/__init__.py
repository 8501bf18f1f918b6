"""Small studies and unpublished ones: what they may have done to an average effect."""

from openalliance.core.evidence.bias.fail_safe import FailSafe, fail_safe
from openalliance.core.evidence.bias.regression import (
    Corrected,
    Predictor,
    SmallStudies,
    pet_peese,
    small_studies,
)
from openalliance.core.evidence.bias.trim_and_fill import Estimator, Side, TrimFill, trim_and_fill

__all__ = [
    "Corrected",
    "Estimator",
    "FailSafe",
    "Predictor",
    "Side",
    "SmallStudies",
    "TrimFill",
    "fail_safe",
    "pet_peese",
    "small_studies",
    "trim_and_fill",
]
