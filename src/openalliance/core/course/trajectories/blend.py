"""Published norms while a practice is young, its own data later, and both in between.

Each quantity of the expected course is weighted by precision. The published value counts as much
as ``norm_clients`` well-observed clients would: its standard error is the spread over clients (the
residuals' part included) divided by the square root of that number, for an SD of twice that number.
The practice's own value counts by its standard error from the fit. So the own weight is 0 without
data, grows with every client and nears 1::

    weight = norm_se² / (norm_se² + own_se²)

References
----------
Gelman, A., Carlin, J. B., Stern, H. S., Dunson, D. B., Vehtari, A., & Rubin, D. B. (2013).
*Bayesian data analysis* (3rd ed.), section 2.5. CRC Press.
"""

from __future__ import annotations

import math

from openalliance.core.course.settings import OutcomeMeasure
from openalliance.core.course.trajectories.fitted import (
    Estimated,
    FittedTrajectory,
    trajectory_of,
)
from openalliance.core.course.trajectory import Trajectory
from openalliance.core.errors import InputError

NORM_CLIENTS = 30.0
"""How many clients of the practice its published norms are worth (a working value): practices
differ in whom they see, so that even large norms fit any one of them only so well."""

RESIDUAL_IN_RATE = 1.0 / 3.0
"""About what a client's residuals add to that client's rate over a dozen weekly sessions: one over
the root of the sum of squares of log(1 + weeks) about its mean, which is 2.6 there."""


def blend(
    published: Trajectory,
    own: FittedTrajectory | None,
    *,
    norm_clients: float = NORM_CLIENTS,
) -> Trajectory:
    """Return the expected course that uses both, by precision.

    Parameters
    ----------
    published
        Norms: they also give range, direction and level.
    own
        The practice's own; ``None`` while there is none, and then the norms are returned as
        they are.
    norm_clients
        Number of own clients that the norms are worth.

    Raises
    ------
    InputError
        If the two are for different ranges or directions, or ``norm_clients`` is not above 0.
    """
    if own is None:
        return published
    there = own.trajectory
    if (there.minimum, there.maximum, there.better) != (
        published.minimum,
        published.maximum,
        published.better,
    ):
        raise InputError("the two courses are for different scales", where="blend")
    weights = own_weights(published, own, norm_clients=norm_clients).numbers()
    norms, ours = _of(published).numbers(), own.estimates.numbers()
    mixed = {name: norm + weights[name] * (ours[name] - norm) for name, norm in norms.items()}
    share = 100.0 * weights["rate_mean"]
    return trajectory_of(
        Estimated(**mixed),
        _measure_of(published),
        level=published.level,
        source=f"{share:.0f} % from {there.source}, the rest from: {published.source}",
    )


def own_weights(
    published: Trajectory, own: FittedTrajectory, *, norm_clients: float = NORM_CLIENTS
) -> Estimated:
    """Weight of the practice's own data in each quantity, from 0 to 1.

    Where the fit gives no standard error the weight is ``n / (n + norm_clients)`` for ``n``
    clients; what the data do not show at all (the persistence of swings that were not found, a
    correlation with something that does not vary) is taken from the norms.
    """
    if not 0.0 < norm_clients < math.inf:
        raise InputError("norms are worth a number of clients above 0", where="norm_clients")
    norm = _of(published)
    root = math.sqrt(norm_clients)
    spread = norm.residual_sd
    norm_errors = Estimated(
        start_mean=math.hypot(norm.start_sd, spread) / root,
        start_sd=math.hypot(norm.start_sd, spread) / (root * math.sqrt(2.0)),
        rate_mean=math.hypot(norm.rate_sd, RESIDUAL_IN_RATE * spread) / root,
        rate_sd=math.hypot(norm.rate_sd, RESIDUAL_IN_RATE * spread) / (root * math.sqrt(2.0)),
        start_rate_correlation=1.0 / root,
        residual_sd=spread / (root * math.sqrt(2.0)),
        error_share=0.5 / root,
        swing_persistence=0.5 / root,
    ).numbers()
    by_number = own.n_clients / (own.n_clients + norm_clients)
    weights = {}
    for name, error in own.errors.numbers().items():
        prior = norm_errors[name] ** 2
        weights[name] = prior / (prior + error**2) if math.isfinite(error) else by_number
    if own.estimates.error_share == 1.0:
        weights["swing_persistence"] = 0.0
    if 0.0 in (own.estimates.start_sd, own.estimates.rate_sd):
        weights["start_rate_correlation"] = 0.0
    return Estimated(**weights)


def _of(published: Trajectory) -> Estimated:
    residual = math.hypot(published.swing_sd, published.sem)
    return Estimated(
        start_mean=published.start_mean,
        start_sd=published.start_sd,
        rate_mean=published.rate_mean,
        rate_sd=published.rate_sd,
        start_rate_correlation=published.start_rate_correlation,
        residual_sd=residual,
        error_share=(published.sem / residual) ** 2,
        swing_persistence=published.swing_persistence,
    )


def _measure_of(published: Trajectory) -> OutcomeMeasure:
    return OutcomeMeasure(
        better=published.better,
        minimum=published.minimum,
        maximum=published.maximum,
        sem=published.sem,
    )
