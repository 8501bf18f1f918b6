"""What was kept after the ending, for a person."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openalliance.core.course.maintenance.fate import Fate

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.core.course.maintenance.analysis import Maintenance, Wave


def say(console: Console, found: Maintenance, gain: dict[str, float] | None, score: str) -> None:
    """Print sentences, then the waves, then the what-ifs of the last wave."""
    console.print(_clients(found), markup=False)
    last = next((one for one in reversed(found.waves) if _known(one)), found.waves[0])
    if last.wave > 0.0:
        console.print(_mean(found, last, score), markup=False)
    if gain is not None and not math.isnan(gain["share_kept"]) and last is found.waves[-1]:
        console.print(
            f"The episode had brought {gain['points']:.1f} points; {gain['share_kept']:.0%} of it "
            "is there at the last wave, by the same estimate."
        )
    if found.trend is not None:
        slope = found.trend.slope
        console.print(
            f"Straight line since the ending: {slope.value:+.2f} points a month "
            f"({slope.low:+.2f} to {slope.high:+.2f})."
        )
    _relapse(console, found)
    _waves(console, found)
    if last.wave > 0.0 and last.response.count < last.response.n:
        _what_if(console, found, last)


def months(wave: float) -> str:
    """Return a wave in words."""
    return f"{wave:g} month{'' if wave == 1.0 else 's'}"


def _known(one: Wave) -> bool:
    return not math.isnan(one.weighted.mean.value)


def _clients(found: Maintenance) -> str:
    counts = {fate: share.count for fate, share in found.summary.items()}
    known = found.n - counts[Fate.UNKNOWN]
    return (
        f"{found.n:,} clients left; {known:,} answered at least once since. Of these, at their last"
        f" answer, {counts[Fate.KEPT]:,} had kept what they had at the ending, "
        f"{counts[Fate.GROWN]:,} had grown and {counts[Fate.LOST]:,} had lost "
        f"{found.settings.limit:.3g} points or more. "
        f"Of {counts[Fate.UNKNOWN]:,} nothing is known."
    )


def _mean(found: Maintenance, last: Wave, score: str) -> str:
    change = last.weighted.change
    return (
        f"At {months(last.wave)}, {last.response.value:.0%} answered. Their mean {score} was "
        f"{last.observed.value:.1f}; of all who left it is estimated at "
        f"{last.weighted.mean.value:.1f}, {round(change.value, 1) + 0.0:+.1f} since the ending "
        f"({found.settings.confidence:.0%} interval {change.low:+.1f} to {change.high:+.1f})."
    )


def _relapse(console: Console, found: Maintenance) -> None:
    curve = found.survival
    if curve is None:
        console.print("Nobody could relapse: all were beyond the threshold at the ending already.")
        return
    end = [step for step in curve.steps if step.at_risk][-1]
    watched = curve.n - sum(step.censored for step in curve.steps if step.time == 0.0)
    median = (
        "a median is not reached" if math.isnan(curve.median)
        else f"half had relapsed by {months(curve.median)} (median)"
    )  # fmt: skip
    console.print(
        f"Relapse seen in {curve.relapses:,} of {watched:,} who answered and could have one. "
        f"Estimated free of it at "
        f"{months(end.time)}: {end.survival:.0%}{_between(end.low, end.high)}; {median}."
    )


def _between(low: float, high: float) -> str:
    return "" if math.isnan(low) else f" ({low:.0%} to {high:.0%})"


def _waves(console: Console, found: Maintenance) -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False)
    names = ["Month", "Answered", "Mean of\nthese", "Mean\nof all", "Interval", "Worth"]
    bounded = found.settings.scale is not None
    names += ["Best–worst"] if bounded else []
    for name in [*names, "Free of\nrelapse"]:
        grid.add_column(name, justify="right")
    free = {step.time: step for step in found.survival.steps} if found.survival else {}
    for one in found.waves:
        mean = one.weighted.mean
        cells = [
            f"{one.wave:g}",
            f"{one.response.count:,} ({one.response.value:.0%})",
            _points(one.observed.value),
            _points(mean.value),
            f"{mean.low:.1f} to {mean.high:.1f}" if _known(one) else "–",
            f"{one.weighted.effective_n:.0f}",
        ]
        if bounded and one.bounds is not None:
            cells.append(f"{one.bounds.best:.1f}–{one.bounds.worst:.1f}")
        step = free.get(one.wave)
        cells.append("–" if step is None or not step.at_risk else f"{step.survival:.0%}")
        grid.add_row(*cells)
    console.print(grid)
    console.print("“Worth”: as many answers of equal weight would say as much.")


def _points(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1f}"


def _what_if(console: Console, found: Maintenance, last: Wave) -> None:
    from rich.table import Table

    mixture = last.mixture
    if mixture is None:
        return
    console.print(f"What if those silent at {months(last.wave)} are worse than predicted?")
    grid = Table(box=None, pad_edge=False)
    for name in ("Worse by", "Mean of all", "Interval", "Worse than at the ending by"):
        grid.add_column(name, justify="right")
    for at in mixture.curve:
        grid.add_row(
            f"{at.delta:.3g}",
            f"{at.mean:.1f}",
            f"{at.low:.1f} to {at.high:.1f}",
            f"{at.worsening:+.1f} ({at.worsening_low:+.1f} to {at.worsening_high:+.1f})",
        )
    console.print(grid)
    limit = f"{found.settings.limit:.3g}"
    if not math.isnan(mixture.tipping):
        sure = ""
        if mixture.tipping_sure == 0.0:
            sure = "; but the interval leaves it open even if silence says nothing"
        elif not math.isnan(mixture.tipping_sure):
            sure = f"; from {mixture.tipping_sure:.1f} on it is no longer sure"
        console.print(
            f"On average it is kept (worse by less than {limit}) unless the silent are "
            f"{mixture.tipping:.1f} points worse than predicted{sure}."
        )
    else:
        console.print(
            f"On average it is not kept: worse by {limit} or more even if silence says nothing."
        )
