"""Plans → FHIR R4: CarePlan, Goal, and the ratings of goals as Observations, in one Bundle.

Every version of a plan is a CarePlan of its own, with Goals of its own, so that nothing that was
agreed is overwritten; what stays the same from version to version shares its identifier. Goal
attainment scaling follows LOINC and HL7's guide on person-centred outcomes; what FHIR has no place
for is in extensions and codes of our own, by the addresses ``urn:openalliance:…``.

References
----------
HL7 (2025). *Person-Centered Outcomes Implementation Guide*, 1.0.0-ballot.
http://hl7.org/fhir/us/pco
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from openalliance.core.errors import InputError
from openalliance.core.plan import Aspect, Goal, Plan, Rating, Strategy
from openalliance.fhir import codes

Resource = dict[str, Any]


class Standing(StrEnum):
    """Where a version of a plan stands."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REPLACED = "replaced"
    CLOSED = "closed"
    """Declined, taken back, or answered with another proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose plan it is: the client by code, the therapist by name."""

    client: str
    therapist: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a plan.

    Parameters
    ----------
    id
        Its own; what is written for its parts is named by it.
    standing, proposed_by, proposed_at
        Where it stands; by “client” or “therapist”, and when.
    answered_at
        When it was agreed or closed; ``None`` while it is open.
    ended_at
        When a newer agreement took its place, or the therapy ended.
    """

    id: UUID
    plan: Plan
    standing: Standing
    proposed_by: str
    proposed_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def held_from(self) -> datetime | None:
        """Return when it became the plan, if it ever did."""
        held = self.standing in {Standing.AGREED, Standing.REPLACED}
        return (self.answered_at or self.proposed_at) if held else None


_LIFECYCLE = {
    Standing.PROPOSED: ("draft", "proposal", "proposed", "not-started"),
    Standing.AGREED: ("active", "plan", "active", "in-progress"),
    Standing.REPLACED: ("completed", "plan", "completed", "stopped"),
    Standing.CLOSED: ("revoked", "proposal", "rejected", "cancelled"),
}
"""By standing: status and intent of the CarePlan, status of Goals, status of activities."""


def to_plan_bundle(
    versions: Sequence[Version], ratings: Sequence[Rating], *, people: People
) -> Resource:
    """Write the plans of one therapy, oldest first, and how both sides rated their goals.

    Parameters
    ----------
    versions
        In order of time.
    ratings
        Of any part; a rating is written beside the goal as it was agreed at that time.
    people
        Whose plan it is.

    Returns
    -------
    dict
        A Bundle of type “collection”.

    Raises
    ------
    InputError
        Two versions have the same id.
    """
    if len({one.id for one in versions}) < len(versions):
        raise InputError("two versions have the same id", where="versions")
    resources: list[Resource] = []
    before: Version | None = None
    for version in versions:
        resources.append(_care_plan(version, before, people))
        resources += [_goal(version, goal, ratings, people) for goal in version.plan.goals]
        if version.held_from is not None:
            before = version
    resources += _observations(versions, ratings, people)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def _care_plan(version: Version, before: Version | None, people: People) -> Resource:
    status, intent, _of_goals, doing = _LIFECYCLE[version.standing]
    if version.standing is Standing.AGREED and version.ended_at is not None:
        status, doing = "completed", "completed"
    found: Resource = {
        "resourceType": "CarePlan",
        "id": str(version.id),
        "status": status,
        "intent": intent,
        "category": [{"text": "Shared plan of a psychotherapy"}],
        "subject": _client(people),
        "created": version.proposed_at.isoformat(),
        "author": _side(version.proposed_by, people),
    }
    extensions = [_preference(one) for one in version.plan.preferences]
    if extensions:
        found["extension"] = extensions
    if version.held_from is not None:
        period = {"start": version.held_from.isoformat()}
        if version.ended_at is not None:
            period["end"] = version.ended_at.isoformat()
        found["period"] = period
        if before is not None:
            found["replaces"] = [{"reference": f"urn:uuid:{before.id}"}]
    if version.plan.goals:
        found["goal"] = [_to_goal(version, goal.id) for goal in version.plan.goals]
    found["activity"] = [
        *(_strategy(version, one, doing) for one in version.plan.strategies),
        _sessions(version.plan, doing),
    ]
    return found


def _strategy(version: Version, strategy: Strategy, status: str) -> Resource:
    detail: Resource = {"status": status, "description": strategy.words}
    if strategy.goal_id is not None:
        detail["goal"] = [_to_goal(version, strategy.goal_id)]
    return {"detail": detail}


def _sessions(plan: Plan, status: str) -> Resource:
    """Return how often, how long and how fast, as an activity of its own."""
    pace = plan.pace
    said = {"too-fast": pace.too_fast, "too-slow": pace.too_slow}
    limits = [{"url": key, "valueString": words} for key, words in said.items() if words]
    detail: Resource = {
        "status": status,
        "code": {"coding": [{"system": codes.ACTIVITY, "code": "sessions"}], "text": "Sessions"},
        "scheduledTiming": {
            "repeat": {
                "frequency": 1,
                "period": pace.sessions_every_weeks,
                "periodUnit": "wk",
                "duration": pace.minutes,
                "durationUnit": "min",
            }
        },
    }
    if pace.words:
        detail["description"] = pace.words
    if limits:
        detail["extension"] = [{"url": codes.PACE, "extension": limits}]
    return {"detail": detail}


def _preference(preference: Any) -> Resource:
    parts: list[Resource] = [
        {"url": "way", "valueCode": str(preference.way)},
        {"url": "value", "valueInteger": preference.value},
    ]
    if preference.words:
        parts.append({"url": "words", "valueString": preference.words})
    return {"url": codes.PREFERENCE, "extension": parts}


def _goal(version: Version, goal: Goal, ratings: Sequence[Rating], people: People) -> Resource:
    lifecycle = _LIFECYCLE[version.standing][2]
    if version.standing is Standing.AGREED and version.ended_at is not None:
        lifecycle = "completed"
    found: Resource = {
        "resourceType": "Goal",
        "id": _goal_id(version, goal.id),
        "extension": [
            *(
                _level(value, words)
                for value, words in zip(range(-2, 3), goal.levels, strict=False)
            ),
            {"url": codes.IMPORTANCE, "valueInteger": goal.importance},
        ],
        "identifier": [{"system": codes.GOAL_IDENTIFIER, "value": goal.id}],
        "lifecycleStatus": lifecycle,
        "description": {"text": goal.words},
        "subject": _client(people),
    }
    if version.held_from is not None:
        found["startDate"] = version.held_from.date().isoformat()
        reached = _newest(version, goal, ratings)
        if reached is not None:
            found["achievementStatus"] = _achievement(reached.value)
    if goal.levels:
        expected = _attainment(0) | {"text": goal.levels[2]}
        found["target"] = [{"measure": _loinc(codes.GAS), "detailCodeableConcept": expected}]
    if version.proposed_by == "client":
        found["expressedBy"] = _client(people)
    return found


def _level(value: int, words: str) -> Resource:
    return {
        "url": codes.GAS_SCALING,
        "extension": [
            {"url": "level", "valueCoding": _attainment(value)["coding"][0]},
            {"url": "text", "valueString": words},
        ],
    }


def _newest(version: Version, goal: Goal, ratings: Sequence[Rating]) -> Rating | None:
    """Return the newest attainment while a version held: the client's, if there is one."""
    held = [
        one
        for one in ratings
        if one.aspect is Aspect.ATTAINMENT and one.part == goal.id and _holds(version, one.at)
    ]
    return max(held, key=lambda one: (one.rater == "client", one.at), default=None)


def _achievement(value: int) -> Resource:
    code = "achieved" if value >= 0 else "in-progress"
    return {"coding": [{"system": codes.GOAL_ACHIEVEMENT, "code": code}]}


def _observations(
    versions: Sequence[Version], ratings: Sequence[Rating], people: People
) -> Iterator[Resource]:
    for place, rating in enumerate(ratings):
        version = next((one for one in reversed(versions) if _holds(one, rating.at)), None)
        goals = {goal.id for goal in version.plan.goals} if version else set()
        if version is None or rating.part not in goals:
            continue
        yield {
            "resourceType": "Observation",
            "id": str(uuid5(version.id, f"rating {place} {rating.aspect} {rating.part}")),
            "status": "final",
            "code": _rating_code(rating),
            "subject": _client(people),
            "focus": [_to_goal(version, rating.part)],
            "effectiveDateTime": rating.at.isoformat(),
            "performer": [_side(rating.rater, people)],
            **_value(rating),
        }


def _rating_code(rating: Rating) -> Resource:
    if rating.aspect is Aspect.ATTAINMENT:
        return _loinc(codes.GAS_BY_CLIENT if rating.rater == "client" else codes.GAS_BY_THERAPIST)
    return {"coding": [{"system": codes.RATING, "code": str(rating.aspect)}]}


def _value(rating: Rating) -> Resource:
    if rating.aspect is Aspect.ATTAINMENT:
        return {"valueCodeableConcept": _attainment(rating.value)}
    return {"valueInteger": rating.value}


def _attainment(value: int) -> Resource:
    code, display = codes.GAS_LEVELS[value]
    return {"coding": [{"system": codes.LOINC, "code": code, "display": display}]}


def _loinc(code: Mapping[str, str]) -> Resource:
    return {"coding": [{"system": codes.LOINC, **code}]}


def _holds(version: Version, at: datetime) -> bool:
    since = version.held_from
    return since is not None and since <= at and (version.ended_at is None or at < version.ended_at)


def _goal_id(version: Version, goal_id: str) -> str:
    return str(uuid5(version.id, goal_id))


def _to_goal(version: Version, goal_id: str) -> Resource:
    return {"reference": f"urn:uuid:{_goal_id(version, goal_id)}"}


def _side(side: str, people: People) -> Resource:
    if side == "client":
        return _client(people)
    return {"type": "Practitioner", "display": people.therapist}


def _client(people: People) -> Resource:
    return {
        "type": "Patient",
        "identifier": {"system": codes.CLIENT_IDENTIFIER, "value": people.client},
    }
