"""The same questions as multilevel regressions around the clients' plain means.

What most published studies fit: predictors less the client's mean, the client's mean beside them,
random effects of clients, restricted maximum likelihood. With a lagged outcome these estimates
carry the bias of few sessions; they are there to be compared with the literature.
"""

from __future__ import annotations

import numpy as np

from openalliance.core.course.within_between.panel import Array, Index, paired, sessions_of
from openalliance.core.estimation.mixed import MixedFit, fit


def lagged_model(client: Index, time: Array, outcome: Array, alliance: Array, lag: int) -> MixedFit:
    """Fit the outcome on outcome and alliance ``lag`` sessions earlier, with random intercepts.

    Columns as in `within_between`. Means are those of all complete sessions of a client; the
    client's mean alliance is centred at its mean over all clients.

    Raises
    ------
    InputError
        If nobody has two sessions ``lag`` apart, or the model cannot be fitted.
    """
    sessions = sessions_of(client, time, outcome, alliance)
    pairs = paired(sessions, lag)
    means = sessions.client_means()[sessions.client]
    before = (sessions.values - means)[pairs.earlier]
    between = means[pairs.later, 1] - sessions.client_means()[:, 1].mean()
    x = np.column_stack([np.ones(len(before)), before, between])
    return fit(
        sessions.values[pairs.later, 0],
        x,
        sessions.client[pairs.later],
        terms=("Intercept", "outcome_before_within", "alliance_before_within", "alliance_between"),
    )


def same_session_model(client: Index, time: Array, outcome: Array, alliance: Array) -> MixedFit:
    """Fit the outcome on the same session's alliance, whose slope differs between clients.

    Raises
    ------
    InputError
        If no session has both values, or the model cannot be fitted.
    """
    sessions = sessions_of(client, time, outcome, alliance)
    means = sessions.client_means()[sessions.client, 1]
    within = sessions.values[:, 1] - means
    ones = np.ones(within.size)
    return fit(
        sessions.values[:, 0],
        np.column_stack([ones, within, means - sessions.client_means()[:, 1].mean()]),
        sessions.client,
        z=np.column_stack([ones, within]),
        terms=("Intercept", "alliance_within", "alliance_between"),
        random_terms=("Intercept", "alliance_within"),
    )
