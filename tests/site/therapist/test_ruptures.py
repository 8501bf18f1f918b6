"""A strain is noted, stays in view until it is talked over, and is measured again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.conversations.access import (
    open_ruptures,
    repaired_here,
    ruptures_of,
)
from openalliance.site.records.conversations.models import RuptureRecord
from openalliance.site.records.conversations.ruptures import (
    Said,
    change_rupture,
    note_rupture,
    remove_rupture,
    restore_rupture,
)
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights.record import own_record
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from tests.site.signals import episodes, signal

pytestmark = pytest.mark.django_db
WORDS = "They went quiet when I spoke of homework."


def typed(**changed: Any) -> dict[str, Any]:
    return {"marker": "withdrawal", "noticed_by": "therapist", "words": WORDS, **changed}


def said(**changed: Any) -> Said:
    return Said(**({"marker": "mixed", "noticed_by": "both", "words": WORDS} | changed))


def test_what_was_noticed_is_noted_and_shown(desk: Browser, episode: Episode) -> None:
    url = reverse("therapist:add_rupture", args=[episode.pk])
    assert "Who noticed it first?" in desk.get(url).content.decode()
    answer = desk.post(url, typed(tried=["explore", "own-share"]), follow=True)
    page = answer.content.decode()
    assert WORDS in page
    assert "Withdrawal" in page
    assert "Asked what it was like; Owned my part" in page
    assert "Still open" in page
    assert "next check-out will show" in page


def test_it_may_begin_with_a_signal(desk: Browser, episode: Episode, now: datetime) -> None:
    row = signal(episode, now)
    url = reverse("therapist:add_rupture", args=[episode.pk])
    for page in ("client", "prepare"):
        shown = desk.get(reverse(f"therapist:{page}", args=[episode.pk])).content.decode()
        assert f"{url}?signal={row.pk}" in shown
    filled = desk.get(url, {"signal": row.pk}).content.decode()
    assert f'name="signal" value="{row.pk}"' in filled
    assert 'value="signal" required checked' in filled
    desk.post(url, typed(signal=str(row.pk)))
    assert RuptureRecord.objects.get().signal_id == row.pk


def test_another_therapys_signal_fills_nothing_in(
    desk: Browser, episode: Episode, therapist: Person, now: datetime
) -> None:
    (other,) = episodes(therapist, 1, now)
    row = signal(other, now)
    url = reverse("therapist:add_rupture", args=[episode.pk])
    filled = desk.get(url, {"signal": row.pk}).content.decode()
    assert str(row.pk) not in filled
    assert 'value="signal" required checked' not in filled


def test_what_became_of_it_is_added_later(desk: Browser, episode: Episode) -> None:
    desk.post(reverse("therapist:add_rupture", args=[episode.pk]), typed())
    row = RuptureRecord.objects.get()
    url = reverse("therapist:change_rupture", args=[row.pk])
    assert WORDS in desk.get(url).content.decode()
    page = desk.post(url, typed(outcome="repaired", tried=["make-room"]), follow=True)
    assert "Repaired" in page.content.decode()
    row.refresh_from_db()
    assert row.closed_at is not None
    desk.post(url, typed(outcome=""))
    row.refresh_from_db()
    assert row.closed_at is None


def test_the_clients_alliance_is_measured_again_at_the_session_after(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    for days, value in ((-20, 8.0), (-10, 7.5), (4, 9.0), (11, 6.0)):
        Score.objects.create(
            practice_id=episode.practice_id, episode=episode, at=now + timedelta(days=days),
            rater="client", instrument="oa-check-out-client", version="1", scale="alliance",
            value=value,
        )  # fmt: skip
    note_rupture(episode.pk, said(), by=by, now=now)
    (held,), _out = ruptures_of(by, episode)
    assert (held.remeasured.before, held.remeasured.after) == (7.5, 9.0)
    assert held.remeasured.difference == 1.5


def test_what_was_rated_after_the_strained_session_is_not_the_session_after(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    strained, later = (
        Session.objects.create(
            practice_id=episode.practice_id, episode=episode, number=number, starts_at=at
        )
        for number, at in ((70, now - timedelta(days=7)), (71, now))
    )
    for session, value in ((strained, 4.0), (later, 7.0)):
        Score.objects.create(
            practice_id=episode.practice_id, episode=episode, session=session, rater="client",
            at=session.starts_at + timedelta(hours=1), instrument="oa-check-out-client",
            version="1", scale="alliance", value=value,
        )  # fmt: skip
    note_rupture(episode.pk, said(), session_id=strained.pk, by=by, now=now)
    (held,), _out = ruptures_of(by, episode)
    assert (held.remeasured.before, held.remeasured.after) == (4.0, 7.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"marker": ""}, {"marker": "shouting"}, {"noticed_by": "nobody"}, {"tried": ("magic",)},
        {"outcome": "cured"}, {"words": "a" * 2001},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(
    episode: Episode, therapist: Person, now: datetime, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InputError) as fault:
        note_rupture(episode.pk, said(**wrong), by=actor_for(therapist), now=now)
    assert fault.value.where == next(iter(wrong))
    assert not RuptureRecord.objects.exists()


def test_what_was_typed_is_given_back(desk: Browser, episode: Episode) -> None:
    url = reverse("therapist:add_rupture", args=[episode.pk])
    answer = desk.post(url, typed(marker=""))
    assert answer.status_code == 422
    assert WORDS in answer.content.decode()


def test_a_mistake_is_taken_out_and_put_back(desk: Browser, episode: Episode) -> None:
    desk.post(reverse("therapist:add_rupture", args=[episode.pk]), typed())
    row = RuptureRecord.objects.get()
    page = desk.post(reverse("therapist:remove_rupture", args=[row.pk]), follow=True)
    assert WORDS not in page.content.decode()
    page = desk.post(reverse("therapist:restore_rupture", args=[row.pk]), follow=True)
    assert WORDS in page.content.decode()


def test_a_colleague_sees_and_changes_nothing(
    episode: Episode, therapist: Person, colleague: Person, now: datetime
) -> None:
    row = note_rupture(episode.pk, said(), by=actor_for(therapist), now=now)
    by = actor_for(colleague)
    with pytest.raises(NotFoundError):
        note_rupture(episode.pk, said(), by=by, now=now)
    with pytest.raises(NotFoundError):
        change_rupture(row.pk, said(), by=by, now=now)
    with pytest.raises(NotFoundError):
        remove_rupture(row.pk, by=by, now=now)
    with pytest.raises(NotFoundError):
        restore_rupture(row.pk, by=by, now=now)


def test_a_signal_of_another_episode_is_refused(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    (elsewhere,) = episodes(therapist, 1, now)
    foreign = signal(elsewhere, now)
    with pytest.raises(NotFoundError):
        note_rupture(episode.pk, said(), signal_id=foreign.pk, by=actor_for(therapist), now=now)


def test_reading_and_writing_stand_in_the_log_and_in_the_clients_record(
    episode: Episode, therapist: Person, client_actor: Actor, now: datetime
) -> None:
    note_rupture(episode.pk, said(outcome="repaired"), by=actor_for(therapist), now=now)
    entries = AccessEntry.objects.filter(subject="rupture").values_list("action", flat=True)
    assert set(entries) == {"read", "added"}
    (strain,) = own_record(client_actor, now=now)["episodes"][0]["ruptures"]
    assert (strain["words"], strain["outcome"]) == (WORDS, "repaired")


def test_the_practices_own_rate_is_shown_from_five_clients_on(
    therapist: Person, colleague: Person, supervisor: Person, now: datetime
) -> None:
    def one_more(number: int, whose: Person) -> None:
        (own,) = episodes(whose, 1, now)
        outcome = "repaired" if number % 2 else "not"
        note_rupture(own.pk, said(outcome=outcome), by=actor_for(whose), now=now)

    for number in range(4):
        one_more(number, therapist if number % 2 else colleague)
    assert "all" not in repaired_here(actor_for(therapist))
    for number in range(4, 6):
        one_more(number, therapist if number % 2 else colleague)
    assert repaired_here(actor_for(therapist)) == {}  # own ones taken away, a colleague's are left
    rate = repaired_here(actor_for(supervisor))["all"]
    assert (rate.count, rate.n) == (3, 6)
    assert 0 < rate.low < 0.5 < rate.high < 1


def test_words_lie_sealed(episode: Episode, therapist: Person, now: datetime) -> None:
    from django.db import connection

    note_rupture(episode.pk, said(), by=actor_for(therapist), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM conversations_rupturerecord")
        ((kept,),) = cursor.fetchall()
    assert "quiet" not in kept


def _rated(episode: Episode, number: int, at: datetime, value: float) -> Session:
    held = Session.objects.create(
        practice_id=episode.practice_id, episode=episode, number=number, starts_at=at
    )
    Score.objects.create(
        practice_id=episode.practice_id, episode=episode, session=held, rater="client",
        at=at + timedelta(hours=1), instrument="oa-check-out-client", version="1",
        scale="alliance", value=value,
    )  # fmt: skip
    return held


def test_an_open_rupture_stands_on_the_caseload_and_the_course_page_until_it_is_closed(
    desk: Browser, episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    strained = _rated(episode, 70, now - timedelta(days=8), 4.0)
    row = note_rupture(episode.pk, said(), session_id=strained.pk, by=by, now=now)
    pages = [reverse("therapist:caseload"), reverse("therapist:client", args=[episode.pk])]
    address = reverse("therapist:change_rupture", args=[row.pk])
    for url in pages:
        page = desk.get(url).content.decode()
        assert "withdrawal and confrontation, session 70" in page
        assert "Not measured again yet, and no session is planned." in page
        assert address in page
    _rated(episode, 71, now - timedelta(days=1), 7.0)
    for url in pages:
        page = desk.get(url).content.decode()
        assert "Measured again at the session after: alliance 4.0, then 7.0." in page
        assert "What became of it" in page
    change_rupture(row.pk, said(outcome="repaired"), by=by, now=now)
    for url in pages:
        assert address not in desk.get(url).content.decode()


def test_it_is_told_when_it_will_be_measured_again(
    desk: Browser, episode: Episode, therapist: Person, now: datetime
) -> None:
    note_rupture(episode.pk, said(), by=actor_for(therapist), now=now)
    Session.objects.create(
        practice_id=episode.practice_id, episode=episode, number=70,
        starts_at=now + timedelta(days=5),
    )  # fmt: skip
    page = desk.get(reverse("therapist:caseload")).content.decode()
    assert "To be measured again when you meet next" in page


def test_open_ruptures_cost_two_queries_however_many(
    therapist: Person, now: datetime, django_assert_num_queries: Any
) -> None:
    made = episodes(therapist, 4, now)
    for one in made:
        note_rupture(one.pk, said(), by=actor_for(therapist), now=now)
    with django_assert_num_queries(2):
        assert len(open_ruptures(made)) == 4


def test_a_signal_with_a_record_leads_to_it(
    desk: Browser, episode: Episode, therapist: Person, now: datetime
) -> None:
    row = signal(episode, now)
    url = reverse("therapist:client", args=[episode.pk])
    assert "Note the rupture" in desk.get(url).content.decode()
    kept = note_rupture(
        episode.pk, said(), signal_id=row.pk, by=actor_for(therapist), now=now
    )  # fmt: skip
    page = desk.get(url).content.decode()
    assert "Note the rupture" not in page
    assert "Its record" in page
    remove_rupture(kept.pk, by=actor_for(therapist), now=now)
    assert "Note the rupture" in desk.get(url).content.decode()
