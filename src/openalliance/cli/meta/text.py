"""A meta-analysis in words and a small table, for whoever reads it first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openalliance.cli.meta.cumulative import cumulative_rows
from openalliance.cli.meta.diagnostics import OUTLYING, diagnostic_rows, names_of, outlying
from openalliance.core.evidence.meta.values import Model

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.cli.meta.analysis import Bias, Found
    from openalliance.core.evidence.bias.regression import Line
    from openalliance.core.evidence.meta.robust import Robust
    from openalliance.core.evidence.meta.values import JointTest, MetaFit

_MOST_NAMED = 5
_NAMES = {
    Model.FIXED: "Fixed-effect model",
    Model.RANDOM: "Random-effects model",
    Model.THREE_LEVEL: "Three-level model",
}


def say(found: Found, console: Console) -> None:
    """Print what was found."""
    for line in _head(found):
        console.print(line, markup=False)
    if found.prediction is None:
        _table(console, found.fit, "Coefficient", found.fit.data.terms)
        _joint(console, found.fit.joint, found.r2)
    for line in _differences(found):
        console.print(line, markup=False)
    if found.robust is not None:
        _robust(console, found, found.robust)
    for line in _profiles(found):
        console.print(line, markup=False)
    if found.influence is not None:
        _influence(console, found)
    if found.cumulative is not None:
        _cumulative(console, found)
    if found.bias is not None:
        for line in _bias(found.bias):
            console.print(line, markup=False)


def probability(p: float) -> str:
    """Return a p value as it is written."""
    if math.isnan(p):
        return "p unknown"
    return "p < .001" if p < 0.0005 else f"p = {f'{p:.3f}'.lstrip('0')}"


def number(value: float) -> str:
    """Return a value with the digits that are worth reading."""
    if math.isnan(value):
        return "–"
    if abs(value) < 1e-12:
        return "0"
    shown = f"{value:.3f}" if abs(value) >= 0.01 else f"{value:.3g}"
    return shown.replace("-", "−")


def _interval(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"


def _head(found: Found) -> list[str]:
    fit = found.fit
    by = "" if fit.model is Model.FIXED else f" ({fit.method.value})"
    of = "1 effect" if fit.data.k == 1 else f"{fit.data.k:,} effects"
    if found.study is not None:
        of += f" of {fit.data.n_studies:,} {'study' if fit.data.n_studies == 1 else 'studies'}"
    said = [f"{_NAMES[fit.model]}{by}: {of}, on the scale of {found.scale.value}."]
    further = found.prediction
    if further is None:
        return said
    low, high = float(further.low[0]), float(further.high[0])
    said.append(
        f"On average {number(float(fit.estimate[0]))} ({100 * fit.level:g} % interval"
        f" {_interval(low, high)}; {_statistic(fit, 0)}, {probability(float(fit.p[0]))})."
    )
    if found.asked["back_transform"]:
        back = found.scale.back
        said.append(
            f"As {found.scale.read_as}: {number(back(float(fit.estimate[0])))}"
            f" ({_interval(back(low), back(high))})."
        )
    return said


def _statistic(tested: MetaFit | Robust, at: int) -> str:
    if math.isnan(tested.statistic[at]):
        return "none"
    df = float(tested.df[at])
    letter = "z" if math.isnan(df) else f"t({df:.3g})"
    return f"{letter} = {tested.statistic[at]:.2f}".replace("-", "−")


def _differences(found: Found) -> list[str]:
    fit, beyond = found.fit, found.fit.heterogeneity
    if fit.data.k <= fit.data.p:
        return ["So few effects say nothing about how much true effects differ."]
    left = " beyond the moderators" if fit.joint is not None else ""
    said = []
    if fit.model is Model.RANDOM:
        interval = ""
        if found.tau2_ci is not None:
            interval = f", {100 * fit.level:g} % interval {_interval(*found.tau2_ci)}"
        said.append(
            f"True effects differ{left} with an SD of {number(math.sqrt(fit.tau2))}"
            f" (τ² = {number(fit.tau2)}{interval})."
        )
    elif fit.model is Model.THREE_LEVEL:
        between, within = (math.sqrt(value) for value in fit.sigma2.tolist())
        said.append(
            f"True effects differ{left} between studies with an SD of {number(between)}, within"
            f" studies with {number(within)} (variances {number(float(fit.sigma2[0]))} and"
            f" {number(float(fit.sigma2[1]))})."
        )
    share = f"{beyond.i2:.0f} % of the variance of effects is not sampling error (I²)"
    if beyond.i2_levels:
        share += f": {beyond.i2_levels[0]:.0f} % between studies, {beyond.i2_levels[1]:.0f} within"
    said.append(f"{share}; Q({beyond.q_df}) = {beyond.q:.1f}, {probability(beyond.q_p)}.")
    further = found.prediction
    if further is not None and fit.model is not Model.FIXED:
        low, high = float(further.true_low[0]), float(further.true_high[0])
        extra = ""
        if found.asked["back_transform"]:
            back = found.scale.back
            extra = f", as {found.scale.read_as} {_interval(back(low), back(high))}"
        said.append(
            f"The true effect of a further study like these is expected between {number(low)} and"
            f" {number(high)} ({100 * fit.level:g} % prediction interval{extra})."
        )
    return said


def _table(console: Console, tested: MetaFit | Robust, first: str, terms: tuple[str, ...]) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False)
    grid.add_column(first, overflow="fold")
    for name in ("Estimate", "SE", "Test", "p", f"{100 * tested.level:g} % interval"):
        grid.add_column(name, justify="right")
    for at, term in enumerate(terms):
        p = probability(float(tested.p[at])).removeprefix("p ").removeprefix("= ")
        grid.add_row(
            str(term), number(float(tested.estimate[at])), number(float(tested.se[at])),
            _statistic(tested, at), p,
            _interval(float(tested.ci_low[at]), float(tested.ci_high[at])),
        )  # fmt: skip
    console.print(grid, markup=False)


def _joint(console: Console, joint: JointTest | None, r2: float) -> None:
    if joint is None:
        return
    if math.isnan(joint.statistic):
        console.print("All moderators: no test, for want of an error.", markup=False)
        return
    df = f"{joint.df1:g}" if math.isnan(joint.df2) else f"{joint.df1:g}, {joint.df2:.3g}"
    letter = "χ²" if math.isnan(joint.df2) else "F"
    said = f"All moderators: {letter}({df}) = {joint.statistic:.2f}, {probability(joint.p)}"
    if not math.isnan(r2):
        said += f"; they account for {r2:.0f} % of the variance of true effects"
    console.print(f"{said}.", markup=False)


def _robust(console: Console, found: Found, sure: Robust) -> None:
    console.print(
        f"Whatever the dependence within the {sure.clusters} {_clusters(found)}"
        f" ({sure.correction.value}, Satterthwaite):",
        markup=False,
    )
    _table(console, sure, "Robust", found.fit.data.terms)
    _joint(console, sure.joint, math.nan)


def _clusters(found: Found) -> str:
    cluster = found.asked["cluster"]
    return "studies" if cluster is None else f"clusters by “{cluster}”"


def _influence(console: Console, found: Found) -> None:
    from rich.table import Table

    rows = diagnostic_rows(found) or []
    nested = found.fit.model is Model.THREE_LEVEL
    what = "study" if nested else "effect"
    effects = [row["estimate"] for row in rows if row["estimate"] is not None]
    if not effects:
        console.print(f"Nothing is left to fit without any one {what}.")
        return
    name = "average" if found.prediction is not None else f"“{found.fit.data.terms[0]}”"
    console.print(
        f"Without any one {what} the {name} lies between {number(min(effects))} and"
        f" {number(max(effects))}. {outlying(found)} of {found.fit.data.k} effects lie far from"
        f" what the others let expect (beyond ±{OUTLYING}). What counts most:",
        markup=False,
    )
    grid = Table(box=None, pad_edge=False)
    grid.add_column(what.capitalize(), max_width=36)
    for title in ("Row", "Without it", f"{100 * found.fit.level:g} % interval", "Cook"):
        grid.add_column(title, justify="right")
    names = names_of(found)
    known = [{**row, "at": at} for at, row in enumerate(rows) if not math.isnan(row["cook"])]
    for row in sorted(known, key=lambda row: -float(row["cook"]))[:_MOST_NAMED]:
        called = str(row["study"]) if nested else names[row["at"]]
        grid.add_row(
            called, str(row["row"]), number(row["estimate"]),
            _interval(row["ci_lower"], row["ci_upper"]), number(row["cook"]),
        )  # fmt: skip
    console.print(grid, markup=False)


def _cumulative(console: Console, found: Found) -> None:
    from rich.table import Table

    order = found.asked["cumulative"]
    console.print(f"As results came in, by “{order}”:", markup=False)
    grid = Table(box=None, pad_edge=False)
    grid.add_column("With", max_width=36)
    for title in (order, "Effects", "Estimate", f"{100 * found.fit.level:g} % interval"):
        grid.add_column(title, justify="right")
    for row in cumulative_rows(found) or []:
        if row["estimate"] is None:
            grid.add_row(row["added"], f"{row['order']:g}", "–", "too few to fit", "")
            continue
        grid.add_row(
            row["added"], f"{row['order']:g}", str(row["k"]), number(row["estimate"]),
            _interval(row["ci_lower"], row["ci_upper"]),
        )  # fmt: skip
    console.print(grid, markup=False)


def _profiles(found: Found) -> list[str]:
    return [
        f"Variance {one.component}: {number(one.estimate)}, {100 * found.fit.level:g} %"
        f" profile-likelihood interval {_interval(one.low, one.high)}."
        for one in found.profiles or ()
    ]


def _bias(bias: Bias) -> list[str]:
    said = []
    if bias.egger is not None and bias.peese is not None and bias.corrected is not None:
        slope = bias.egger.slope
        seen = "do" if slope.p < 0.05 else "cannot be shown to"
        more = "larger" if slope.estimate > 0.0 else "smaller"
        said.append(f"Small studies {seen} find {more} effects (Egger: slope {_of(slope)}).")
        said.append(f"Effect of a study without error: PET {_of(bias.egger.intercept)};")
        said.append(f"  PEESE {_of(bias.peese.intercept)}. PET-PEESE takes {bias.corrected.by}.")
    filled = bias.trim_fill
    if filled is not None and filled.missing:
        average = number(float(filled.fit.estimate[0]))
        said.append(
            f"Trim-and-fill: {filled.missing} effects seem to be missing on the"
            f" {filled.side.value}; with them the average is {average}"
            f" ({_interval(float(filled.fit.ci_low[0]), float(filled.fit.ci_high[0]))})."
        )
    elif filled is not None:
        said.append(f"Trim-and-fill: no effects seem to be missing on the {filled.side.value}.")
    chosen = bias.selection
    if chosen is not None:
        said.append(
            "Selection model: results that are not significant are published"
            f" {number(float(chosen.weights[1]))} times as often as others"
            f" (χ²({chosen.ratio_df}) = {chosen.ratio:.2f}, {probability(chosen.ratio_p)});"
            f" allowing for that the average is {number(float(chosen.estimate[0]))}"
            f" ({_interval(float(chosen.ci_low[0]), float(chosen.ci_high[0]))})."
        )
    said.append(f"Fail-safe N: {bias.fail_safe.rosenthal:,}. {bias.fail_safe.warning}")
    return said


def _of(line: Line) -> str:
    return f"{number(line.estimate)} ({_interval(line.low, line.high)}), {probability(line.p)}"
