"""Published findings, as facts with their sources: what a practice's own figures stand beside.

Only what a source states is here; where it gives no interval or number, there is none. Findings
are not pooled, and none is a target.

References
----------
Barkham, M., De Jong, K., Delgadillo, J., & Lutz, W. (2023). Routine outcome monitoring (ROM) and
feedback: Research review and recommendations. *Psychotherapy Research, 33*(7), 841-855.

Eubanks, C. F., Muran, J. C., & Safran, J. D. (2018). Alliance rupture repair: A meta-analysis.
*Psychotherapy, 55*(4), 508-519.

Flückiger, C., Del Re, A. C., Wampold, B. E., & Horvath, A. O. (2018). The alliance in adult
psychotherapy: A meta-analytic synthesis. *Psychotherapy, 55*(4), 316-340.

Horvath, A. O., Del Re, A. C., Flückiger, C., & Symonds, D. (2011). Alliance in individual
psychotherapy. *Psychotherapy, 48*(1), 9-16.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from openalliance.core.errors import InputError, NotFoundError


class Measure(Enum):
    """What a published number is."""

    R = "r"
    """A correlation."""
    D = "d"
    """A standardised mean difference."""
    ODDS_RATIO = "odds ratio"
    SHARE = "share"
    """A proportion, from 0 to 1."""
    RHO = "rho"
    """A rank correlation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One published number.

    Parameters
    ----------
    key
        Its name in this table.
    topic
        What it belongs to, such as “alliance and outcome”.
    finding, population
        What was found, in whom.
    measure, estimate
        What the number is, and the number.
    interval
        The published interval; ``None`` where none is known here.
    k, n
        Studies and persons; ``None`` where unknown.
    source
        Authors and year.
    note
        What must be known to read it; may be empty.
    """

    key: str
    topic: str
    finding: str
    population: str
    measure: Measure
    estimate: float
    interval: tuple[float, float] | None
    k: int | None
    n: int | None
    source: str
    note: str


@cache
def published() -> Mapping[str, Finding]:
    """Return every finding by its key, in the order of the table.

    Examples
    --------
    >>> found = published()["alliance-outcome-2018"]
    >>> found.estimate, found.interval, found.k, found.source
    (0.278, (0.256, 0.299), 295, 'Flückiger et al. 2018')
    """
    text = files("openalliance.core.evidence").joinpath("published.csv").read_text(encoding="utf-8")
    return MappingProxyType(read_findings(text))


def finding(key: str) -> Finding:
    """Return one finding.

    Raises
    ------
    NotFoundError
        There is none of this name.
    """
    try:
        return published()[key]
    except KeyError:
        raise NotFoundError(f"there is no published finding “{key}”") from None


def about(topic: str) -> tuple[Finding, ...]:
    """Return the findings of a topic, in the order of the table."""
    return tuple(one for one in published().values() if one.topic == topic)


def topics() -> tuple[str, ...]:
    """Return the topics, in the order of the table."""
    return tuple(dict.fromkeys(one.topic for one in published().values()))


def read_findings(text: str) -> dict[str, Finding]:
    """Read a table of findings.

    Parameters
    ----------
    text
        CSV with the columns of `Finding`, ``interval`` as ``low`` and ``high``.

    Raises
    ------
    InputError
        A row is incomplete or impossible; the row is named.
    """
    found: dict[str, Finding] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=1):
        try:
            one = _finding(row)
        except (KeyError, ValueError, TypeError, AttributeError) as fault:
            raise InputError(f"cannot be read: {fault}", where=f"row {number}") from None
        if one.key in found:
            raise InputError(f"“{one.key}” is there twice", where=f"row {number}")
        found[one.key] = one
    return found


def _finding(row: Mapping[str, str]) -> Finding:
    for column in ("key", "topic", "finding", "population", "source"):
        if not row[column].strip():
            raise ValueError(f"{column} is empty")
    measure, estimate = Measure(row["measure"]), float(row["estimate"])
    interval = None
    if row["low"] or row["high"]:
        interval = (float(row["low"]), float(row["high"]))
    _check(measure, estimate, interval)
    return Finding(
        key=row["key"],
        topic=row["topic"],
        finding=row["finding"],
        population=row["population"],
        measure=measure,
        estimate=estimate,
        interval=interval,
        k=_count(row["k"]),
        n=_count(row["n"]),
        source=row["source"],
        note=row["note"],
    )


_LIMITS: Mapping[Measure, tuple[float, float]] = {
    Measure.R: (-1.0, 1.0),
    Measure.RHO: (-1.0, 1.0),
    Measure.SHARE: (0.0, 1.0),
    Measure.ODDS_RATIO: (0.0, math.inf),
    Measure.D: (-math.inf, math.inf),
}


def _check(measure: Measure, estimate: float, interval: tuple[float, float] | None) -> None:
    low, high = _LIMITS[measure]
    if not (math.isfinite(estimate) and low <= estimate <= high):
        raise ValueError(f"no {measure.value} is {estimate}")
    if interval is not None and not low <= interval[0] <= estimate <= interval[1] <= high:
        raise ValueError("the interval does not hold the estimate")


def _count(text: str) -> int | None:
    if not text:
        return None
    count = int(text)
    if count < 1:
        raise ValueError(f"no number of studies or persons is {count}")
    return count
