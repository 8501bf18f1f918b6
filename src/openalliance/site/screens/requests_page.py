"""Requests of those who knock, as the administrator and a therapist see and answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import formats, timezone

from openalliance.core.plan.fit import Fit, suggestions
from openalliance.site.records.intake.access import offers_for
from openalliance.site.records.intake.convert import offer_of, ways_of, wish_of
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.plan_fields import way_fields, way_words

if TYPE_CHECKING:
    from openalliance.site.records.intake.models import Arrival, ContactRequest

_REACH_BY = {
    "phone": "By telephone", "text": "By text message", "mail": "By e-mail",
    "other": "In another way",
}  # fmt: skip
_LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One request in a list."""

    id: UUID
    name: str
    when: str
    whom: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestList:
    """All requests an actor may read: to be answered, waiting in order, answered."""

    new: tuple[Line, ...]
    waiting: tuple[Line, ...]
    answered: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One therapist beside a request: why they might suit, and why not, in words."""

    id: UUID
    name: str
    reasons: tuple[str, ...]
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """One request with all its words, what can be done, and who might suit."""

    line: Line
    state: str
    facts: tuple[tuple[str, str], ...]
    message: str
    ways: tuple[tuple[str, str, str], ...]
    suggestions: tuple[Suggestion, ...]
    can_take_on: bool
    is_open: bool
    letter: str
    alternatives: str


def request_list(found: Sequence[ContactRequest]) -> RequestList:
    """Return requests sorted by what became of them; the waiting list in its order."""
    by_state: dict[str, list[ContactRequest]] = {"new": [], "waiting": []}
    answered: list[ContactRequest] = []
    for one in found:
        by_state.get(one.state, answered).append(one)
    waiting = sorted(by_state["waiting"], key=lambda one: (one.place or 0, one.at))
    answered.sort(key=lambda one: one.handled_at or one.at, reverse=True)
    return RequestList(
        new=tuple(_line(one) for one in by_state["new"]),
        waiting=tuple(_line(one) for one in waiting),
        answered=tuple(_line(one) for one in answered),
    )


def request_page(request: ContactRequest, *, by: Actor) -> RequestPage:
    """Return one request in full."""
    facts = (
        ("Reach them", f"{_REACH_BY[request.reach_by]}: {request.reach_me}"),
        ("To be safe", request.safely or "nothing said"),
        ("Languages", ", ".join(request.languages or ()) or "nothing said"),
        ("To get in and be at ease", request.accessibility or "nothing said"),
        ("The page they wrote on", _LANGUAGES.get(request.language, request.language)),
    )
    return RequestPage(
        line=_line(request),
        state=request.state,
        facts=facts,
        message=request.message,
        ways=tuple(
            (field.title, dict(field.steps)[field.value], field.words)
            for field in way_fields(ways_of(request.ways))
            if field.value
        ),
        suggestions=_suggestions(request, by),
        can_take_on=by.has(Role.THERAPIST),
        is_open=request.state in {"new", "waiting"},
        letter=_letter(request),
        alternatives=_alternatives(request),
    )


def arrival_facts(arrival: Arrival | None) -> tuple[tuple[str, str], ...]:
    """Return what a client wrote before they were one, by what it is about."""
    if arrival is None:
        return ()
    facts = (
        (f"On {day_written(arrival.asked_at)}", arrival.message),
        ("Reach them", f"{_REACH_BY[arrival.reach_by]}: {arrival.reach_me}"),
        ("To be safe", arrival.safely),
        ("Languages", ", ".join(arrival.languages)),
        ("To get in and be at ease", arrival.accessibility),
    )
    return tuple((about, words) for about, words in facts if words)


def reasons(one: Fit, *, asked_for: bool) -> tuple[str, ...]:
    """Return why a therapist might suit or not, in sentences, the good first."""
    told = ["They were asked for by name."] if asked_for else []
    if one.languages:
        told.append(f"Speaks {' and '.join(one.languages)}.")
    if one.alike:
        told.append(f"Works as wished: {_titles(one.alike)}.")
    if one.apart:
        told.append(f"Leans the other way: {_titles(one.apart)}.")
    if one.unsaid:
        told.append(f"Has not said: {_titles(one.unsaid)}.")
    if one.lacks_language:
        told.append("Speaks none of the languages wished for.")
    if not one.has_room:
        told.append("Has no room at the moment.")
    return tuple(told) or ("Nothing was wished for that could be compared.",)


def _suggestions(request: ContactRequest, by: Actor) -> tuple[Suggestion, ...]:
    people = {str(person.pk): (person, profile) for person, profile in offers_for(by)}
    offers = (offer_of(person, profile) for person, profile in people.values())
    given = request.passed_to_id or request.therapist_id
    return tuple(
        Suggestion(
            id=people[one.id][0].pk,
            name=people[one.id][0].name,
            reasons=reasons(one, asked_for=people[one.id][0].pk == request.therapist_id),
            is_given=people[one.id][0].pk == given,
        )
        for one in suggestions(wish_of(request), offers)
    )


def _titles(ways: Sequence[object]) -> str:
    return ", ".join(way_words(way)[0].lower() for way in ways)  # type: ignore[arg-type]


def _line(request: ContactRequest) -> Line:
    if request.passed_to is not None:
        whom = f"passed to {request.passed_to.name}"
    elif request.therapist is not None:
        whom = f"for {request.therapist.name}"
    else:
        whom = "for anyone"
    return Line(
        id=request.pk,
        name=request.name,
        when=day_written(request.at),
        whom=whom,
        standing=_standing(request),
    )


def _standing(request: ContactRequest) -> str:
    if request.state == "waiting" and request.waiting_since is not None:
        return f"on the waiting list since {day_written(request.waiting_since)}"
    if request.handled_at is None:
        return "not answered yet"
    how = "declined" if request.state == "declined" else "answered in another way"
    who = f" by {request.handled_by.name}" if request.handled_by else ""
    return f"{how} on {day_written(request.handled_at)}{who}"


def _letter(request: ContactRequest) -> str:
    """Return how a request that was declined reached them, or did not."""
    if request.state != "declined":
        return ""
    if request.reply_id is not None:
        return "A letter was posted to their e-mail address."
    return "No letter was sent: tell them in the way they asked for."


def _alternatives(request: ContactRequest) -> str:
    page = getattr(request.practice, "public_page", None)
    return page.alternatives if page else ""


def day_written(at: datetime) -> str:
    """Return a day as it is written in lists of requests."""
    return formats.date_format(timezone.localtime(at), "j F Y")
