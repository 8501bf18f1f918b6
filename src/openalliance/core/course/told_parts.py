"""Judgements of parts of a practice that need more than people: told only where there is enough.

Sensitivity, predictive values and calibration need so many of each kind before they can be told. A
part with less is hidden, and what all hidden parts hold together must be enough as well: else it
could be had by subtracting what is shown from the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.disclosure import Behind, Hidden, hidden_groups


class OfSomebody(Protocol):
    """Something of one client with one therapist."""

    @property
    def client(self) -> str: ...

    @property
    def therapist(self) -> str: ...


Item = TypeVar("Item", bound=OfSomebody)
Judged = TypeVar("Judged")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPart(Generic[Judged]):
    """One part; ``hidden`` says why nothing is told."""

    name: str
    judged: Judged | None
    hidden: Hidden | None


def told_parts(
    items: Iterable[Item],
    *,
    part_of: Callable[[Item], str],
    judge: Callable[[Sequence[Item]], Judged | None],
) -> tuple[ToldPart[Judged], ...]:
    """Judge each part of a practice, in the order of their names.

    Parameters
    ----------
    items
        What is judged, such as ended episodes.
    part_of
        The part an item belongs to.
    judge
        The judgement, or ``None`` where there is too little for one.

    Examples
    --------
    >>> from openalliance.core.course.endings import Ended, Followed
    >>> seen = [
    ...     Followed(client=f"{part}{n}", therapist=str(n % 2), ended=Ended.PLANNED, modality=part)
    ...     for part, number in (("a", 9), ("b", 7), ("c", 2))
    ...     for n in range(number)
    ... ]
    >>> found = told_parts(seen, part_of=lambda one: one.modality, judge=len)
    >>> [(one.name, one.judged) for one in found]
    [('a', 9), ('b', None), ('c', None)]
    """
    held: dict[str, list[Item]] = defaultdict(list)
    for one in items:
        held[part_of(one)].append(one)
    judged = {name: judge(of_part) for name, of_part in held.items()}
    hidden = dict(hidden_groups(_behind(held), least_clients=LEAST_CLIENTS))
    for name, found in judged.items():
        if found is None:
            hidden.setdefault(name, Hidden.TOO_LITTLE)
    while hidden and not _rest_is_enough(held, hidden, judge):
        shown = [name for name in held if name not in hidden]
        if not shown:
            break
        hidden[min(shown, key=lambda name: (len(held[name]), name))] = Hidden.PROTECTS_ANOTHER
    return tuple(
        ToldPart(
            name=name,
            judged=None if name in hidden else judged[name],
            hidden=hidden.get(name),
        )
        for name in sorted(held)
    )


def _rest_is_enough(
    held: Mapping[str, Sequence[Item]],
    hidden: Mapping[str, Hidden],
    judge: Callable[[Sequence[Item]], Judged | None],
) -> bool:
    if len(hidden) < 2:
        return False
    rest = [one for name in hidden for one in held[name]]
    return judge(rest) is not None


def _behind(held: Mapping[str, Sequence[OfSomebody]]) -> Mapping[str, Behind]:
    return {
        name: Behind(
            clients=frozenset(one.client for one in of_part),
            therapists=frozenset(one.therapist for one in of_part),
        )
        for name, of_part in held.items()
    }
