"""The demonstration: complete, waiting now, and what the services would have written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openalliance.core.course.repair import Marker, Outcome
from openalliance.core.errors import ConflictError
from openalliance.site.config.demonstration import notice
from openalliance.site.config.demonstration.build import build
from openalliance.site.config.demonstration.cast import Part
from openalliance.site.records.care.models import Ending, Episode, PersonalLink, SessionStatus
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.access import open_forms
from openalliance.site.records.checkins.models import AskedForm, HardToSay, Signal
from openalliance.site.records.conversations.models import ConversationStep, RuptureRecord, Stage
from openalliance.site.records.intake.models import Profile
from openalliance.site.records.plans.models import PlanStatus, PlanVersion
from openalliance.site.records.practice.access import demonstration_people, public_practice
from openalliance.site.records.practice.models import Practice
from openalliance.site.records.trust.actors import Actor, ActorKind
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.tokens import digest

NOW = datetime(2026, 3, 4, 10, 20, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path: Path, db: None) -> Practice:
    build(tmp_path, clients=40, seed=11, now=NOW)
    practice = public_practice()
    assert practice is not None
    return practice


def test_every_role_can_sign_in(made: Practice) -> None:
    people = demonstration_people()
    roles = sorted(grant.role for one in people for grant in one.grants.all())
    assert roles == ["administrator", "supervisor", "therapist", "therapist", "therapist"]
    assert all(one.check_password("demonstration") for one in people)
    assert Profile.objects.filter(is_public=True).count() == 3


def test_each_part_is_played_and_each_way_in_works(made: Practice, tmp_path: Path) -> None:
    noted = json.loads((tmp_path / notice.FILE).read_text())["clients"]
    assert len(noted) == len(Part) + 1  # and whose three years are told
    for one in noted:
        link = PersonalLink.objects.get(token_hash=digest(one["token"]))
        assert link.code_hash == digest(one["code"], salt=one["token"])
        assert link.client.name == one["name"]


def test_what_waits_right_now(made: Practice, tmp_path: Path) -> None:
    waiting: dict[str, list[str]] = {}
    for one in notice.sign_ins(tmp_path):
        client = PersonalLink.objects.get(token_hash=digest(one.token)).client
        actor = Actor(kind=ActorKind.CLIENT, id=client.pk, practice_id=made.pk)
        waiting[one.story] = [form.moment for form in open_forms(actor, now=NOW)]
    found = list(waiting.values())
    assert found[0] == ["check-in"]
    assert found[1] == ["check-out"]
    assert "check-out" in found[2]
    assert found[3] == ["check-in"]
    assert found[6] == []


def test_it_is_what_the_services_would_have_written(made: Practice) -> None:
    assert services.close_due(made.pk, now=NOW) == 0
    for episode in Episode.objects.select_related("practice").prefetch_related("signals"):
        if not hasattr(episode, "course_state"):
            continue
        before = episode.course_state.state
        signals = {(one.kind, one.at) for one in episode.signals.all()}
        services.rebuild_course(episode, now=NOW)
        again = Episode.objects.get(pk=episode.pk)
        assert again.course_state.state == before
        assert {(one.kind, one.at) for one in again.signals.all()} == signals


def test_the_story_of_a_repair_is_true(made: Practice, tmp_path: Path) -> None:
    told = next(one for one in notice.sign_ins(tmp_path) if "found their way back" in one.story)
    client = PersonalLink.objects.get(token_hash=digest(told.token)).client
    kinds = set(Signal.objects.filter(episode__client=client).values_list("kind", flat=True))
    assert {"rupture", "repair"} <= kinds
    record = RuptureRecord.objects.get(episode__client=client)
    assert (record.noticed_by, record.outcome) == ("signal", Outcome.REPAIRED)
    assert record.signal_id is not None


def test_nothing_lies_in_the_future(made: Practice) -> None:
    assert not AskedForm.objects.filter(submitted_at__gt=NOW).exists()
    assert not ConversationStep.objects.filter(at__gt=NOW).exists()
    assert not PlanVersion.objects.filter(answered_at__gt=NOW).exists()
    assert not Episode.objects.filter(ended_at__gt=NOW).exists()
    assert not Episode.objects.filter(started_at__gt=NOW).exists()
    assert not RuptureRecord.objects.filter(closed_at__gt=NOW).exists()
    assert not AccessEntry.objects.filter(at__gt=NOW).exists()


def test_it_reads_like_a_practice(made: Practice) -> None:
    endings = set(Episode.objects.values_list("ending", flat=True))
    assert endings == {"", Ending.PLANNED, Ending.UNPLANNED, Ending.TRANSFERRED}
    assert Episode.objects.exclude(previous=None).count() == 4
    statuses = set(Episode.objects.values_list("sessions__status", flat=True)) - {None}
    assert statuses == set(SessionStatus.values)
    kinds = list(Signal.objects.values_list("kind", flat=True))
    assert {"rupture", "repair", "reliable-change"} <= set(kinds)
    assert kinds.count("safety") == 1
    assert set(ConversationStep.objects.values_list("stage", flat=True)) == set(Stage.values)
    stands = set(PlanVersion.objects.values_list("status", flat=True))
    assert {PlanStatus.AGREED, PlanStatus.PROPOSED, PlanStatus.REPLACED} <= stands
    assert HardToSay.objects.exists()
    assert AskedForm.objects.exclude(missed_at=None).exists()
    noted = RuptureRecord.objects.values_list("marker", "outcome", "episode__therapist_id")
    assert {marker for marker, _outcome, _whose in noted} == set(Marker)
    assert {outcome for _marker, outcome, _whose in noted} == {"", *Outcome}
    assert len({whose for _marker, _outcome, whose in noted}) == 3
    assert len(noted) > 12


@pytest.mark.parametrize("clients", [1, 3, 12])
def test_small_ones_stand_too(tmp_path: Path, clients: int) -> None:
    build(tmp_path, clients=clients, seed=7, now=NOW)
    assert len(notice.sign_ins(tmp_path)) >= min(clients, len(Part))


def test_only_a_demonstration_is_removed(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "practice.sqlite3").write_text("records")
    with pytest.raises(ConflictError):
        notice.remove(real)
    assert (real / "practice.sqlite3").exists()
    mine = tmp_path / "mine"
    notice.claim(mine)
    (mine / "practice.sqlite3").write_text("made up")
    (mine / "letter.txt").write_text("not ours")
    notice.remove(mine)
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]
