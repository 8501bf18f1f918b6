"""A meta-analysis as a document, tables, words and a picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from openalliance.cli.delivery import Result
from openalliance.cli.meta.cumulative import cumulative_rows
from openalliance.cli.meta.diagnostics import diagnostic_rows
from openalliance.cli.meta.text import say
from openalliance.core.evidence.meta.values import Model

if TYPE_CHECKING:
    from openalliance.cli.meta.analysis import Bias, Found
    from openalliance.core.evidence.bias import SmallStudies
    from openalliance.core.evidence.bias.regression import Line
    from openalliance.core.evidence.meta.robust import Robust
    from openalliance.core.evidence.meta.values import JointTest, MetaFit


def result_of(found: Found) -> Result:
    """Put together what the command hands over."""
    fit = found.fit
    coefficients = term_rows(fit, fit.data.terms)
    notes = [*found.notes, *(found.bias.notes if found.bias else ())]
    return Result(
        title="Meta-analysis",
        document=_document(found, coefficients),
        tables={"coefficients": coefficients},
        text=functools.partial(say, found),
        chart=functools.partial(_chart, found),
        notes=notes,
    )


def term_rows(tested: MetaFit | Robust, terms: Sequence[str]) -> list[dict[str, Any]]:
    """Return coefficients as rows."""
    return [
        {
            "term": term,
            "estimate": float(tested.estimate[at]),
            "se": float(tested.se[at]),
            "statistic": float(tested.statistic[at]),
            "df": float(tested.df[at]),
            "p": float(tested.p[at]),
            "ci_lower": float(tested.ci_low[at]),
            "ci_upper": float(tested.ci_high[at]),
        }
        for at, term in enumerate(terms)
    ]


def _document(found: Found, coefficients: list[dict[str, Any]]) -> dict[str, Any]:
    fit, asked = found.fit, found.asked
    nested, random = fit.model is Model.THREE_LEVEL, fit.model is Model.RANDOM
    beyond, further = fit.heterogeneity, found.prediction
    return {
        "k": fit.data.k,
        "studies": fit.data.n_studies,
        "model": fit.model.value,
        "method": None if fit.model is Model.FIXED else fit.method.value,
        "test": fit.test.value,
        "coefficients": coefficients,
        "tau2": fit.tau2 if random else None,
        "tau2_ci": found.tau2_ci,
        "sigma2": fit.sigma2 if nested else None,
        "sigma2_levels": _levels(found) if nested else None,
        "I2": beyond.i2,
        "H2": beyond.h2,
        "Q": {"statistic": beyond.q, "df": beyond.q_df, "p": beyond.q_p},
        "QM": _joint(fit.joint),
        "prediction_interval": None
        if further is None or fit.model is Model.FIXED
        else [float(further.true_low[0]), float(further.true_high[0])],
        "loglik": fit.loglik,
        "AIC": fit.aic,
        "BIC": fit.bic,
        "robust": _robust(found),
        "diagnostics": diagnostic_rows(found),
        "cumulative": cumulative_rows(found),
        "bias": None if found.bias is None else _bias(found.bias),
        "tau2_se": fit.tau2_se if random else None,
        "I2_levels": beyond.i2_levels if nested else None,
        "R2": found.r2,
        "rho": fit.rho if nested else None,
        "scale": found.scale.value,
        "back_transformed": _back(found) if asked["back_transform"] else None,
        "profile": None if found.profiles is None else _profiles(found),
        "converged": fit.converged,
        "boundary": fit.boundary,
        "settings": {
            "level": asked["level"],
            "columns": dict(found.columns),
            "moderators": asked["moderators"],
            "transform": asked["transform"] if "r" in found.columns else None,
            "rows_left_out": found.frame.rows - fit.data.k,
        },
    }


def _levels(found: Found) -> list[str]:
    study = found.study or "study"
    return [study, f"{study}/{found.asked['id'] or 'effect'}"]


def _joint(joint: JointTest | None) -> dict[str, Any] | None:
    if joint is None:
        return None
    return {"statistic": joint.statistic, "df1": joint.df1, "df2": joint.df2, "p": joint.p}


def _robust(found: Found) -> dict[str, Any] | None:
    sure = found.robust
    if sure is None:
        return None
    return {
        "type": sure.correction.value,
        "cluster": found.asked["cluster"] or found.study,
        "clusters": sure.clusters,
        "coefficients": term_rows(sure, found.fit.data.terms),
        "QM": _joint(sure.joint),
    }


def _back(found: Found) -> dict[str, Any] | None:
    """Return the average on the scale people read; with moderators there is no one average."""
    further, back = found.prediction, found.scale.back
    if further is None:
        return None
    fixed = found.fit.model is Model.FIXED
    return {
        "scale": found.scale.read_as,
        "estimate": back(float(further.estimate[0])),
        "ci_lower": back(float(further.low[0])),
        "ci_upper": back(float(further.high[0])),
        "prediction_interval": None
        if fixed
        else [back(float(further.true_low[0])), back(float(further.true_high[0]))],
    }


def _profiles(found: Found) -> list[dict[str, Any]]:
    return [
        {
            "component": one.component,
            "estimate": one.estimate,
            "ci_lower": one.low,
            "ci_upper": one.high,
            "values": one.values,
            "loglik": one.loglik,
        }
        for one in found.profiles or ()
    ]


def _bias(bias: Bias) -> dict[str, Any]:
    filled = bias.trim_fill
    document: dict[str, Any] = {
        "egger": None if bias.egger is None else _slope(bias.egger),
        "pet": None if bias.egger is None else _intercept(bias.egger),
        "peese": None if bias.peese is None else _intercept(bias.peese),
        "pet_peese": None
        if bias.corrected is None
        else {"by": bias.corrected.by, **_line(bias.corrected.line)},
        "trim_fill": None
        if filled is None
        else {
            "estimator": filled.estimator.value,
            "side": filled.side.value,
            "k0": filled.missing,
            "k0_se": filled.missing_se,
            "estimate": float(filled.fit.estimate[0]),
            "se": float(filled.fit.se[0]),
            "ci_lower": float(filled.fit.ci_low[0]),
            "ci_upper": float(filled.fit.ci_high[0]),
            "tau2": filled.fit.tau2,
            "settled": filled.settled,
        },
        "fail_safe": {
            "rosenthal": bias.fail_safe.rosenthal,
            "rosenberg": bias.fail_safe.rosenberg,
            "warning": bias.fail_safe.warning,
        },
    }
    chosen = bias.selection
    document["selection"] = (
        None
        if chosen is None
        else {
            "steps": chosen.steps,
            "side": chosen.side.value,
            "estimate": float(chosen.estimate[0]),
            "se": float(chosen.se[0]),
            "ci_lower": float(chosen.ci_low[0]),
            "ci_upper": float(chosen.ci_high[0]),
            "p": float(chosen.p[0]),
            "tau2": chosen.tau2,
            "weights": chosen.weights,
            "LRT": {"statistic": chosen.ratio, "df": chosen.ratio_df, "p": chosen.ratio_p},
            "converged": chosen.converged,
        }
    )
    if bias.random is not None:
        document["random_effects"] = {
            "egger": _slope(bias.random[0]),
            "pet": _intercept(bias.random[0]),
            "peese": _intercept(bias.random[1]),
        }
    return document


_ERRORS = {
    Model.FIXED: "weighted least squares",
    Model.RANDOM: "random effects (REML)",
    Model.THREE_LEVEL: "three levels (REML) with CR2",
}


def _slope(one: SmallStudies) -> dict[str, Any]:
    return {**_line(one.slope), "limit": one.intercept.estimate, "model": _ERRORS[one.model]}


def _intercept(one: SmallStudies) -> dict[str, Any]:
    return {**_line(one.intercept), "slope": _line(one.slope), "model": _ERRORS[one.model]}


def _line(line: Line) -> dict[str, Any]:
    return {
        "estimate": line.estimate,
        "se": line.se,
        "statistic": line.statistic,
        "df": None if math.isnan(line.df) else line.df,
        "p": line.p,
        "ci_lower": line.low,
        "ci_upper": line.high,
    }


def _chart(found: Found) -> dict[str, Any]:
    from openalliance.cli.meta.picture import picture

    return picture(found)
