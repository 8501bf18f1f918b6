"""A client's record is taken out and brought in elsewhere: the same work, nothing asked anew."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from client_steps import form_of, send

from openalliance.core.course.leaving import Feels
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.plan import Aspect, Goal, Pace, Plan, Preference, Strategy, Way
from openalliance.files.client_record import read_client_record
from openalliance.files.record_shape import ClientRecord
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.care.phases import begin_phase
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.instruments import known_instruments
from openalliance.site.records.checkins.models import AskedForm, Signal
from openalliance.site.records.conversations.ruptures import Said, note_rupture
from openalliance.site.records.endings import services as endings
from openalliance.site.records.endings import wishes
from openalliance.site.records.endings.services import Review, Sheet
from openalliance.site.records.letters.models import Letter
from openalliance.site.records.plans import services as plans
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.rights import arriving
from openalliance.site.records.rights.consent import answer
from openalliance.site.records.rights.record import record_for_practice
from openalliance.site.records.tasks import services as tasks
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry

pytestmark = pytest.mark.django_db
PLAN = Plan(
    goals=(Goal(id="g0", words="Swim", levels=("a", "b", "c", "d", "e"), importance=2),),
    strategies=(Strategy(id="s0", words="Go to the lake", goal_id="g0"),),
    pace=Pace(words="slowly", too_fast="I go quiet"),
    preferences=(Preference(way=Way.HUMOUR, value=-2, words="laugh"),),
)
STAYS_BEHIND = {"answers", "hard_to_say", "taken_up", "follow_ups", "therapist"}


@pytest.fixture
def lived(
    episode: Episode, session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> Episode:
    """An ended therapy in which all of it happened, and the one that came after."""
    by, yes = actor_for(therapist), client_actor
    begin_phase(episode.pk, modality="other", modality_name="ACT", by=by, now=now)
    for at in range(2):
        other = checkins.plan_session(
            episode.pk, starts_at=now + timedelta(days=7 * at + 7), by=by, now=now
        )
    care.cancel_session(other.pk, side="client", by=by, now=now)
    send(form_of(session_today, "check-in"), 4, by=yes, now=now)
    send(form_of(session_today, "check-out"), 8, by=yes, now=now)
    first = plans.propose(episode.pk, Plan(goals=(Goal(id="g", words="x"),)), by=yes, now=now)
    plans.comment(first.pk, "Why not swim?", by=by, now=now)
    second = plans.counter(first.pk, PLAN, note="And this?", by=by, now=now)
    plans.agree(second.pk, note="Yes", by=yes, now=now)
    given = {
        (Aspect.AGREEMENT, "g0"): 8, (Aspect.ATTAINMENT, "g0"): -1, (Aspect.USEFULNESS, "s0"): 3,
        (Aspect.PACE, "pace"): 2, (Aspect.DELIVERED, "humour"): 1,
    }  # fmt: skip
    plans.rate(episode.pk, given, session=session_today, by=yes, now=now)
    task = tasks.note_agreed_task(episode.pk, "Swim once", strategy="s0", by=by, now=now)
    tasks.tell(task.pk, "partly", obstacles=["time"], words="cold", by=yes, now=now)
    said = Said(marker="mixed", noticed_by="both", words="quiet", tried=("explore",))
    note_rupture(episode.pk, said, session_id=session_today.pk, by=by, now=now)
    answer("research", True, by=yes, now=now)
    endings.look_back(episode.pk, by=by, now=now)
    endings.review(episode.pk, Review(helped="The lake"), by=by, now=now)
    endings.review(episode.pk, Review(feels=Feels.RIGHT, changed="I swim"), by=yes, now=now)
    endings.write_staying_well(
        episode.pk, Sheet(signs=("I stop",), steps=("Swim",)), by=by, now=now
    )
    endings.end_episode(episode.pk, "planned", by=by, now=now)
    later = now + timedelta(days=3)
    wishes.wish("return", words="It is back", by=yes, now=later)
    wishes.begin_again(episode.pk, by=by, now=later)
    return episode


def _taken_out(episode: Episode, now: datetime) -> dict[str, Any]:
    return record_for_practice(episode.client_id, episode.practice_id, now=now)


def _read(document: dict[str, Any], folder: Path) -> ClientRecord:
    path = folder / "record.json"
    path.write_text(json.dumps(document))
    record, _passed_over = read_client_record(path)
    assert record is not None
    return record


def test_the_work_is_the_same_elsewhere(
    lived: Episode, stranger: Person, other_practice: Practice, tmp_path: Path, now: datetime
) -> None:
    there = _taken_out(lived, now)
    asked, mailed = AskedForm.objects.count(), Letter.objects.count()
    client = arriving.bring_in(
        other_practice, _read(there, tmp_path), stranger, known_instruments(), now=now
    )
    here = record_for_practice(client.pk, other_practice.pk, now=now)
    assert here["about"] | {"added_at": ""} == there["about"] | {"added_at": ""}
    assert len(here["episodes"]) == len(there["episodes"]) == 2
    for mine, theirs in zip(here["episodes"], there["episodes"], strict=True):
        for part in theirs.keys() - STAYS_BEHIND:
            expected = theirs[part]
            if part == "scores":
                expected = [one for one in expected if not one["sealed"]]
            assert _in_any_order(mine[part]) == _in_any_order(expected), part
    assert [one["carries_on"] for one in here["episodes"]] == [1, None]
    assert {one["therapist"] for one in here["episodes"]} == {stranger.name}
    assert here["consents"] == here["follow_up_consents"] == []
    assert (AskedForm.objects.count(), Letter.objects.count()) == (asked, mailed)
    assert not Signal.objects.filter(episode__client=client, kind="safety").exists()
    entry = AccessEntry.objects.get(subject="imported record")
    assert (entry.client_id, entry.practice_id) == (client.pk, other_practice.pk)


def test_it_is_brought_in_once(
    lived: Episode, stranger: Person, other_practice: Practice, tmp_path: Path, now: datetime
) -> None:
    record = _read(_taken_out(lived, now), tmp_path)
    arriving.bring_in(other_practice, record, stranger, known_instruments(), now=now)
    before = Client.objects.count()
    with pytest.raises(ConflictError, match="is here already"):
        arriving.bring_in(other_practice, record, stranger, known_instruments(), now=now)
    with pytest.raises(ConflictError):
        arriving.look_at(lived.practice, record, known_instruments(), now=now)
    assert Client.objects.count() == before


def test_sessions_to_come_are_asked_about(
    episode: Episode,
    session_today: Session,
    therapist: Person,
    stranger: Person,
    other_practice: Practice,
    tmp_path: Path,
    now: datetime,
) -> None:
    checkins.plan_session(
        episode.pk, starts_at=now + timedelta(days=2), by=actor_for(therapist), now=now
    )
    record = _read(_taken_out(episode, now), tmp_path)
    client = arriving.bring_in(other_practice, record, stranger, known_instruments(), now=now)
    asked = AskedForm.objects.filter(episode__client=client)
    assert set(asked.values_list("session__number", flat=True)) == {2}


def _in_any_order(part: object) -> object:
    """Return lists sorted: what happened in the same moment has no order."""
    return sorted(part, key=json.dumps) if isinstance(part, list) else part


LEAST = {
    "format": "openalliance-record/1",
    "about": {"code": "A-17"},
    "episodes": [{"number": 1, "modality": "CBT", "started_at": "2025-09-01T12:00:00+00:00"}],
}


def test_little_is_enough(
    stranger: Person, other_practice: Practice, tmp_path: Path, now: datetime
) -> None:
    record = _read(LEAST, tmp_path)
    client = arriving.bring_in(other_practice, record, stranger, known_instruments(), now=now)
    (episode,) = client.episodes.all()
    assert (client.name, episode.modality, episode.phases.count()) == ("Client A-17", "cbt", 1)


@pytest.mark.parametrize(
    ("part", "value", "where"),
    [
        ("modality", "", "$.episodes[0].modality"),
        ("started_at", "2025-09-01", "$.episodes[0].started_at"),
        ("started_at", "2025-09-01T12:00:00", "$.episodes[0].started_at"),
        ("ended_at", "2025-10-01T12:00:00Z", "$.episodes[0]"),
        ("plan_ratings", [{"aspect": "pace", "part": "pace", "rater": "client", "value": 9,
                           "at": "2025-09-08T12:00:00Z"}], "$.episodes[0].plan_ratings[0]"),
        ("sessions", [{"number": 1, "starts_at": "2025-09-08T12:00:00Z", "status": "attended"}] * 2,
         "$.episodes[0]"),
        ("ruptures", [{"at": "2025-09-08T12:00:00Z", "marker": "shouting 7f3a",
                       "noticed_by": "client"}], "$.episodes[0].ruptures[0].marker"),
        ("scores", [{"at": "2025-09-08T12:00:00Z", "session": 4, "rater": "client",
                     "instrument": "oa-check-in", "scale": "life"}], "$.episodes[0]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(
    tmp_path: Path, part: str, value: object, where: str
) -> None:
    document = LEAST | {"episodes": [LEAST["episodes"][0] | {part: value}]}  # type: ignore[index, operator]
    with pytest.raises(InputError) as fault:
        _read(document, tmp_path)
    assert str(fault.value.where).endswith(where)
    assert "7f3a" not in str(fault.value)


@pytest.mark.parametrize(
    ("part", "value", "why"),
    [
        ("scores", [{"at": "2025-09-08T12:00:00Z", "rater": "client", "instrument": "nobody-knows",
                     "scale": "x"}], "unknown here"),
        ("followed_by", {"instrument": "nobody-knows", "scale": "x"}, "no such scale"),
        ("started_at", "0026-09-01T12:00:00Z", "cannot be meant"),
        ("plan", [{"number": 1, "status": "agreed", "proposed_by": "client",
                   "proposed_at": "2025-09-08T12:00:00Z",
                   "content": {"goals": [{"id": "g", "words": "Swim", "levels": ["one"]}]}}],
         "all five steps"),
    ],
)  # fmt: skip
def test_what_the_practice_cannot_hold_is_refused_before_anything_is_written(
    stranger: Person,
    other_practice: Practice,
    tmp_path: Path,
    now: datetime,
    part: str,
    value: object,
    why: str,
) -> None:
    document = LEAST | {"episodes": [LEAST["episodes"][0] | {part: value}]}  # type: ignore[index, operator]
    record = _read(document, tmp_path)
    with pytest.raises(InputError, match=why):
        arriving.bring_in(other_practice, record, stranger, known_instruments(), now=now)
    assert not Client.objects.filter(practice=other_practice).exists()


def test_only_a_therapist_of_the_practice_takes_a_record_on(
    stranger: Person, therapist: Person, other_practice: Practice
) -> None:
    assert arriving.therapist_called(other_practice, stranger.email) == stranger
    with pytest.raises(InputError):
        arriving.therapist_called(other_practice, therapist.email)
