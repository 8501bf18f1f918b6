"""What the result hangs on: leaving out each effect, or each study where effects lie in studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.core.evidence.meta.influence import Influence, influence
from openalliance.core.evidence.meta.values import Model
from openalliance.core.evidence.meta.without import By

if TYPE_CHECKING:
    from openalliance.cli.meta.analysis import Found
    from openalliance.core.evidence.meta.values import MetaFit

OUTLYING = 1.96
"""Studentised residuals beyond this are counted; 1 of 20 lies there by chance."""


def diagnose(fit: MetaFit) -> Influence:
    """Leave out studies in a three-level model, else effects."""
    return influence(fit, by=By.STUDY if fit.model is Model.THREE_LEVEL else By.EFFECT)


def diagnostic_rows(found: Found) -> list[dict[str, Any]] | None:
    """Return a row for each effect or study that was left out; ``None`` if it was not asked."""
    if found.influence is None:
        return None
    return [_row(found, found.influence, at) for at in range(found.influence.refits.codes.size)]


def outlying(found: Found) -> int:
    """Return how many effects lie far from what the others would let expect."""
    if found.influence is None:
        return 0
    return int((np.abs(found.influence.studentised) > OUTLYING).sum())


def _row(found: Found, seen: Influence, at: int) -> dict[str, Any]:
    fit, other = found.fit, seen.refits.fits[at]
    by_effect = seen.refits.by is By.EFFECT
    members = np.array([at]) if by_effect else np.flatnonzero(fit.data.studies == at)
    row: dict[str, Any] = {
        "study": study_of(found, int(members[0])),
        "row": int(found.rows[members[0]]) + 1,
        "effects": int(members.size),
        "estimate": None if other is None else float(other.estimate[0]),
        "se": None if other is None else float(other.se[0]),
        "ci_lower": None if other is None else float(other.ci_low[0]),
        "ci_upper": None if other is None else float(other.ci_high[0]),
        "p": None if other is None else float(other.p[0]),
        "tau2": None if other is None or fit.model is not Model.RANDOM else other.tau2,
        "sigma2": None if other is None or by_effect else other.sigma2,
        "Q": None if other is None else other.heterogeneity.q,
        "I2": None if other is None else other.heterogeneity.i2,
        "cook": float(seen.cook[at]),
        "dfbetas": dict(zip(fit.data.terms, seen.dfbetas[at].tolist(), strict=True)),
        "covariance_ratio": float(seen.covariance_ratio[at]),
        "dffits": float(seen.dffits[at]) if by_effect else None,
        "hat": float(seen.hat[members].sum()),
    }
    residuals = seen.studentised[members]
    row["rstudent"] = float(residuals[0]) if by_effect else residuals
    return row


def study_of(found: Found, at: int) -> str | int | None:
    """Return the study of an effect as the file calls it."""
    if found.labels is None:
        return None
    return found.labels.names[int(found.labels.codes[found.rows[at]])]


def names_of(found: Found) -> list[str]:
    """Return what each effect is called."""
    if found.asked["label"] is not None:
        texts = found.frame.texts(found.asked["label"])
        return [texts[row] for row in found.rows.tolist()]
    study, identity = found.study, found.asked["id"]
    if study is None and identity is not None:
        study, identity = identity, None
    if study is None:
        return [f"Row {row + 1}" for row in found.rows.tolist()]
    texts = found.frame.texts(study)
    extra = found.frame.texts(identity) if identity else None
    if found.fit.data.n_studies == found.fit.data.k:
        extra = None
    return [
        texts[row] if extra is None else f"{texts[row]}, {extra[row]}"
        for row in found.rows.tolist()
    ]
