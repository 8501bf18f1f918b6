"""A year of work in numbers: what was kept, answered, taken up and repaired, and how it ended.

Each figure is a share of observations, or a mean of ratings, of the clients behind it. In a
practice's year a figure is hidden that rests on few clients or on one therapist alone, and so
are the appointments of a month with few clients. Outcomes,
endings and ruptures are also told over all years elsewhere: there a year is hidden as well when the
other years, which could be had by subtraction, would have to be. A therapist's own year hides
nothing: they know their clients.

References
----------
Hundepool, A., et al. (2012). *Statistical disclosure control*, chapter 4. Wiley.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Behind, Hidden, hidden_groups
from openalliance.core.course.parts import (
    Estimate,
    Observation,
    mean_of,
    means,
    share_of,
    shares,
)
from openalliance.core.errors import InputError

RATINGS = (0.0, 10.0)
"""Ends of the scale on which the alliance is rated."""


class What(StrEnum):
    """What a figure is of."""

    HELD = "held"
    CHECK_INS = "check-ins"
    CHECK_OUTS = "check-outs"
    FOLLOW_UPS = "follow-ups"
    TAKEN_UP = "taken-up"
    REPAIRED = "repaired"
    ALLIANCE = "alliance"
    BETTER = "better"
    TOGETHER = "together"


_TOLD_ELSEWHERE = frozenset({What.REPAIRED, What.ALLIANCE, What.BETTER, What.TOGETHER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One observation; ``value`` is 1 or 0, for `What.ALLIANCE` the rating.

    ``client`` and ``therapist`` tell people apart and are never shown.
    """

    what: What
    client: str
    therapist: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One appointment: whose, when, and what became of it, in the words of the calendar."""

    client: str
    at: datetime
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One figure of a year; ``hidden`` says why there is no estimate."""

    estimate: Estimate | None
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year in numbers.

    Parameters
    ----------
    clients
        How many were met at least once; nothing where that is hidden.
    begun, ended
        Episodes; nothing where that is hidden.
    months
        Appointments by what became of them, for each month that had any, as ``(year, month)``.
    hidden_months
        Months whose appointments are hidden, and why; they stand in ``months`` no more.
    together
        Appointments of all months, hidden ones too; nothing where that is hidden.
    figures
        By what they are of; what was not observed at all is missing.
    """

    clients: int | None
    begun: int | None
    ended: int | None
    months: Mapping[tuple[int, int], Counter[str]] = field(default_factory=dict)
    hidden_months: Mapping[tuple[int, int], Hidden] = field(default_factory=dict)
    together: Counter[str] | None = None
    figures: Mapping[What, Told] = field(default_factory=dict)


def year_in_numbers(
    seen: Iterable[Seen],
    meetings: Iterable[Meeting],
    *,
    begun: Iterable[datetime],
    ended: Iterable[datetime],
    since: datetime,
    until: datetime,
    own: bool,
) -> Year:
    """Return what happened from ``since`` up to but not including ``until``.

    Parameters
    ----------
    seen
        Observations of all years: those outside the year decide what of it must be hidden.
    meetings, begun, ended
        Appointments and the beginnings and endings of episodes, of all years, in any order. Months
        are those of the moments' own time zone.
    own
        A therapist's own year, of which nothing is hidden.

    Raises
    ------
    InputError
        The year ends before it begins.
    """
    if not since < until:
        raise InputError("a year begins before it ends", where="since, until")
    met = [one for one in meetings if since <= one.at < until]
    months: dict[tuple[int, int], Counter[str]] = {}
    for one in sorted(met, key=lambda meeting: meeting.at):
        months.setdefault((one.at.year, one.at.month), Counter())[one.status] += 1
    hidden = {} if own else _hidden_months(met)
    are_few = not own and len({one.client for one in met}) < LEAST_CLIENTS
    held: dict[What, list[Seen]] = {what: [] for what in What}
    for each in seen:
        held[each.what].append(each)
    told = {
        what: _told(what, of_it, since, until, own=own)
        for what, of_it in held.items()
        if any(since <= one.at < until for one in of_it)
    }
    return Year(
        clients=_counted(len({one.client for one in met if one.status == "attended"}), own=own),
        begun=_counted(sum(since <= at < until for at in begun), own=own),
        ended=_counted(sum(since <= at < until for at in ended), own=own),
        months={month: held for month, held in months.items() if month not in hidden},
        hidden_months=hidden,
        together=None if are_few else sum(months.values(), Counter()),
        figures=told,
    )


def _counted(count: int, *, own: bool) -> int | None:
    return count if own or not 0 < count < LEAST_CLIENTS else None


def _hidden_months(met: Iterable[Meeting]) -> Mapping[tuple[int, int], Hidden]:
    """Return the months of few clients, and those by which they could be had by subtraction."""
    people: dict[tuple[int, int], set[str]] = {}
    for one in met:
        people.setdefault((one.at.year, one.at.month), set()).add(one.client)
    names = {f"{month[0]:04}-{month[1]:02}": month for month in people}
    found = hidden_groups(
        {
            name: Behind(clients=frozenset(people[month]), therapists=frozenset({"all"}))
            for name, month in names.items()
        },
        least_clients=LEAST_CLIENTS,
        least_therapists=1,
    )
    return {names[name]: why for name, why in found.items()}


def _told(what: What, seen: Sequence[Seen], since: datetime, until: datetime, *, own: bool) -> Told:
    rows = [
        Observation(
            part="year" if since <= one.at < until else "others",
            client=one.client, therapist=one.therapist, value=one.value,
        )
        for one in seen
    ]  # fmt: skip
    of_year = [one for one in rows if one.part == "year"]
    is_rating = what is What.ALLIANCE
    if own:
        return Told(estimate=mean_of(of_year, RATINGS) if is_rating else share_of(of_year))
    compared = rows if what in _TOLD_ELSEWHERE else of_year
    found = means(compared, limits=RATINGS) if is_rating else shares(compared)
    part = next(one for one in found.parts if one.name == "year")
    return Told(estimate=part.estimate, hidden=part.hidden)
