"""How the way of working went through an episode: phases, one after another.

Each entry says from when on the work was done in which modality. Entries are never changed. One
that was noted later holds from its date on, also where an earlier entry said something else, so a
mistake is mended by another entry. What was measured belongs to the modality of its own day; an
episode as a whole belongs to one only if it kept to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from openalliance.core.errors import InputError

SEVERAL = "several"
"""The group of episodes that went through more than one modality: their end is nobody's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One entry: ``number`` is the order in which entries were noted, ``since`` when it began."""

    number: int
    modality: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in one modality; ``ended`` is ``None`` for the last."""

    modality: str
    began: datetime
    ended: datetime | None


def stretches(phases: Iterable[Phase]) -> tuple[Stretch, ...]:
    """Return the times in one modality after another, as all entries together tell it.

    Raises
    ------
    InputError
        If there is no entry.

    Examples
    --------
    >>> day = lambda n: datetime(2026, 3, n)
    >>> found = stretches([
    ...     Phase(number=1, modality="cbt", since=day(1)),
    ...     Phase(number=2, modality="psychodynamic", since=day(9)),
    ... ])
    >>> [(one.modality, one.began.day) for one in found]
    [('cbt', 1), ('psychodynamic', 9)]
    """
    held: list[Phase] = []
    for phase in sorted(phases, key=lambda one: one.number):
        held = [one for one in held if one.since < phase.since]
        if not held or held[-1].modality != phase.modality:
            held.append(phase)
    if not held:
        raise InputError("an episode has at least one phase", where="phases")
    ends = [*(one.since for one in held[1:]), None]
    return tuple(
        Stretch(modality=one.modality, began=one.since, ended=end)
        for one, end in zip(held, ends, strict=True)
    )


def modality_at(found: Iterable[Stretch], at: datetime) -> str:
    """Return the modality of a moment; before the first stretch, that of the first."""
    known = list(found)
    return next((one.modality for one in reversed(known) if one.began <= at), known[0].modality)


def modality_of_all(found: Iterable[Stretch], until: datetime | None = None) -> str:
    """Return the modality of a whole episode, or `SEVERAL`.

    ``until`` is when it ended: what was to begin later does not count.
    """
    known = {one.modality for one in found if until is None or one.began < until}
    return known.pop() if len(known) == 1 else SEVERAL
