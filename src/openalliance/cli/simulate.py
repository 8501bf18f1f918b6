"""``openalliance simulate``: a cohort with a known truth, as long records."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openalliance.cli.delivery import TABLE_SUFFIXES, target, write_table

if TYPE_CHECKING:
    import polars as pl

    from openalliance.core.simulation import Cohort

BEGIN = date(2025, 1, 6)
"""First day of a simulated cohort: fixed, so that the same seed gives the same file."""


@click.command(
    epilog="Example: openalliance simulate --clients 200 --therapists 10 --seed 7 --out cohort.csv"
)
@click.option("--clients", type=click.IntRange(1, 1_000_000), default=60, show_default=True)
@click.option("--therapists", type=click.IntRange(1, 100_000), default=3, show_default=True)
@click.option(
    "--sessions", type=click.IntRange(6, 200), default=16, show_default=True,
    help="Most sessions of an episode.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True,
    help="The same seed gives the same cohort.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True,
    callback=target(TABLE_SUFFIXES),
    help="Where the records go: .csv, .parquet or .json.",
)  # fmt: skip
@click.option(
    "--truth", type=click.Path(path_type=Path, dir_okay=False), callback=target(TABLE_SUFFIXES),
    help="Where the truth behind them goes.",
)  # fmt: skip
def simulate(
    clients: int,
    therapists: int,
    sessions: int,
    seed: int,
    out: Path,
    truth: Path | None,
) -> None:
    """Make up a cohort of clients whose truth is known.

    Writes what a practice would have recorded, one row per answer, with the columns client,
    therapist, episode, session, date, rater, instrument, item and value. Nobody in it is real.
    """
    import numpy as np

    from openalliance.core import simulation

    settings = simulation.SimulationSettings(
        clients=clients, therapists=therapists, sessions=sessions
    )
    cohort = simulation.simulate(settings, np.random.default_rng(seed))
    records = _records(cohort, BEGIN)
    write_table(out, records)
    if truth is not None:
        import polars as pl

        write_table(truth, pl.DataFrame(simulation.truth_records(cohort)))
    click.echo(f"{clients} clients, {records.height} answers: {out}", err=True)


def _records(cohort: Cohort, begin: date) -> pl.DataFrame:
    import polars as pl

    from openalliance.core import simulation

    frame = pl.DataFrame(simulation.long_records(cohort, begin))
    no_session = pl.col("session") < 0
    return frame.with_columns(
        pl.when(no_session).then(None).otherwise(pl.col("session")).alias("session"),
        pl.col("date").cast(pl.Date),
    )
