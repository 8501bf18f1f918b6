"""Made-up effects in studies, and their covariance as a whole matrix."""

from __future__ import annotations

import math

import numpy as np

from openalliance.core.evidence.meta.values import MetaData, meta_data


def made(
    seed: int, *, k: int = 40, studies: int = 12, between: float = 0.08, within: float = 0.04
) -> MetaData:
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(k) % studies)
    v = rng.uniform(0.01, 0.2, k)
    x = np.column_stack([np.ones(k), rng.standard_normal(k), rng.standard_normal(studies)[codes]])
    y = x @ [0.3, 0.1, -0.1] + math.sqrt(between) * rng.standard_normal(studies)[codes]
    y += np.sqrt(within + v) * rng.standard_normal(k)
    return meta_data(y, v, x=x, studies=codes)


def whole(data: MetaData, between: float, within: float, rho: float) -> np.ndarray:
    same = data.studies[:, None] == data.studies
    m = same * (between + rho * np.sqrt(np.outer(data.v, data.v)))
    m[np.diag_indices(data.k)] = data.v + between + within
    return np.asarray(m)
