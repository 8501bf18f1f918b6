"""Linear mixed models: growth curves, shrinkage, nested groups."""

from openalliance.core.estimation.mixed.fitting import fit
from openalliance.core.estimation.mixed.result import Autocorrelation, MixedFit, RandomPart

__all__ = ["Autocorrelation", "MixedFit", "RandomPart", "fit"]
