"""Who might suit whom, by what both say of themselves, and by nothing else.

Somebody who knocks says which languages they would like to speak and how they would like to work;
therapists say the same of themselves. Here the two are laid beside each other. No outcome, score or
caseload comes in: a difference between therapists in what their clients reach is uncertain for
each, and says nothing of this one person (see ``evidence.therapists``). It is a suggestion for
people who then decide, and each part of it can be said in words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from openalliance.core.errors import InputError
from openalliance.core.plan.agreement import Preference, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody would like: languages (any of them will do) and ways of working."""

    languages: tuple[str, ...] = ()
    preferences: tuple[Preference, ...] = ()

    def __post_init__(self) -> None:
        _check_ways(self.preferences, where="wish.preferences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one therapist says of themselves; ``has_room`` covers a waiting list, too."""

    id: str
    languages: tuple[str, ...] = ()
    preferences: tuple[Preference, ...] = ()
    has_room: bool = True

    def __post_init__(self) -> None:
        _check_ways(self.preferences, where="offer.preferences")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a wish and an offer go together, part by part.

    Parameters
    ----------
    languages
        The languages of the wish that the therapist speaks, as the wish names them.
    lacks_language
        Whether languages were wished for and the therapist speaks none of them.
    alike, apart, unsaid
        Wished ways of working to which the therapist leans as well (or goes both ways), leans the
        other way, or said nothing about.
    """

    id: str
    has_room: bool
    languages: tuple[str, ...]
    lacks_language: bool
    alike: tuple[Way, ...]
    apart: tuple[Way, ...]
    unsaid: tuple[Way, ...]


def fit(wish: Wish, offer: Offer) -> Fit:
    """Lay one offer beside a wish.

    A way of working counts as wished once it leans to one side; “no matter” does not.

    Examples
    --------
    >>> from openalliance.core.plan import Preference, Way
    >>> wish = Wish(languages=("Español",), preferences=(Preference(way=Way.HUMOUR, value=-2),))
    >>> found = fit(wish, Offer(id="a", languages=("English", "español")))
    >>> found.languages, found.unsaid
    (('Español',), (<Way.HUMOUR: 'humour'>,))
    """
    spoken = {same_language(one) for one in offer.languages}
    shared = tuple(one for one in wish.languages if same_language(one) in spoken)
    said = {one.way: one.value for one in offer.preferences}
    wished = {one.way: one.value for one in wish.preferences if one.value}
    return Fit(
        id=offer.id,
        has_room=offer.has_room,
        languages=shared,
        lacks_language=bool(wish.languages) and not shared,
        alike=tuple(way for way, value in wished.items() if way in said and value * said[way] >= 0),
        apart=tuple(way for way, value in wished.items() if way in said and value * said[way] < 0),
        unsaid=tuple(way for way in wished if way not in said),
    )


def suggestions(wish: Wish, offers: Iterable[Offer]) -> tuple[Fit, ...]:
    """Return the fit of every offer, in an order that can be said in one sentence.

    First who has room, among them who speaks a wished language, among them by how many wished ways
    are alike less how many are apart. Equals stay in the order they came in.
    """
    found = (fit(wish, offer) for offer in offers)
    return tuple(sorted(found, key=_order))


def same_language(name: str) -> str:
    """Return a language's name so that ways of writing it are equal: “Español”, “espanol ”."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


def languages_in(words: str) -> tuple[str, ...]:
    """Return the languages in a line with commas, each once, as first written."""
    found: dict[str, str] = {}
    for one in words.replace(";", ",").split(","):
        if one.strip():
            found.setdefault(same_language(one), one.strip())
    return tuple(found.values())


def _order(one: Fit) -> tuple[bool, bool, int]:
    return (not one.has_room, one.lacks_language, len(one.apart) - len(one.alike))


def _check_ways(preferences: tuple[Preference, ...], *, where: str) -> None:
    if len({one.way for one in preferences}) < len(preferences):
        raise InputError("a way of working is there twice", where=where)
