"""Growth curves in words and a small table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openalliance.cli.analyse.trajectory_rows import Rows

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.core.course.trajectories.growth import GrowthFit
    from openalliance.core.course.trajectories.rules import RuleQuality
    from openalliance.core.estimation.mixed import MixedFit
    from openalliance.core.estimation.proportions import Proportion


def print_growth(console: Console, rows: Rows, found: GrowthFit, rule: RuleQuality | None) -> None:
    """Print what a researcher reads first."""
    from rich.table import Table

    fit = found.fit
    console.print(_sentence(rows, fit), markup=False)
    table = Table("Term", box=None, header_style="bold", padding=(0, 2))
    for name in ("Estimate", "SE", "df", "t", "p"):
        table.add_column(name, justify="right")
    for k, term in enumerate(fit.terms):
        p = float(fit.p[k])
        table.add_row(
            term, f"{fit.estimate[k]:.3f}", f"{fit.se[k]:.3f}", f"{fit.df[k]:.1f}",
            f"{fit.statistic[k]:.2f}", "<.001" if p < 0.001 else f"{p:.3f}",
        )  # fmt: skip
    console.print(table)
    for line in (*_differences(fit), *_likelihood(found)):
        console.print(line, markup=False)
    if rule is not None:
        console.print(_rule(rule), markup=False)


def _sentence(rows: Rows, fit: MixedFit) -> str:
    counted = f"{fit.n_groups:,} clients with {fit.n_rows:,} scores."
    time = rows.columns.time
    if time not in fit.terms or any(time in term.split(":") for term in fit.terms if ":" in term):
        return counted
    from scipy.special import stdtrit

    k = fit.terms.index(time)
    rate, half = float(fit.estimate[k]), float(stdtrit(fit.df[k], 0.975) * fit.se[k])
    low, high, moves = rate - half, rate + half, "changes"
    if low > 0.0 or high < 0.0:
        moves = "rises" if rate > 0.0 else "falls"
        low, high = sorted((abs(low), abs(high)))
        rate = abs(rate)
    return (
        f"{counted} On average the score {moves} by {rate:.2f} [{low:.2f}, {high:.2f}] per unit of"
        f" {rows.time_words}."
    )


def _differences(fit: MixedFit) -> list[str]:
    parts = [
        f"{term} SD {sd:.3f}" for term, sd in zip(fit.random_terms, fit.random_sd, strict=True)
    ]
    if len(parts) > 1:
        correlation = float(fit.random_correlation[1, 0])
        known = f"{correlation:.2f}" if math.isfinite(correlation) else "undefined"
        parts.append(f"correlation {known}")
    lines = [f"Between clients: {', '.join(parts)}. Within: residual SD {fit.residual_sd:.3f}."]
    if fit.upper is not None:
        lines.append(
            f"Between {fit.upper.n_groups} therapists: Intercept SD {fit.upper.sd[0]:.3f}."
        )
    if fit.autocorrelation is not None:
        memory = fit.autocorrelation
        words = f"Residuals one unit of time apart correlate {memory.phi:.2f}"
        if memory.error_share > 0.0:
            words += f", once {memory.error_share:.0%} of their variance is set aside as error"
        lines.append(words + ".")
    return lines


def _likelihood(found: GrowthFit) -> list[str]:
    fit = found.fit
    kind = "REML" if fit.reml else "ML"
    lines = [f"{kind} log-likelihood {fit.loglik:.3f}, AIC {fit.aic:.1f}."]
    if len(found.candidates) > 1:
        tried = ", ".join(f"{one.memory.value} {one.aic:.1f}" for one in found.candidates)
        lines.append(f"Residuals by AIC: {tried}; taken: {found.memory.value}.")
    return lines


def _rule(rule: RuleQuality) -> str:
    def share(of: Proportion) -> str:
        return (
            "unknown" if math.isnan(of.value) else (f"{of.value:.0%} [{of.low:.0%}, {of.high:.0%}]")
        )

    return (
        f"Off-track rule, judged on {rule.n_clients:,} {rule.source}: {share(rule.bad_ends)} ended"
        f" badly; {share(rule.signalled)} had a signal. It found {share(rule.sensitivity)} of the"
        f" bad ends (sensitivity), left {share(rule.specificity)} of the others in peace"
        f" (specificity), and {share(rule.ppv)} of its signals were right (PPV)."
    )
