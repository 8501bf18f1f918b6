"""Cautions that go with an analysis of change, in plain language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openalliance.core.course.change_methods.hierarchical import LEAST_SCORES, Slopes
from openalliance.core.course.change_methods.selection import PrePost
from openalliance.core.course.change_methods.words import UNDEFINED, ChangeApproach, ChangeMethod

if TYPE_CHECKING:
    from openalliance.core.course.change_methods.analysis import ChangeAnalysis

FEW_CLIENTS = 30
"""Clients below which an SD computed from them is called uncertain (its error is 13 % at 30)."""

FEW_FOR_SLOPES = 100
"""Clients below which the variances' own error is felt: 84 % of 95 % intervals hold the truth with
40 clients of four scores each, 91 % with 100 (simulated)."""


def left_out(pairs: PrePost, slopes: Slopes | None, analysed: int) -> tuple[str, ...]:
    """Who is not analysed, and why."""
    if slopes is not None:
        missing = pairs.pre.size - analysed
        return (
            (f"{clients(missing)} with fewer than {LEAST_SCORES} scores left out.",)
            if missing
            else ()
        )
    if analysed == pairs.pre.size:
        return ()
    pre, post = np.isnan(pairs.pre), np.isnan(pairs.post)
    reasons = (
        (pairs.once, "with one time only"),
        (int(np.count_nonzero(post & ~pre)) - pairs.once, "without a post score"),
        (int(np.count_nonzero(pre & ~post)), "without a pre score"),
        (int(np.count_nonzero(pre & post)), "without either score"),
    )
    return tuple(f"{clients(count)} {why} left out." for count, why in reasons if count > 0)


def cautions(found: ChangeAnalysis) -> tuple[str, ...]:
    """What to keep in mind about the result."""
    notes = list(found.slopes.notes) if found.slopes is not None else []
    settings, n = found.settings, found.clients.size
    if found.slopes is not None and n < FEW_FOR_SLOPES:
        notes.append(
            f"With {clients(n)} the slopes' errors are somewhat too small: the model's variances"
            " are taken as known."
        )
    undefined = int(np.count_nonzero(found.codes == UNDEFINED))
    if undefined and settings.approach is ChangeApproach.PERCENTAGE:
        notes.append(
            f"{clients(undefined)} with a pre score of 0: no percentage of it is defined, so they"
            " have no category."
        )
    elif undefined:
        notes.append(
            f"{clients(undefined)} without a category: the clients' changes do not differ by more"
            " than their error, and this method then says nothing about one of them."
        )
    from_sample = settings.uses_cutoff or (settings.uses_index and settings.sd is None)
    if from_sample and found.slopes is None and n < FEW_CLIENTS:
        notes.append(f"Means and SDs are computed from {clients(n)} only and are uncertain.")
    if settings.method is ChangeMethod.NUNNALLY_KOTSCH and settings.reliability_post is None:
        notes.append(
            "The post score's reliability was not given and is taken to be the pre score's."
        )
    functional = settings.functional_mean
    if settings.uses_cutoff and functional is not None:
        towards = settings.sign * (functional - found.sample.pre_mean)
        if not towards > 0.0:
            notes.append(
                "The functional population's mean is not better than the clients' pre mean:"
                " a cut-off between them has no meaning; is the direction right?"
            )
    return tuple(notes)


def clients(count: int) -> str:
    """The count with its noun."""
    return f"{count} client" if count == 1 else f"{count} clients"
