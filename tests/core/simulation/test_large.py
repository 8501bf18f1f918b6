"""Very large cohorts in blocks."""

from __future__ import annotations

import numpy as np

from openalliance.core.simulation import SimulationSettings
from openalliance.core.simulation.large import SESSION_COLUMNS, session_blocks


def test_blocks_are_whole_clients_in_order() -> None:
    settings = SimulationSettings(clients=25, sessions=10)
    blocks = list(session_blocks(settings, np.random.default_rng(3), block=10))
    assert [tuple(block) for block in blocks] == [SESSION_COLUMNS] * 3
    joined = {name: np.concatenate([block[name] for block in blocks]) for name in SESSION_COLUMNS}
    client, session = joined["client"], joined["session"]
    assert np.unique(client).tolist() == list(range(1, 26))
    same = client[1:] == client[:-1]
    assert (np.diff(client) >= 0).all()
    assert (np.diff(session)[same] == 1).all()
    assert (np.diff(joined["day"])[same] > 0).all()
    assert (session[np.append(True, ~same)] == 1).all()
    for name in SESSION_COLUMNS[3:]:
        values = joined[name][~np.isnan(joined[name])]
        assert values.size > 0
        assert ((values >= 0.0) & (values <= 10.0)).all()


def test_the_same_seed_gives_the_same_cohort() -> None:
    settings = SimulationSettings(clients=8)
    one, other = (next(session_blocks(settings, np.random.default_rng(1))) for _ in range(2))
    np.testing.assert_array_equal(one["outcome"], other["outcome"])
