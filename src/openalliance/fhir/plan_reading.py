"""FHIR R4 → a plan: what a client brings along from elsewhere, to be talked about and agreed anew.

Read is what the plan says: goals with their steps, what is done for them, the pace, ways of
working. Who agreed to it, and how it was rated, belongs to those people and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from openalliance.core.errors import InputError
from openalliance.core.plan import Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.fhir import codes
from openalliance.fhir.wording import extensions

MOST_PARTS = 20
LONGEST_WORDS = 300
_IDS = UUID("5f3c1f0e-6b1e-4f0b-9a0d-6d0c2f1f7a55")
"""From which ids of parts without one are made: the same words give the same id."""

_FIRST = {"active": 0, "completed": 1, "on-hold": 2, "draft": 3}
"""Which plan of several is taken: what holds before what held, then what was only proposed."""

_LEVELS = {code: value for value, (code, _display) in codes.GAS_LEVELS.items()}

Resource = Mapping[str, Any]


def read_plan(document: Any) -> Plan:
    """Read the plan in a Bundle or a CarePlan with its goals contained.

    Parameters
    ----------
    document
        The JSON object. Of several plans the newest that holds is read.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        There is no plan, or it does not fit; ``where`` is the JSON path.
    """
    held = dict(_resources(document))
    plans = [
        (path, one)
        for path, one in held.items()
        if one.get("resourceType") == "CarePlan" and str(one.get("status")) in _FIRST
    ]
    if not plans:
        raise InputError("there is no plan in it", where="$")
    path, care_plan = min(plans, key=lambda one: (_FIRST[one[1]["status"]], _reversed(one[1])))
    goals = _goals(path, care_plan, held)
    by_reference = {reference: goal for reference, goal in goals if goal is not None}
    kept = tuple(dict.fromkeys(by_reference.values()))
    if not kept:
        raise InputError("the plan has no goal", where=f"{path}.goal")
    strategies, pace = _activities(path, care_plan, by_reference)
    preferences = tuple(_preferences(path, care_plan))
    return Plan(goals=kept, strategies=strategies, pace=pace, preferences=preferences)


def _resources(document: Any) -> Iterator[tuple[str, Resource]]:
    """Yield every resource with its JSON path."""
    if not isinstance(document, Mapping):
        raise InputError("is no FHIR", where="$")
    if document.get("resourceType") != "Bundle":
        yield "$", document
        for place, inner in _listed(document, "contained", "$"):
            yield place, inner
        return
    for place, entry in _listed(document, "entry", "$"):
        resource = entry.get("resource")
        if not isinstance(resource, Mapping):
            raise InputError("is missing", where=f"{place}.resource")
        yield f"{place}.resource", resource


def _listed(holder: Resource, field: str, path: str) -> Iterator[tuple[str, Resource]]:
    found = holder.get(field, [])
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise InputError("must be a list", where=f"{path}.{field}")
    for place, one in enumerate(found):
        if not isinstance(one, Mapping):
            raise InputError("must be an object", where=f"{path}.{field}[{place}]")
        yield f"{path}.{field}[{place}]", one


def _reversed(care_plan: Resource) -> tuple[int, ...]:
    """Return a key that puts the newest first: its date, every letter turned about."""
    return tuple(-ord(letter) for letter in str(care_plan.get("created", "")))


def _goals(
    path: str, care_plan: Resource, held: Mapping[str, Resource]
) -> list[tuple[str, Goal | None]]:
    """Return the goals of a plan by the reference that leads to each."""
    there = {
        reference: (place, one)
        for place, one in held.items()
        if one.get("resourceType") == "Goal"
        for reference in _references(one)
    }
    found: list[tuple[str, Goal | None]] = []
    for place, link in _listed(care_plan, "goal", path):
        reference = str(link.get("reference", ""))
        if reference not in there:
            raise InputError("leads to a goal that is not in the file", where=place)
        found.append((reference, _goal(*there[reference])))
    if len(found) > MOST_PARTS:
        raise InputError(f"more than {MOST_PARTS} goals", where=f"{path}.goal")
    return found


def _references(resource: Resource) -> tuple[str, ...]:
    name = str(resource.get("id", ""))
    return (f"urn:uuid:{name}", f"Goal/{name}", f"#{name}")


def _goal(path: str, resource: Resource) -> Goal:
    words = _words(_text(resource.get("description")), f"{path}.description.text")
    named = [
        str(one.get("value", ""))
        for _place, one in _listed(resource, "identifier", path)
        if one.get("system") == codes.GOAL_IDENTIFIER
    ]
    identity = next((one for one in named if 0 < len(one) <= 36), str(uuid5(_IDS, words)))
    weights = [one.get("valueInteger") for one in extensions(resource, codes.IMPORTANCE)]
    return Goal(
        id=identity,
        words=words,
        levels=_steps(path, resource),
        importance=next((one for one in weights if one in (1, 2, 3)), 1),
    )


def _steps(path: str, resource: Resource) -> tuple[str, ...]:
    """Return a goal's five steps, from the lowest; none unless all five are there."""
    steps: dict[int, str] = {}
    for entry in extensions(resource, codes.GAS_SCALING):
        parts = {one.get("url"): one for _place, one in _listed(entry, "extension", path)}
        level = parts.get("level", {}).get("valueCoding", {})
        code = str(level.get("code")) if isinstance(level, Mapping) else ""
        if code in _LEVELS:
            words = parts.get("text", {}).get("valueString")
            steps[_LEVELS[code]] = _words(words, f"{path}.extension")
    return tuple(steps[value] for value in sorted(steps)) if len(steps) == len(_LEVELS) else ()


def _activities(
    path: str, care_plan: Resource, goals: Mapping[str, Goal]
) -> tuple[tuple[Strategy, ...], Pace]:
    strategies: dict[str, Strategy] = {}
    pace = Pace()
    for place, activity in _listed(care_plan, "activity", path):
        detail = activity.get("detail")
        if not isinstance(detail, Mapping):
            continue  # it only refers to something outside of the plan
        if "scheduledTiming" in detail and _is_sessions(detail):
            pace = _pace(f"{place}.detail", detail)
            continue
        words = detail.get("description") or _text(detail.get("code"))
        if words is None:
            continue
        links = [str(one.get("reference", "")) for _p, one in _listed(detail, "goal", place)]
        goal = next((goals[one] for one in links if one in goals), None)
        said = _words(words, f"{place}.detail.description")
        identity = str(uuid5(_IDS, f"{goal.id if goal else ''} {said}"))
        strategies.setdefault(
            identity, Strategy(id=identity, words=said, goal_id=goal.id if goal else None)
        )
    if len(strategies) > MOST_PARTS:
        raise InputError(f"more than {MOST_PARTS} activities", where=f"{path}.activity")
    return tuple(strategies.values()), pace


def _is_sessions(detail: Resource) -> bool:
    code = detail.get("code")
    codings = code.get("coding", []) if isinstance(code, Mapping) else []
    return any(isinstance(one, Mapping) and one.get("system") == codes.ACTIVITY for one in codings)


def _pace(path: str, detail: Resource) -> Pace:
    timing = detail["scheduledTiming"]
    repeat = timing.get("repeat", {}) if isinstance(timing, Mapping) else {}
    said: dict[str, str] = {}
    for entry in extensions(detail, codes.PACE):
        for place, part in _listed(entry, "extension", path):
            said[str(part.get("url"))] = _words(part.get("valueString"), place)
    return Pace(
        sessions_every_weeks=_whole(repeat.get("period"), 12, f"{path}.scheduledTiming"),
        minutes=_whole(repeat.get("duration"), 480, f"{path}.scheduledTiming"),
        words=_words(detail["description"], f"{path}.description")
        if detail.get("description")
        else "",
        too_fast=said.get("too-fast", ""),
        too_slow=said.get("too-slow", ""),
    )


def _preferences(path: str, care_plan: Resource) -> Iterator[Preference]:
    seen = set()
    for entry in extensions(care_plan, codes.PREFERENCE):
        parts = {one.get("url"): one for _place, one in _listed(entry, "extension", path)}
        way = str(parts.get("way", {}).get("valueCode"))
        chosen = parts.get("value", {}).get("valueInteger")
        if way not in set(Way) or way in seen or type(chosen) is not int:
            continue
        seen.add(way)
        words = parts.get("words", {}).get("valueString", "")
        yield Preference(
            way=Way(way), value=chosen, words=_words(words, f"{path}.extension") if words else ""
        )


def _whole(value: Any, most: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InputError(f"must be a whole number from 1 to {most}", where=path)
    return value


def _text(concept: Any) -> Any:
    return concept.get("text") if isinstance(concept, Mapping) else None


def _words(words: Any, path: str) -> str:
    if not isinstance(words, str) or not words.strip():
        raise InputError("has no words", where=path)
    if len(words) > LONGEST_WORDS:
        raise InputError(f"is longer than {LONGEST_WORDS} letters", where=path)
    return words.strip()
