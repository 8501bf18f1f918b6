"""Hiding small groups so that they cannot be worked out from what is shown.

A table parts people into groups beside their total. A group is hidden when it rests on fewer than a
stated number of clients, or on one therapist alone: figures by modality must not become figures of
a person. If what is hidden could be had by subtraction, the smallest group still shown is hidden as
well, until what is hidden together is itself large enough.

References
----------
Hundepool, A., et al. (2012). *Statistical disclosure control*, chapter 4 (primary and secondary
suppression in tables). Wiley.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from openalliance.core.errors import InputError


class Hidden(StrEnum):
    """Why a group is hidden."""

    FEW_CLIENTS = "few-clients"
    ONE_THERAPIST = "one-therapist"
    PROTECTS_ANOTHER = "protects-another"
    TOO_LITTLE = "too-little"
    """There are people enough, but not enough of what is to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The people a group's figures rest on."""

    clients: frozenset[str]
    therapists: frozenset[str]


def hidden_groups(
    groups: Mapping[str, Behind], *, least_clients: int, least_therapists: int = 2
) -> Mapping[str, Hidden]:
    """Return which groups of one table are hidden, and why.

    Parameters
    ----------
    groups
        Who is behind each group; the table's total is over all of them. Empty groups have nobody to
        protect and are neither hidden nor taken to hide others.
    least_clients, least_therapists
        What each group shown, and all hidden ones together, rest on at least. A practice with fewer
        therapists in the whole table is not asked for more than it has.

    Raises
    ------
    InputError
        If a limit is below 1.

    Examples
    --------
    >>> def of(*clients):
    ...     return Behind(clients=frozenset(clients), therapists=frozenset({"a", "b"}))
    >>> found = hidden_groups({"x": of(1, 2, 3), "y": of(4, 5, 6), "z": of(7)}, least_clients=2)
    >>> sorted(found)
    ['x', 'z']
    """
    if least_clients < 1 or least_therapists < 1:
        raise InputError("at least 1", where="least_clients, least_therapists")
    peopled = {name: behind for name, behind in groups.items() if behind.clients}
    everyone = {person for behind in peopled.values() for person in behind.therapists}
    therapists = min(least_therapists, len(everyone))
    hidden: dict[str, Hidden] = {}
    for name, behind in peopled.items():
        if len(behind.clients) < least_clients:
            hidden[name] = Hidden.FEW_CLIENTS
        elif len(behind.therapists) < therapists:
            hidden[name] = Hidden.ONE_THERAPIST
    while hidden and not _together_enough(peopled, hidden, least_clients, therapists):
        shown = [name for name in peopled if name not in hidden]
        if not shown:
            break
        hidden[min(shown, key=lambda name: (len(peopled[name].clients), name))] = (
            Hidden.PROTECTS_ANOTHER
        )
    return hidden


def told_to_one(person: str, therapists: Iterable[str]) -> bool:
    """Whether a therapist may be told figures that rest on the clients of these therapists.

    With exactly one colleague among them, one's own part could be taken away and the colleague's
    would be left; with nobody else or several, it could not.
    """
    return len(set(therapists) - {person}) != 1


def _together_enough(
    groups: Mapping[str, Behind], hidden: Mapping[str, Hidden], clients: int, therapists: int
) -> bool:
    """Whether the hidden groups are several, and their sum is no small group either."""
    if len(hidden) < 2:
        return False
    people = set[str]().union(*(groups[name].clients for name in hidden))
    staff = set[str]().union(*(groups[name].therapists for name in hidden))
    return len(people) >= clients and len(staff) >= therapists
