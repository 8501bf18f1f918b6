"""A fitted meta-analysis in lines to read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.robust import Robust
from openalliance.core.evidence.meta.three_level import LEVELS
from openalliance.core.evidence.meta.values import JointTest, MetaFit, Model

_NAMES = {
    Model.FIXED: "One true effect",
    Model.RANDOM: "Random effects",
    Model.THREE_LEVEL: "Three levels",
}


def summary(fit: MetaFit, robust: Robust | None, notes: Sequence[str]) -> str:
    """Return heading, coefficients, heterogeneity and cautions, one thing to a line."""
    data = fit.data
    how = "" if fit.model is Model.FIXED else f" by {fit.method.value}"
    lines = [f"{_NAMES[fit.model]}{how}: {data.k} effects from {data.n_studies} studies", ""]
    lines += _coefficients(fit, robust)
    joint = fit.joint if robust is None else robust.joint
    if joint is not None:
        lines += ["", f"All moderators together: {_joint(joint)}"]
    lines += ["", *_heterogeneity(fit)]
    lines.append(
        f"{'Restricted log' if fit.method.value == 'REML' else 'Log'}-likelihood"
        f" {fit.loglik:.4f}, AIC {fit.aic:.4f}, BIC {fit.bic:.4f}"
    )
    said = [*notes, *(() if robust is None else robust.notes)]
    if said:
        lines += ["", *(f"· {note}" for note in said)]
    return "\n".join(lines)


def _coefficients(fit: MetaFit, robust: Robust | None) -> list[str]:
    shown = fit if robust is None else robust
    width = max(9, *(len(term) for term in fit.data.terms))
    level = f"{100 * fit.level:g} %"
    kind = "" if robust is None else f"   ({robust.correction.value} errors)"
    found = [f"{'':{width}}  estimate   se      p       {level} interval{kind}"]
    for at, term in enumerate(fit.data.terms):
        df = float(shown.df[at])
        if math.isnan(shown.p[at]):
            found.append(f"{term:{width}} {shown.estimate[at]:9.4f}   no error, so no test")
            continue
        tail = "" if math.isnan(df) else f"   df {df:.1f}"
        found.append(
            f"{term:{width}} {shown.estimate[at]:9.4f} {shown.se[at]:7.4f} {_p(shown.p[at]):>7}"
            f"   [{shown.ci_low[at]:.4f}, {shown.ci_high[at]:.4f}]{tail}"
        )
    return found


def _heterogeneity(fit: MetaFit) -> list[str]:
    found = fit.heterogeneity
    lines = [f"Q({found.q_df}) = {found.q:.2f}, p {_p(found.q_p)}"]
    if fit.model is Model.THREE_LEVEL:
        lines += [
            f"Variance {name} {variance:.4f} (I² {share:.1f} %)"
            for name, variance, share in zip(LEVELS, fit.sigma2, found.i2_levels, strict=True)
        ]
    elif fit.model is Model.RANDOM:
        lines.append(f"Variance of true effects {fit.tau2:.4f} (I² {found.i2:.1f} %)")
    if fit.data.p == 1 and fit.data.intercept is not None and fit.model is not Model.FIXED:
        further = predict(fit)
        lines.append(
            f"A further true effect: {100 * fit.level:g} % from {further.true_low[0]:.4f}"
            f" to {further.true_high[0]:.4f}"
        )
    return lines


def _joint(joint: JointTest) -> str:
    if math.isnan(joint.statistic):
        return "no test, for want of an error"
    if math.isnan(joint.df2):
        return f"χ²({joint.df1:g}) = {joint.statistic:.2f}, p {_p(joint.p)}"
    return f"F({joint.df1:g}, {joint.df2:.1f}) = {joint.statistic:.2f}, p {_p(joint.p)}"


def _p(value: float) -> str:
    if math.isnan(value):
        return "unknown"
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
