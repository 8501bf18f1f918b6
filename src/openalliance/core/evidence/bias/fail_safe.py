"""Fail-safe N: how many unpublished null results would undo significance. Not recommended.

It asks about significance rather than the effect, supposes that hidden results average 0 (they may
well be negative), and grows with heterogeneity. It is here because reviewers ask for it.

References
----------
Becker, B. J. (2005). Failsafe N or file-drawer number. In H. R. Rothstein, A. J. Sutton, &
M. Borenstein (Eds.), *Publication bias in meta-analysis* (pp. 111-125). Wiley.

Rosenberg, M. S. (2005). The file-drawer problem revisited. *Evolution, 59*(2), 464-468.
https://doi.org/10.1111/j.0014-3820.2005.tb01004.x

Rosenthal, R. (1979). The “file drawer problem” and tolerance for null results. *Psychological
Bulletin, 86*(3), 638-641. https://doi.org/10.1037/0033-2909.86.3.638
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from openalliance.core.evidence.meta.values import MetaData

WARNING = (
    "Fail-safe N says nothing about the size of the effect and supposes that unpublished results"
    " average 0; do not take a large number as a sign that there is no bias."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailSafe:
    """Null results that would undo significance, and why not to rely on them.

    ``rosenthal`` adds up z values; ``rosenberg`` weights effects by their precision.
    """

    rosenthal: int
    rosenberg: int
    warning: str = WARNING


def fail_safe(data: MetaData, *, alpha: float = 0.05) -> FailSafe:
    """Count the null results that would make the average not significant.

    Parameters
    ----------
    data
        The effects.
    alpha
        One-sided for Rosenthal's number, two-sided for Rosenberg's, as they defined them.
    """
    z = data.y / np.sqrt(data.v)
    critical = float(special.ndtri(1.0 - alpha))
    rosenthal = (float(z.sum()) / critical) ** 2 - data.k
    w = 1.0 / data.v
    wider = float(special.ndtri(1.0 - alpha / 2.0))
    weight = (float((w * data.y).sum()) / wider) ** 2 - float(w.sum())
    rosenberg = weight / float(w.mean())
    return FailSafe(rosenthal=max(0, math.ceil(rosenthal)), rosenberg=max(0, math.ceil(rosenberg)))
