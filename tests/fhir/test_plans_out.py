"""Plans as FHIR R4: valid, with the codes of goal attainment scaling, and nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from openalliance.core.errors import InputError
from openalliance.core.plan import (
    Aspect,
    Goal,
    Pace,
    Plan,
    Preference,
    Rating,
    Strategy,
    Way,
)
from openalliance.core.plan.ratings import PACE
from openalliance.fhir import People, Standing, Version, to_plan_bundle

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
PEOPLE = People(client="K7RM2P", therapist="Amara Okafor")
LEVELS = ("not at all", "once a month", "once a week", "twice a week", "whenever I like")
FIRST = Plan(goals=(Goal(id="swim", words="Swim again", levels=LEVELS, importance=3),))
SECOND = Plan(
    goals=(
        Goal(id="swim", words="Swim again, in the sea", levels=LEVELS),
        Goal(id="odd id / ñ", words="Sleep"),
    ),
    strategies=(
        Strategy(id="s", words="Go on Tuesdays", goal_id="swim"),
        Strategy(id="all", words="Keep a diary"),
    ),
    pace=Pace(sessions_every_weeks=2, minutes=80, words="Slowly", too_fast="I cannot sleep"),
    preferences=(Preference(way=Way.HUMOUR, value=-2, words="yes please"),),
)


def version(n: int, plan: Plan, standing: Standing, **rest: Any) -> Version:
    at = START + timedelta(days=10 * n)
    answered = None if standing is Standing.PROPOSED else at + timedelta(days=1)
    named = {"proposed_by": "therapist", "proposed_at": at, "answered_at": answered, **rest}
    return Version(id=UUID(int=n + 1), plan=plan, standing=standing, **named)


def rating(aspect: Aspect, part: str, rater: str, value: int, day: int) -> Rating:
    at = START + timedelta(days=day)
    return Rating(aspect=aspect, part=part, rater=rater, value=value, at=at)


VERSIONS = (
    version(0, FIRST, Standing.REPLACED, ended_at=START + timedelta(days=21)),
    version(1, SECOND, Standing.CLOSED),
    version(2, SECOND, Standing.AGREED, proposed_by="client"),
    version(3, FIRST, Standing.PROPOSED),
)
RATINGS = (
    rating(Aspect.ATTAINMENT, "swim", "client", -1, 5),
    rating(Aspect.ATTAINMENT, "swim", "therapist", 0, 30),
    rating(Aspect.ATTAINMENT, "swim", "client", 1, 31),
    rating(Aspect.PROGRESS, "swim", "client", 7, 31),
    rating(Aspect.PACE, PACE, "client", 2, 31),
    rating(Aspect.PROGRESS, "swim", "client", 3, 0),
)


@pytest.fixture
def bundle() -> dict[str, Any]:
    return to_plan_bundle(VERSIONS, RATINGS, people=PEOPLE)


def kept(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [one["resource"] for one in bundle["entry"]]
    return [one for one in found if one["resourceType"] == kind]


def test_it_is_valid_fhir_in_which_every_reference_leads_somewhere(bundle: dict[str, Any]) -> None:
    Bundle.model_validate(bundle)
    there = {one["fullUrl"] for one in bundle["entry"]}
    assert len(there) == len(bundle["entry"])
    for plan in kept(bundle, "CarePlan"):
        for held in (*plan.get("goal", ()), *plan.get("replaces", ())):
            assert held["reference"] in there
    for seen in kept(bundle, "Observation"):
        assert seen["focus"][0]["reference"] in there


def test_every_version_is_a_plan_of_its_own(bundle: dict[str, Any]) -> None:
    told = [(one["status"], one["intent"]) for one in kept(bundle, "CarePlan")]
    assert told == [
        ("completed", "plan"),
        ("revoked", "proposal"),
        ("active", "plan"),
        ("draft", "proposal"),
    ]
    first, _declined, second, _open = kept(bundle, "CarePlan")
    assert second["replaces"] == [{"reference": f"urn:uuid:{first['id']}"}]
    assert first["period"]["end"].startswith("2026-03-23")
    assert "end" not in second["period"]
    assert second["author"]["type"] == "Patient"


def test_goal_attainment_has_its_loinc_codes(bundle: dict[str, Any]) -> None:
    goal = kept(bundle, "Goal")[0]
    assert goal["target"][0]["measure"]["coding"][0]["code"] == "107332-9"
    assert goal["target"][0]["detailCodeableConcept"]["text"] == "once a week"
    levels = [
        (one["extension"][0]["valueCoding"]["code"], one["extension"][1]["valueString"])
        for one in goal["extension"]
        if one["url"].endswith("pco-goal-attainment-scaling")
    ]
    assert levels == list(
        zip(("LA34484-8", "LA34483-0", "LA34481-4", "LA34480-6", "LA34479-8"), LEVELS, strict=True)
    )
    coded = {
        (one["code"]["coding"][0]["code"], one["performer"][0]["type"])
        for one in kept(bundle, "Observation")
    }
    assert ("107333-7", "Practitioner") in coded
    assert ("107334-5", "Patient") in coded


def test_the_same_goal_is_known_through_its_versions(bundle: dict[str, Any]) -> None:
    goals = kept(bundle, "Goal")
    same = [one for one in goals if one["identifier"][0]["value"] == "swim"]
    assert len({one["id"] for one in same}) == 4
    assert [one["lifecycleStatus"] for one in same] == [
        "completed",
        "rejected",
        "active",
        "proposed",
    ]


def test_a_rating_stands_beside_the_goal_as_it_was_agreed_then(bundle: dict[str, Any]) -> None:
    goals = {f"urn:uuid:{one['id']}": one for one in kept(bundle, "Goal")}
    seen = kept(bundle, "Observation")
    words = [goals[one["focus"][0]["reference"]]["description"]["text"] for one in seen]
    assert words == ["Swim again", *["Swim again, in the sea"] * 3]
    status = [one.get("achievementStatus") for one in kept(bundle, "Goal")]
    assert status[0]["coding"][0]["code"] == "in-progress"
    active = next(one for one in kept(bundle, "Goal") if one["lifecycleStatus"] == "active")
    assert active["achievementStatus"]["coding"][0]["code"] == "achieved"


def test_what_is_done_how_fast_and_how_one_likes_it_is_there(bundle: dict[str, Any]) -> None:
    plan = kept(bundle, "CarePlan")[2]
    done = [one["detail"] for one in plan["activity"]]
    assert [one["description"] for one in done] == ["Go on Tuesdays", "Keep a diary", "Slowly"]
    assert "goal" in done[0]
    assert "goal" not in done[1]
    assert done[2]["scheduledTiming"]["repeat"]["period"] == 2
    assert done[2]["extension"][0]["extension"][0]["valueString"] == "I cannot sleep"
    way = {one["url"]: one for one in plan["extension"][0]["extension"]}
    assert way["way"]["valueCode"] == "humour"
    assert way["value"]["valueInteger"] == -2


def test_an_ended_therapy_leaves_no_plan_active() -> None:
    ended = version(0, FIRST, Standing.AGREED, ended_at=START + timedelta(days=90))
    bundle = to_plan_bundle([ended], [], people=PEOPLE)
    assert kept(bundle, "CarePlan")[0]["status"] == "completed"
    assert kept(bundle, "Goal")[0]["lifecycleStatus"] == "completed"


def test_without_a_plan_the_bundle_is_empty_and_valid() -> None:
    bundle = to_plan_bundle([], RATINGS, people=PEOPLE)
    assert bundle["entry"] == []
    Bundle.model_validate(bundle)


def test_two_versions_of_one_id_are_refused() -> None:
    with pytest.raises(InputError):
        to_plan_bundle([VERSIONS[0], VERSIONS[0]], [], people=PEOPLE)
