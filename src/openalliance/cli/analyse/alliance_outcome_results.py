"""What ``analyse alliance-outcome`` shows: JSON, table, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openalliance.charts.known import Kind
from openalliance.core.evidence.own.questions import (
    LEAST_CLIENTS_HERE,
    LEAST_IN_A_PART,
    LEAST_PAIRS,
)

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.charts.known_words import Told
    from openalliance.core.evidence.own.pooling import Pooled
    from openalliance.core.evidence.own.questions import Here, Row, Within
    from openalliance.core.evidence.own.relation import Contrast, Relation
    from openalliance.core.evidence.published import Finding

Json = dict[str, Any]
_MARKS = {Kind.PUBLISHED: "■", Kind.OWN: "●", Kind.TOGETHER: "◆"}


def document(
    here: Here, findings: Sequence[Finding], used: Finding, settings: Mapping[str, Any]
) -> Json:
    prior = here.prior
    return {
        "n_clients": here.clients,
        "published": [_finding(one) for one in findings],
        "prior": {
            "finding": used.key, "z": prior.mean, "se": prior.se, "between_sd": prior.between,
            "between_is_bound": prior.bounded, "worth_clients": prior.worth,
        },
        "overall": _row(here.overall),
        "within": _within(here.within),
        "modality": [_row(one) for one in here.modalities],
        "rater": [_row(one) for one in here.raters],
        "rater_difference": _contrast(here.rater_contrast),
        "time": [_row(one) for one in here.times],
        "time_difference": _contrast(here.time_contrast),
        "least": {
            "clients": LEAST_CLIENTS_HERE, "clients_of_a_part": LEAST_IN_A_PART,
            "pairs": LEAST_PAIRS,
        },
        "settings": dict(settings),
    }  # fmt: skip


def rows(here: Here, findings: Iterable[Finding]) -> list[Json]:
    table = [_line("overall", one.key, "published", one.estimate, one.interval) for one in findings]
    parts = (
        ("overall", (here.overall,)), ("modality", here.modalities), ("rater", here.raters),
        ("time", here.times),
    )  # fmt: skip
    for question, of in parts:
        for row in of:
            if row.own is not None:
                own = row.own
                ends = (own.low, own.high)
                table.append(_line(question, row.name, "own", own.r, ends, clients=own.clients))
            if row.together is not None:
                both = row.together
                ends = (both.low, both.high)
                table.append(
                    _line(
                        question,
                        row.name,
                        "together",
                        both.r,
                        ends,
                        clients=row.clients,
                        weight=both.own_weight,
                    )
                )
    table += [
        _line("within", one.name, "own", one.estimate, (one.low, one.high),
              clients=here.within.clients)
        for one in here.within.slopes
    ]  # fmt: skip
    return table


def say(console: Console, told: Sequence[Told]) -> None:
    from rich.table import Table

    for one in told:
        console.print(f"\n{one.title}", markup=False, style="bold")
        if one.rows:
            grid = Table(box=None, pad_edge=False, show_header=False)
            for row in one.rows:
                grid.add_row(_MARKS[row.kind], row.label, row.words)
            console.print(grid, markup=False)
        for words in one.reading:
            console.print(words, markup=False)
    console.print("\n■ published  ● this practice  ◆ both together", markup=False)


def _line(
    question: str,
    name: str,
    kind: str,
    estimate: float,
    interval: tuple[float, float] | None,
    *,
    clients: int | None = None,
    weight: float | None = None,
) -> Json:
    return {
        "question": question,
        "row": name,
        "kind": kind,
        "estimate": estimate,
        "ci_lower": interval[0] if interval else None,
        "ci_upper": interval[1] if interval else None,
        "clients": clients,
        "own_weight": weight,
    }


def _finding(one: Finding) -> Json:
    return {
        "finding": one.key,
        "population": one.population,
        "measure": one.measure.value,
        "estimate": one.estimate,
        "ci_lower": one.interval[0] if one.interval else None,
        "ci_upper": one.interval[1] if one.interval else None,
        "studies": one.k,
        "source": one.source,
    }


def _row(row: Row) -> Json:
    return {
        "row": row.name,
        "clients": None if row.hidden else row.clients,
        "own": _relation(row.own),
        "together": _pooled(row.together),
        "lacking": row.lacking.value if row.lacking else None,
        "hidden": row.hidden.value if row.hidden else None,
    }


def _relation(own: Relation | None) -> Json | None:
    if own is None:
        return None
    return {
        "r": own.r, "ci_lower": own.low, "ci_upper": own.high, "z": own.z,
        "z_variance": own.variance,
    }  # fmt: skip


def _pooled(found: Pooled | None) -> Json | None:
    if found is None:
        return None
    return {
        "r": found.r, "ci_lower": found.low, "ci_upper": found.high,
        "own_weight": found.own_weight,
    }  # fmt: skip


def _contrast(found: Contrast | None) -> Json | None:
    if found is None:
        return None
    return {
        "difference": found.difference, "ci_lower": found.low, "ci_upper": found.high,
        "clients": found.clients,
    }  # fmt: skip


def _within(within: Within) -> Json:
    return {
        "clients": within.clients,
        "pairs": within.pairs,
        "slopes": [
            {"path": one.name, "estimate": one.estimate, "ci_lower": one.low, "ci_upper": one.high}
            for one in within.slopes
        ],
        "lacking": within.lacking.value if within.lacking else None,
        "hidden": within.hidden.value if within.hidden else None,
        "notes": list(within.notes),
    }
