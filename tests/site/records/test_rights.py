"""What clients may demand: to be asked, to have their record, to have it erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from client_steps import form_of, send
from django.apps import apps
from django.db import connection, transaction
from django.utils import translation

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.core.plan import Goal, Pace, Plan
from openalliance.site.config.erasures import FILE as ERASURES
from openalliance.site.config.erasures import note_erasures, noted_erasures, repeat_erasures
from openalliance.site.config.verification import verify_fields
from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.access import episode_for, link_by
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.hard_to_say import say
from openalliance.site.records.checkins.models import AskedForm, HardToSay, Score
from openalliance.site.records.conversations.access import caseload_for
from openalliance.site.records.plans.services import propose
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.rights import consent, erasure, numbers, record, retention
from openalliance.site.records.rights.consent import ConsentKind
from openalliance.site.records.rights.models import ConsentAnswer, ErasureRequest
from openalliance.site.records.tasks.services import answer_task, propose_task, tell
from openalliance.site.records.trust import keys
from openalliance.site.records.trust.actors import Actor, system
from openalliance.site.records.trust.models import AccessEntry

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=366)
PLANTED = "seldom spoken 7f3a"


@pytest.fixture
def told(
    episode: Episode, session_today: Session, client_actor: Actor, therapist: Person, now: datetime
) -> Episode:
    """An episode in which the client answered, planned and said things, one for nobody's eyes."""
    send(form_of(session_today, "check-in"), 4, by=client_actor, now=now)
    send(form_of(session_today, "check-out"), 8, by=client_actor, now=now)
    send(form_of(session_today, "check-out", "therapist"), 6, by=actor_for(therapist), now=now)
    plan = Plan(goals=(Goal(id="g", words=f"goal {PLANTED}"),), strategies=(), pace=Pace())
    propose(episode.pk, plan, by=client_actor, now=now)
    task = propose_task(episode.pk, f"try {PLANTED}", by=client_actor, now=now)
    answer_task(task.pk, agree=True, by=actor_for(therapist), now=now)
    tell(task.pk, "partly", words=f"half {PLANTED}", by=client_actor, now=now)
    for visibility in ("now", "only-me"):
        say(
            episode.pk, session=None, about="pace", words=f"{visibility} {PLANTED}",
            visibility=visibility, submission=uuid4(), by=client_actor, now=now,
        )  # fmt: skip
    return episode


def _ended(episode: Episode, therapist: Person, at: datetime) -> datetime:
    care.end_episode(episode.pk, "planned", by=actor_for(therapist), now=at)
    return at


def _everything() -> str:
    """Return all rows of all tables, as somebody with the database file alone reads them."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(repr(cursor.fetchall()))
    return "\n".join(found)


def _of(kind: ConsentKind, by: Actor) -> consent.Consent:
    return next(one for one in consent.own_consents(by) if one.kind == kind)


# --- Consent


def test_nothing_is_consented_to_until_the_client_says_so(
    client_actor: Actor, practice: Practice
) -> None:
    assert [one.given for one in consent.own_consents(client_actor)] == [False, False]
    assert consent.consenting(ConsentKind.RESEARCH, practice_id=practice.pk) == frozenset()


def test_a_yes_says_what_to_which_version_and_when_and_may_be_withdrawn(
    client_actor: Actor, now: datetime
) -> None:
    with translation.override("es"):
        consent.answer("research", True, by=client_actor, now=now)
    given = _of(ConsentKind.RESEARCH, client_actor)
    assert given.given
    (kept,) = given.history
    assert (kept.version, kept.language, kept.at) == (1, "es", now)
    assert "números" in kept.words
    consent.answer("research", False, by=client_actor, now=now + timedelta(days=3))
    after = _of(ConsentKind.RESEARCH, client_actor)
    assert not after.given
    assert [one.given for one in after.history] == [False, True]
    assert list(AccessEntry.objects.filter(subject="consent").values_list("action", flat=True)) == [
        "changed", "withdrew",
    ]  # fmt: skip


def test_a_yes_to_older_words_is_no_yes_to_new_ones(
    client_actor: Actor, practice: Practice, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent.answer("research", True, by=client_actor, now=now)
    monkeypatch.setitem(consent.VERSIONS, ConsentKind.RESEARCH, 2)
    after = _of(ConsentKind.RESEARCH, client_actor)
    assert not after.given
    assert not after.answered
    assert not consent.consenting(ConsentKind.RESEARCH, practice_id=practice.pk)


def test_only_a_client_answers_for_themselves(
    therapist: Person, client_actor: Actor, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        consent.answer("research", True, by=actor_for(therapist), now=now)
    with pytest.raises(NotFoundError):
        consent.own_consents(actor_for(therapist))
    with pytest.raises(InputError):
        consent.answer("marketing", True, by=client_actor, now=now)
    assert not ConsentAnswer.objects.exists()


# --- Retention


def test_a_record_is_kept_ten_years_after_the_end_unless_the_practice_says_otherwise(
    episode: Episode, therapist: Person, administrator: Person, now: datetime
) -> None:
    assert retention.kept_until(episode.client) is None
    ended = _ended(episode, therapist, datetime(2024, 2, 29, 12, tzinfo=UTC))
    assert retention.kept_until(episode.client) == ended.replace(year=2034, month=3, day=1)
    retention.set_rule(4, "our chamber's rule", by=actor_for(administrator), now=now)
    assert retention.kept_until(episode.client) == ended.replace(year=2028)
    assert retention.rule_of(episode.practice_id).reason == "our chamber's rule"


@pytest.mark.parametrize(("years", "reason"), [(-1, "why"), (51, "why"), (10, "  ")])
def test_a_rule_needs_sensible_years_and_a_reason(
    years: int, reason: str, administrator: Person, therapist: Person, now: datetime
) -> None:
    with pytest.raises(InputError):
        retention.set_rule(years, reason, by=actor_for(administrator), now=now)
    with pytest.raises(RefusedError):
        retention.set_rule(5, "why", by=actor_for(therapist), now=now)


# --- The record


def test_a_client_gets_everything_that_is_theirs(
    told: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    episode_for(actor_for(therapist), told.pk, now=now, reading="course")
    found = json.loads(json.dumps(record.own_record(client_actor, now=now)))
    assert found["format"] == "openalliance-record/1"
    assert found["about"]["name"] == "Noor Client"
    (episode,) = found["episodes"]
    assert episode["therapist"] == "Tomás Therapist"
    assert {one["moment"] for one in episode["answers"]} == {"check-in", "check-out"}
    assert all(one["question"] for form in episode["answers"] for one in form["answers"])
    assert {one["rater"] for one in episode["scores"]} == {"client", "therapist"}
    assert episode["plan"][0]["content"]["goals"][0]["words"] == f"goal {PLANTED}"
    assert {one["words"] for one in episode["hard_to_say"]} == {
        f"now {PLANTED}", f"only-me {PLANTED}",
    }  # fmt: skip
    assert {(one["who"], one["what"]) for one in found["read_by"]} >= {
        ("Tomás Therapist", "course")
    }


def test_the_practice_gets_neither_what_is_sealed_nor_what_the_client_keeps(
    episode: Episode, session_today: Session, client_actor: Actor, now: datetime
) -> None:
    send(form_of(session_today, "check-out"), 8, by=client_actor, now=now)
    for visibility in ("now", "later", "only-me"):
        say(
            episode.pk, session=None, about="pace", words=f"{visibility} {PLANTED}",
            visibility=visibility, submission=uuid4(), by=client_actor, now=now,
        )  # fmt: skip
    found = record.record_for_practice(episode.client_id, episode.practice_id, now=now)
    (one,) = found["episodes"]
    assert one["answers"] == []
    assert one["scores"] == []
    assert [said["words"] for said in one["hard_to_say"]] == [f"now {PLANTED}"]
    assert f"only-me {PLANTED}" not in json.dumps(found)


def test_nobody_else_gets_a_record(
    told: Episode, therapist: Person, other_practice: Practice, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        record.own_record(actor_for(therapist), now=now)
    with pytest.raises(NotFoundError):
        record.record_for_practice(told.client_id, other_practice.pk, now=now)


def test_taking_a_record_is_logged(told: Episode, client_actor: Actor, now: datetime) -> None:
    record.own_record(client_actor, now=now)
    record.record_for_practice(told.client_id, told.practice_id, now=now)
    entries = AccessEntry.objects.filter(subject="record", client_id=told.client_id)
    assert {entry.actor_kind for entry in entries} == {"client", "system"}


# --- Numbers for research


def test_research_gets_only_numbers_of_those_who_agreed_under_made_up_names(
    told: Episode, client_actor: Actor, therapist: Person, practice: Practice, now: datetime
) -> None:
    assert list(numbers.research_numbers(practice.pk, now=now)) == []
    consent.answer("research", True, by=client_actor, now=now)
    rows = list(numbers.research_numbers(practice.pk, now=now))
    assert len(rows) == Score.objects.filter(value__isnull=False).count() > 0
    said = repr(rows)
    for known in (told.client.code, str(told.client_id), str(therapist.pk), therapist.email):
        assert known not in said
    assert {row[5] for row in rows} == {(now - told.started_at).days}
    again = list(numbers.research_numbers(practice.pk, now=now))
    assert {row[0] for row in rows}.isdisjoint({row[0] for row in again})


# --- Erasure


def test_a_request_can_be_taken_back_for_a_week_and_nothing_is_gone(
    told: Episode, client_actor: Actor, now: datetime
) -> None:
    asked = erasure.ask(by=client_actor, now=now)
    assert erasure.ask(by=client_actor, now=now) == asked
    assert erasure.carry_out_due(now=now + timedelta(days=6)) == 0
    erasure.take_back(by=client_actor, now=now + timedelta(days=6))
    assert erasure.carry_out_due(now=now + 20 * YEAR) == 0
    assert Client.objects.get(pk=client_actor.id).email == "noor@post.example"
    with pytest.raises(ConflictError):
        erasure.take_back(by=client_actor, now=now)


def test_after_a_week_that_goes_which_nothing_obliges_to_keep(
    told: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    erasure.ask(by=client_actor, now=now)
    assert erasure.carry_out_due(now=now + timedelta(days=7)) == 1
    client = Client.objects.get(pk=client_actor.id)
    assert client.email is None
    assert client.name == "Noor Client"
    assert [said.words for said in HardToSay.objects.all()] == [f"now {PLANTED}"]
    assert AskedForm.objects.filter(submitted_at__isnull=False, rater="client").count() == 2
    standing = erasure.standing(client_actor)
    assert standing is not None
    assert standing.request.begun_at is not None
    assert standing.kept_until is None


def test_when_the_time_is_over_everything_goes(
    told: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    token = links.issue_link(told, by=actor_for(therapist), now=now)[1]
    _ended(told, therapist, now)
    erasure.ask(by=client_actor, now=now)
    erasure.carry_out_due(now=now + timedelta(days=7))
    assert erasure.carry_out_due(now=now + 9 * YEAR) == 0
    assert erasure.carry_out_due(now=now + 11 * YEAR) == 1
    keys.forget()
    client = Client.objects.get(pk=client_actor.id)
    assert str(client.name) == "erased"
    assert client.code.startswith("erased-")
    assert not Score.objects.exists()
    assert not Session.objects.exists()
    assert not AskedForm.objects.exists()
    assert link_by(token, now=now) is None
    with pytest.raises(NotFoundError):
        episode_for(actor_for(therapist), told.pk, now=now, reading="course")
    assert caseload_for(actor_for(therapist), now=now, ended=True) == []
    assert ErasureRequest.objects.get().done_at is not None
    assert AccessEntry.objects.filter(client_id=client.pk, action="erased").count() == 2
    assert not [fault for check in verify_fields() for fault in check.faults]


def test_with_consent_to_research_numbers_stay_and_nothing_else(
    told: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    consent.answer("research", True, by=client_actor, now=now)
    held = Score.objects.count()
    _ended(told, therapist, now)
    erasure.erase(told.client_id, by=system(told.practice_id), now=now + 11 * YEAR)
    keys.forget()
    assert Score.objects.count() == held > 0
    assert list(numbers.research_numbers(told.practice_id, now=now))
    assert all(form.answers == {} for form in AskedForm.objects.filter(rater="client"))
    assert not HardToSay.objects.exists()


def test_what_must_be_kept_is_not_erased(
    told: Episode, therapist: Person, other_practice: Practice, now: datetime
) -> None:
    by = system(told.practice_id)
    with pytest.raises(ConflictError, match="running"):
        erasure.erase(told.client_id, by=by, now=now + 20 * YEAR)
    _ended(told, therapist, now)
    with pytest.raises(ConflictError, match="must be kept until"):
        erasure.erase(told.client_id, by=by, now=now + YEAR)
    with pytest.raises(NotFoundError):
        erasure.erase(told.client_id, by=system(other_practice.pk), now=now + 20 * YEAR)
    assert Client.objects.get(pk=told.client_id).name == "Noor Client"
    erasure.erase(told.client_id, by=by, now=now + YEAR, despite_retention=True)
    keys.forget()
    assert str(Client.objects.get(pk=told.client_id).name) == "erased"


def test_no_key_that_is_left_opens_what_was_erased(
    told: Episode, therapist: Person, now: datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM care_client")
        stolen = cursor.fetchone()[0]
    _ended(told, therapist, now)
    erasure.erase(told.client_id, by=system(told.practice_id), now=now + 11 * YEAR)
    keys.forget()
    from openalliance.site.records.trust import cipher

    with pytest.raises(cipher.ErasedFieldError):
        cipher.decrypt(stolen, place=f"care_client.name.{told.client_id}")
    assert not keys.DataKey.objects.filter(owner_id=told.client_id).exclude(wrapped="").exists()


def test_an_erasure_that_fails_half_way_leaves_all_as_it_was(
    told: Episode, therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended(told, therapist, now)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(erasure, "log", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        erasure.erase(told.client_id, by=system(told.practice_id), now=now + 11 * YEAR)
    keys.forget()
    assert Client.objects.get(pk=told.client_id).name == "Noor Client"
    assert Score.objects.exists()


def test_a_therapist_notes_what_a_client_asked_in_person(
    episode: Episode, therapist: Person, colleague: Person, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        erasure.ask_for_client(episode.pk, by=actor_for(colleague), now=now)
    erasure.ask_for_client(episode.pk, by=actor_for(therapist), now=now)
    assert erasure.standing_in(episode) is not None


def test_every_table_about_a_client_is_dealt_with() -> None:
    """A new table that refers to a client or an episode has to be thought of in an erasure."""
    otherwise = {"CalendarFeed", "Client", "ConsentAnswer", "Episode", "ErasureRequest"}
    otherwise |= {"Arrival", "FollowUpConsent", "Letter", "Opening", "PersonalLink"}
    otherwise |= {"ReminderChoice"}
    known = {model.__name__ for model in (*erasure.WORDS, *erasure.NUMBERS)} | otherwise
    about = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.fields
        if field.related_model in {Client, Episode}
    }
    assert about <= known


def test_a_backup_that_comes_back_is_erased_anew(
    told: Episode, therapist: Person, now: datetime, tmp_path: Path
) -> None:
    assert note_erasures(tmp_path) == 0
    assert not (tmp_path / ERASURES).exists()
    (tmp_path / ERASURES).write_text(f"{told.client_id} {now.isoformat()}\n")
    assert noted_erasures(tmp_path) == {told.client_id: now}
    assert repeat_erasures(tmp_path) == 1
    keys.forget()
    client = Client.objects.get(pk=told.client_id)
    assert str(client.name) == "erased"
    assert client.erased_at == now
    assert repeat_erasures(tmp_path) == 0
    assert note_erasures(tmp_path) == 1


# --- A stolen database


def test_a_stolen_database_says_nothing_that_clients_said(
    told: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    """Readable without keys: numbers, dates, staff; nothing that names or quotes a client."""
    links.issue_link(told, by=actor_for(therapist), now=now)
    stolen = _everything()
    for secret in (PLANTED, "Noor", "noor@post.example"):
        assert secret not in stolen
    for plain in (therapist.email, therapist.name, told.client.code, "oa-check-in"):
        assert plain in stolen
