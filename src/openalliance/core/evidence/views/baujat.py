"""Which studies make effects differ, and which of them move the average.

References
----------
Baujat, B., Mahé, C., Pignon, J.-P., & Hill, C. (2002). A graphical method for exploring
heterogeneity in meta-analyses: Application to a meta-analysis of 65 trials. *Statistics in
Medicine, 21*(18), 2641-2652. https://doi.org/10.1002/sim.1221
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openalliance.core.evidence.meta.values import Array, MetaData
from openalliance.core.evidence.meta.weighted import weighted


@dataclass(frozen=True, slots=True, kw_only=True)
class Baujat:
    """Shape ``(k,)`` each.

    Parameters
    ----------
    heterogeneity
        What each effect adds to Cochran's Q.
    influence
        How far the expected effect moves without it, squared, in units of its variance then; both
        for the fixed-effect model, as the authors drew them. ``nan`` if nothing is left without it.
    """

    heterogeneity: Array
    influence: Array


def baujat(data: MetaData) -> Baujat:
    """Return both coordinates of each effect."""
    at_zero = weighted(data, 0.0)
    scaled = at_zero.w * at_zero.residual**2
    q = data.basis
    hat = np.einsum("ij,jk,ik->i", q, at_zero.inverse, q) * at_zero.w
    left = 1.0 - hat
    alone = left < 1e-12
    left = np.where(alone, np.nan, left)
    # the fit without i: μ − μ₍₋ᵢ₎ = h e / (1 − h), its variance h / (w (1 − h))
    moved = hat * at_zero.residual / left
    variance = hat / (at_zero.w * left)
    return Baujat(heterogeneity=scaled, influence=moved**2 / variance)
