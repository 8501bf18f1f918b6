"""Ruptures of the demonstration: noted where the ratings really dipped, and what became of them.

They are written through the service that therapists use. Whether one counts as repaired follows
the client's next ratings, mostly: people are not that tidy.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import TypeVar
from uuid import UUID

from openalliance.core.course import SignalKind
from openalliance.core.course.repair import Marker, Noticed, Outcome
from openalliance.core.instruments import Rater
from openalliance.site.config.demonstration import rupture_words as words
from openalliance.site.config.demonstration.cast import Part, Role
from openalliance.site.config.demonstration.episodes import Told
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import Session
from openalliance.site.records.checkins.models import Score, Signal
from openalliance.site.records.conversations.ruptures import Said, change_rupture, note_rupture
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust.actors import Actor

_NOTED = 0.62
"""How many of those whose ratings dipped had it noted."""

_LEAST_DIP = 0.5
_LATELY = 2
_MARKERS = {Marker.WITHDRAWAL: 9, Marker.CONFRONTATION: 6, Marker.MIXED: 6}
_NOTICED = {Noticed.THERAPIST: 8, Noticed.CLIENT: 5, Noticed.BOTH: 5}
_WRITING = timedelta(hours=2)
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dip:
    """The client's rating before a session, after it and at the next one, which may be missing."""

    session: Session
    before: float
    then: float
    next: tuple[Session, float] | None
    signal: Signal | None

    @property
    def depth(self) -> float:
        return self.before - self.then

    @property
    def recovered(self) -> bool:
        return self.next is not None and self.next[1] - self.then >= self.depth / 2.0


def note_strains(lives: Sequence[tuple[Told, Role | None]], rows: Rows, *, now: datetime) -> None:
    """Write down what strained some of the therapies; their rows must be saved already."""
    rated, decks = _rated(rows), _Decks()
    people: dict[UUID, Actor] = {}
    for told, role in lives:
        chance = random.Random(f"ruptures of {told.episode.client.name} {told.episode.modality}")  # noqa: S311 - made up  # nosec B311
        is_part = role is not None and role.part is Part.REPAIR
        found = _strain(told, rated[told.episode.pk], is_part=is_part)
        if found is None or (not is_part and chance.random() > _NOTED):
            continue
        therapist = told.episode.therapist
        by = people.setdefault(therapist.pk, actor_for(therapist))
        _note(told, found, decks, chance, is_part=is_part, by=by, now=now)


def _rated(rows: Rows) -> Mapping[UUID, list[tuple[Session, float]]]:
    found: dict[UUID, list[tuple[Session, float]]] = defaultdict(list)
    for score in rows.by_model[Score]:
        if score.scale == "alliance" and score.rater == Rater.CLIENT and score.session is not None:
            found[score.episode_id].append((score.session, score.value))
    return found


def _strain(told: Told, rated: Sequence[tuple[Session, float]], *, is_part: bool) -> _Dip | None:
    """Return the dip that somebody would have noticed: one with a signal, or else the deepest."""
    raised = {
        one.session_number: one
        for one in told.signals if one.kind == SignalKind.RUPTURE and one.rater == Rater.CLIENT
    }  # fmt: skip
    ordered = sorted(rated, key=lambda pair: pair[0].starts_at)
    dips = [
        _Dip(
            session=session, before=ordered[place][1], then=value,
            next=ordered[place + 2] if place + 2 < len(ordered) else None,
            signal=raised.get(session.number),
        )
        for place, (session, value) in enumerate(ordered[1:])
    ]  # fmt: skip
    signalled = [one for one in dips if one.signal is not None]
    if signalled:
        return signalled[0]
    deep = [one for one in dips if one.depth >= _LEAST_DIP]
    return None if is_part or not deep else max(deep, key=lambda one: one.depth)


def _note(
    told: Told, dip: _Dip, decks: _Decks, chance: random.Random, *, is_part: bool, by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    language = told.episode.client.language
    marker = _drawn(_MARKERS, chance)
    said = Said(
        marker=marker,
        noticed_by=Noticed.SIGNAL if dip.signal else _drawn(_NOTICED, chance),
        words=decks.next(words.HAPPENED[language][marker]),
        tried=_tried(marker, chance),
    )
    written = min(dip.session.starts_at + _WRITING, now - timedelta(minutes=9))
    row = note_rupture(
        told.episode.pk, said, session_id=dip.session.pk,
        signal_id=dip.signal.pk if dip.signal else None, by=by, now=written,
    )  # fmt: skip
    outcome = Outcome.REPAIRED if is_part else _outcome(told, dip, chance)
    if outcome is None:
        return
    came = [one for one in told.past if one.starts_at > dip.session.starts_at]
    gone = dip.next is None and told.episode.ended_at is not None
    closed = replace(
        said, outcome=outcome, tried_words=decks.next(words.TRIED_WORDS[language]),
        outcome_words=decks.next(words.GONE[language] if gone else words.BECAME[language][outcome]),
    )  # fmt: skip
    at = came[-1] if gone and came else dip.next[0] if dip.next else dip.session
    closed_at = max(at.starts_at + 2 * _WRITING, written + timedelta(minutes=3))
    change_rupture(row.pk, closed, by=by, now=min(closed_at, now - timedelta(minutes=3)))


def _outcome(told: Told, dip: _Dip, chance: random.Random) -> Outcome | None:
    """Return what became of it; nothing yet where it is new, or where nobody got round to it."""
    if told.episode.ended_at is None:
        lately = dip.session.number > told.past[-1].number - _LATELY
        if dip.next is None or lately or chance.random() < 0.3:
            return None
    if dip.next is None:
        return Outcome.NOT
    drawn = chance.random()
    if dip.recovered:
        return Outcome.REPAIRED if drawn < 0.8 else Outcome.PARTLY
    return Outcome.NOT if drawn < 0.5 else Outcome.PARTLY if drawn < 0.8 else Outcome.REPAIRED


def _tried(marker: Marker, chance: random.Random) -> tuple[str, ...]:
    kinds = words.TRIED_WITH[marker]
    wanted = chance.choice((1, 1, 2, 2, 3))
    drawn = chance.choices([kind for kind, _ in kinds], [often for _, often in kinds], k=wanted)
    return tuple(dict.fromkeys(drawn))


def _drawn(often: Mapping[_Kind, int], chance: random.Random) -> _Kind:
    return chance.choices(list(often), list(often.values()))[0]


class _Decks:
    """Texts in turn, so that nothing is read twice before everything was read once."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, ...], Iterator[str]] = {}

    def next(self, texts: tuple[str, ...]) -> str:
        """Return the text whose turn it is."""
        return next(self._turns.setdefault(texts, cycle(texts)))
