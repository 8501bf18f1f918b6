"""What ``analyse within-between`` shows: JSON, table, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openalliance.core.course.within_between.analysis import Estimate, Path, WithinBetween
from openalliance.core.course.within_between.multilevel import lagged_model, same_session_model
from openalliance.core.errors import InputError
from openalliance.core.estimation.mixed import MixedFit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from rich.console import Console

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The multilevel regressions, ``None`` where one cannot be fitted."""

    lagged: MixedFit | None
    same_session: MixedFit | None
    notes: tuple[str, ...]


def multilevel(
    who: NDArray[Any], time: NDArray[Any], outcome: NDArray[Any], alliance: NDArray[Any], lag: int
) -> Models:
    notes: list[str] = []

    def tried(words: str, model: Callable[[], MixedFit]) -> MixedFit | None:
        try:
            found = model()
        except InputError as fault:
            notes.append(f"The multilevel model of {words} cannot be fitted: {fault.what}.")
            return None
        notes.extend(f"Multilevel model of {words}: {note}" for note in found.notes)
        return found

    return Models(
        lagged=tried("the later session", lambda: lagged_model(who, time, outcome, alliance, lag)),
        same_session=tried(
            "the same session", lambda: same_session_model(who, time, outcome, alliance)
        ),
        notes=tuple(notes),
    )


def interval(one: Estimate) -> Row:
    return {
        "estimate": one.estimate,
        "se": one.se,
        "ci_lower": one.low,
        "ci_upper": one.high,
    }


def best(found: WithinBetween, path: Path) -> Estimate:
    """Return the corrected estimate; for longer lags there is only the uncorrected one."""
    return path.corrected if found.lag == 1 else path.uncorrected


def document(found: WithinBetween, models: Models, settings: Mapping[str, Any]) -> Row:
    within = {
        f"{path.source}_to_{path.target}": interval(best(found, path))
        | {
            "bias_corrected": found.lag == 1,
            "standardised": interval(path.standardised),
            "uncorrected": interval(path.uncorrected),
        }
        for path in found.paths
    }
    return {
        "n_rows": found.n_rows,
        "n_clients": found.n_clients,
        "n_pairs": found.n_pairs,
        "n_clients_within": found.n_clients_used,
        "pairs_per_client": found.pairs_per_client,
        "within": within,
        "between": {"alliance_to_outcome": interval(found.between)},
        "error_correlation": found.error_correlation,
        "multilevel": {
            "lagged": _model(models.lagged),
            "same_session": _model(models.same_session),
        },
        "bootstrap": {"draws": found.draws, "without_estimate": found.lost},
        "settings": dict(settings),
    }


def _model(fit: MixedFit | None) -> Row | None:
    if fit is None:
        return None
    return {
        "n_rows": fit.n_rows,
        "n_clients": fit.n_groups,
        "reml": fit.reml,
        "loglik": fit.loglik,
        "fixed": [
            {"term": term, "estimate": estimate, "se": se, "df": df, "statistic": t, "p": p}
            for term, estimate, se, df, t, p in zip(
                fit.terms, fit.estimate.tolist(), fit.se.tolist(), fit.df.tolist(),
                fit.statistic.tolist(), fit.p.tolist(), strict=True,
            )
        ],
        "random": {"sd": dict(zip(fit.random_terms, fit.random_sd.tolist(), strict=True))},
        "residual_sd": fit.residual_sd,
        "converged": fit.converged,
    }  # fmt: skip


def rows(found: WithinBetween) -> list[Row]:
    table = [
        {"part": "within", "from": path.source, "to": path.target}
        | interval(best(found, path))
        | {"standardised": path.standardised.estimate, "uncorrected": path.uncorrected.estimate}
        for path in found.paths
    ]
    between = {"part": "between", "from": "alliance", "to": "outcome"} | interval(found.between)
    return [*table, between | {"standardised": None, "uncorrected": None}]


def say(
    console: Console, found: WithinBetween, *, better: str, alliance: str, outcome: str
) -> None:
    from rich.table import Table

    console.print(_sentence(found, better), markup=False)
    console.print(_reverse(found, better), markup=False)
    console.print(
        f"{found.n_pairs:,} pairs of sessions of {found.n_clients_used:,} clients "
        f"(half have {found.pairs_per_client:g} pairs or more).",
        markup=False,
    )
    names = {"alliance": alliance, "outcome": outcome}
    grid = Table(box=None, pad_edge=False)
    grid.add_column("Earlier → later session")
    for heading in ("Estimate", f"{found.confidence:.0%} interval", "In SDs", "Uncorrected"):
        grid.add_column(heading, justify="right")
    for path in found.paths:
        estimate = best(found, path)
        grid.add_row(
            f"{names[path.source]} → {names[path.target]}",
            _signed(estimate.estimate),
            _range(estimate),
            _signed(path.standardised.estimate),
            _signed(path.uncorrected.estimate),
        )
    grid.add_row(
        "Between clients’ means", _signed(found.between.estimate), _range(found.between), "", ""
    )
    console.print(grid, markup=False)
    console.print(
        f"Points of the later rating per point of the earlier; {outcome} is better {better}."
    )


def _sentence(found: WithinBetween, better: str) -> str:
    estimate = best(found, found.path("alliance", "outcome"))
    if not estimate.low <= estimate.high:
        return "Whether a better alliance precedes a better next session cannot be said."
    later = "the next session" if found.lag == 1 else f"the session {found.lag} later"
    amount = f"{abs(estimate.estimate):.3g} points [{_range(estimate)}]"
    if estimate.low <= 0.0 <= estimate.high:
        return (
            "Whether an alliance better than usual for the client precedes a better outcome at "
            f"{later} is open: {estimate.estimate:+.3g} points per point [{_range(estimate)}]."
        )
    good = (estimate.estimate < 0.0) == (better == "lower")
    return (
        f"An alliance one point better than usual for the client precedes an outcome {amount} "
        f"{'better' if good else 'worse'} than usual at {later}."
    )


def _reverse(found: WithinBetween, better: str) -> str:
    estimate = best(found, found.path("outcome", "alliance"))
    if not estimate.low <= estimate.high:
        return "The other way round cannot be said either."
    if estimate.low <= 0.0 <= estimate.high:
        return (
            "The other way round, from outcome to the later alliance, is open: "
            f"{estimate.estimate:+.3g} [{_range(estimate)}]."
        )
    good = (estimate.estimate < 0.0) == (better == "lower")
    return (
        "The other way round, an outcome one point better than usual precedes an alliance "
        f"{abs(estimate.estimate):.3g} points [{_range(estimate)}] "
        f"{'better' if good else 'worse'} than usual."
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}" if value == value else "–"  # noqa: PLR0124 (nan)


def _range(one: Estimate) -> str:
    return f"{one.low:+.3f}, {one.high:+.3f}" if one.low <= one.high else "–"
