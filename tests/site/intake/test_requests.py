"""What becomes of a request: passed on, waiting in order, declined kindly, taken on, forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client as Browser

from openalliance.core.errors import ConflictError, NotFoundError, RefusedError
from openalliance.core.plan import Preference, Way
from openalliance.site.config.jobs import run_ready
from openalliance.site.records.care.models import Client
from openalliance.site.records.intake import services
from openalliance.site.records.intake.access import request_for, requests_for, unanswered
from openalliance.site.records.intake.arrivals import take_on
from openalliance.site.records.intake.models import Arrival, ContactRequest, PracticePage
from openalliance.site.records.intake.profiles import save_profile
from openalliance.site.records.intake.services import NewRequest, ask_for_contact
from openalliance.site.records.letters.models import Letter, Reply
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.rights import erasure, record
from openalliance.site.records.trust.actors import Actor, ActorKind, system
from openalliance.site.records.trust.models import AccessEntry, DataKey

pytestmark = pytest.mark.django_db
Ask = Callable[..., ContactRequest]


@pytest.fixture
def asked(practice: Practice, therapist: Person, now: datetime) -> Ask:
    save_profile({"is_public": True}, by=actor_for(therapist), now=now)

    def ask(at: datetime = now, **changes: Any) -> ContactRequest:
        said = {
            "name": "Sam", "reach_by": "mail", "reach_me": "sam@post.example", "safely": "evenings",
            "message": "I cannot sleep", "accessibility": "no stairs", "languages": ("Español",),
            "preferences": (Preference(way=Way.HUMOUR, value=-2, words="a bit"),),
            "language": "es", **changes,
        }  # fmt: skip
        return ask_for_contact(practice, NewRequest(**said), now=at)

    return ask


@pytest.fixture
def ada(administrator: Person) -> Actor:
    return actor_for(administrator)


@pytest.fixture
def tomas(therapist: Person) -> Actor:
    return actor_for(therapist)


def test_administrators_read_all_and_therapists_theirs_and_it_is_logged(
    asked: Ask, ada: Actor, tomas: Actor, colleague: Person, supervisor: Person, now: datetime
) -> None:
    named, open_to_all = asked(therapist_id=tomas.id), asked()
    assert {one.pk for one in requests_for(ada, now=now)} == {named.pk, open_to_all.pk}
    assert [one.pk for one in requests_for(tomas, now=now)] == [named.pk]
    assert (unanswered(ada), unanswered(tomas), unanswered(actor_for(colleague))) == (2, 1, 0)
    read = AccessEntry.objects.filter(subject="contact request", action="read")
    assert sorted(read.values_list("actor_id", flat=True)) == sorted([ada.id, ada.id, tomas.id])
    for by in (tomas, actor_for(colleague)):
        with pytest.raises(NotFoundError):
            request_for(by, open_to_all.pk, now=now)
    with pytest.raises(RefusedError):
        requests_for(actor_for(supervisor), now=now)


def test_passed_on_it_is_the_others_alone(
    asked: Ask, ada: Actor, tomas: Actor, colleague: Person, stranger: Person, now: datetime
) -> None:
    one = asked(therapist_id=tomas.id)
    with pytest.raises(NotFoundError):
        services.pass_on(one.pk, stranger.pk, by=ada, now=now)
    services.pass_on(one.pk, colleague.pk, by=tomas, now=now)
    assert requests_for(tomas, now=now) == ()
    assert [found.pk for found in requests_for(actor_for(colleague), now=now)] == [one.pk]


def _waiting(by: Actor, now: datetime) -> list[UUID]:
    found = [one for one in requests_for(by, now=now) if one.state == "waiting"]
    return [one.pk for one in sorted(found, key=lambda one: one.place or 0)]


def test_the_waiting_list_has_an_order_and_says_since_when(
    asked: Ask, ada: Actor, now: datetime
) -> None:
    first, second, third = (asked().pk for _ in range(3))
    for days, one in enumerate((first, second, third)):
        services.put_on_waiting_list(one, by=ada, now=now + timedelta(days=days))
    assert _waiting(ada, now) == [first, second, third]
    services.move_in_list(third, earlier=True, by=ada, now=now)
    services.move_in_list(first, earlier=True, by=ada, now=now)
    assert _waiting(ada, now) == [first, third, second]
    services.move_in_list(first, earlier=False, by=ada, now=now)
    assert _waiting(ada, now) == [third, first, second]
    assert ContactRequest.objects.get(pk=third).waiting_since == now + timedelta(days=2)
    with pytest.raises(ConflictError):
        services.put_on_waiting_list(third, by=ada, now=now)


def test_one_click_makes_a_client_with_their_words_and_their_wishes(
    asked: Ask, tomas: Actor, now: datetime
) -> None:
    one = asked(therapist_id=tomas.id, at=now - timedelta(days=3))
    episode = take_on(one.pk, by=tomas, now=now)
    client = Client.objects.get(pk=episode.client_id)
    assert (client.name, client.email, client.language) == ("Sam", "sam@post.example", "es")
    arrival = Arrival.objects.get(client=client)
    assert (arrival.message, arrival.safely) == ("I cannot sleep", "evenings")
    assert (arrival.accessibility, arrival.languages) == ("no stairs", ["Español"])
    assert arrival.asked_at == now - timedelta(days=3)
    assert not ContactRequest.objects.exists()
    proposed = plan_of_episode(episode).proposed
    assert proposed is not None
    assert proposed.content["preferences"] == [{"way": "humour", "value": -2, "words": "a bit"}]
    assert (proposed.proposed_by, proposed.note[:8]) == ("therapist", "Así ente")
    with pytest.raises(NotFoundError):
        take_on(one.pk, by=tomas, now=now)


def test_without_wishes_the_plan_is_empty_and_without_mail_no_address_is_kept(
    asked: Ask, tomas: Actor, now: datetime
) -> None:
    one = asked(therapist_id=tomas.id, preferences=(), reach_by="phone", reach_me="555")
    episode = take_on(one.pk, by=tomas, now=now)
    assert plan_of_episode(episode).history == ()
    assert episode.client.email is None


def test_only_a_therapist_takes_on(asked: Ask, ada: Actor, now: datetime) -> None:
    with pytest.raises(RefusedError):
        take_on(asked().pk, by=ada, now=now)


def test_what_a_client_wrote_first_is_in_their_record_and_goes_with_it(
    asked: Ask, tomas: Actor, now: datetime
) -> None:
    one = asked(therapist_id=tomas.id)
    episode = take_on(one.pk, by=tomas, now=now)
    own = Actor(kind=ActorKind.CLIENT, id=episode.client_id, practice_id=episode.practice_id)
    for document in (
        record.own_record(own, now=now),
        record.record_for_practice(own.id, own.practice_id, now=now),
    ):
        assert document["first_message"]["message"] == "I cannot sleep"
        json.dumps(document)
    erasure.ask(by=own, now=now)
    erasure.carry_out_due(now=now + timedelta(days=8))
    arrival = Arrival.objects.get()
    assert (arrival.reach_me, arrival.safely) == ("", "")
    from openalliance.site.records.care.services import end_episode

    end_episode(episode.pk, "planned", by=tomas, now=now)
    erasure.erase(
        own.id, by=system(own.practice_id), now=now + timedelta(days=9), despite_retention=True
    )
    assert not Arrival.objects.exists()
    assert DataKey.objects.get(owner_id=own.id).wrapped == ""


@pytest.fixture
def mailing(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.django_db(transaction=True)
def test_a_letter_declines_kindly_and_says_nothing_of_what_was_written(
    asked: Ask, ada: Actor, mailing: None, now: datetime
) -> None:
    reply = services.decline(asked().pk, "La cámara, 555 0100", by=ada, now=now)
    assert reply is not None
    run_ready()
    (letter,) = mail.outbox
    assert letter.to == ["sam@post.example"]
    assert "Gracias por escribirnos" in letter.body
    assert "La cámara, 555 0100" in letter.body
    assert "Call 024" in letter.body
    whole = f"{letter.subject} {letter.body}"
    assert not [word for word in ("Sam", "sleep", "stairs", "therap") if word in whole]
    assert Letter.objects.get().state == "sent"


@pytest.mark.parametrize(("reach_by", "is_set_up"), [("phone", True), ("mail", False)])
def test_no_letter_goes_to_who_wants_none_or_without_mail(
    asked: Ask, ada: Actor, settings: Any, now: datetime, reach_by: str, is_set_up: bool
) -> None:
    settings.MAIL_IS_SET_UP = is_set_up
    one = asked(reach_by=reach_by)
    assert services.decline(one.pk, "", by=ada, now=now) is None
    assert not Letter.objects.exists()
    with pytest.raises(ConflictError):
        services.close(one.pk, by=ada, now=now)
    services.open_again(one.pk, by=ada, now=now)
    one.refresh_from_db()
    assert (one.state, one.handled_at) == ("new", None)


def test_a_request_is_deleted_at_once_when_its_writer_asks(
    asked: Ask, ada: Actor, mailing: None, now: datetime
) -> None:
    one = asked()
    services.decline(one.pk, "", by=ada, now=now)
    services.forget(one.pk, by=ada, now=now)
    assert not any(model.objects.exists() for model in (ContactRequest, Reply, Letter))
    assert AccessEntry.objects.filter(subject="contact request", action="erased").count() == 1


def test_requests_go_when_their_time_is_over_and_who_waits_stays(
    asked: Ask, ada: Actor, practice: Practice, other_practice: Practice, now: datetime
) -> None:
    PracticePage.objects.create(practice=practice, unanswered_days=30, declined_days=10)
    long_ago = now - timedelta(days=31)
    old, waiting = asked(at=long_ago), asked(at=long_ago)
    declined, closed, fresh = asked(at=long_ago), asked(at=long_ago), asked()
    services.put_on_waiting_list(waiting.pk, by=ada, now=long_ago)
    services.decline(declined.pk, "", by=ada, now=now - timedelta(days=11))
    services.close(closed.pk, by=ada, now=now - timedelta(days=9))
    elsewhere = ask_for_contact(other_practice, NewRequest(name="S", reach_me="5"), now=long_ago)
    assert services.forget_old(now=now) == 2
    left = set(ContactRequest.objects.values_list("pk", flat=True))
    assert left == {waiting.pk, closed.pk, fresh.pk, elsewhere.pk}
    assert old.pk not in left


def test_a_therapist_answers_on_their_own_pages(
    client: Browser, sign_in: Callable[[Browser, Person], Browser], asked: Ask, therapist: Person,
    colleague: Person, now: datetime,
) -> None:  # fmt: skip
    save_profile(
        {"languages": "Español", "ways": [{"way": "humour", "value": 2, "words": ""}]},
        by=actor_for(colleague), now=now,
    )  # fmt: skip
    inside = sign_in(client, therapist)
    one = asked(therapist_id=therapist.pk)
    assert "not answered yet" in inside.get("/therapist/").content.decode()
    assert "Sam" in inside.get("/therapist/requests/").content.decode()
    page = inside.get(f"/therapist/requests/{one.pk}/").content.decode()
    for words in ("I cannot sleep", "evenings", "no stairs", "Speaks Español.",
                  "Leans the other way: humour.", "They were asked for by name."):  # fmt: skip
        assert words in page
    assert page.index(colleague.name) < page.index("They were asked for by name.")
    assert (
        inside.post(f"/therapist/requests/{one.pk}/pass-on", {"therapist": "x"}).status_code == 400
    )
    assert inside.post(f"/therapist/requests/{one.pk}/sing").status_code == 404
    inside.post(f"/therapist/requests/{one.pk}/wait")
    answer = inside.post(f"/therapist/requests/{one.pk}/take-on")
    assert answer["Location"].endswith("/link")
    details = answer["Location"].replace("/link", "/details")
    assert "I cannot sleep" in inside.get(details).content.decode()
