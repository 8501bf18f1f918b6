"""A record opened in an emergency: by whom, how long, what is read, and who sees that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from client_steps import safety_step
from django.db import connection
from django.test import Client as Browser

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.records.care import services as care
from openalliance.site.records.care.access import episode_for
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.hard_to_say import say
from openalliance.site.records.conversations.access import caseload_for
from openalliance.site.records.emergency import access, services
from openalliance.site.records.emergency.models import Opening
from openalliance.site.records.letters.models import Letter
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights.record import own_record
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.models import AccessEntry
from tests.site.conftest import PASSWORD, Link
from tests.site.signals import scores
from tests.site.therapist.answers import answer, form_of

REASON = "The sister called: she is afraid for tonight."
SignIn = Callable[[Browser, Person], Browser]


def opened(who: str, by: Person, now: datetime, **changed: Any) -> Opening:
    given = {"cause": "safety", "reason": REASON, "password": PASSWORD, **changed}
    return services.open_record(who, by=actor_for(by), now=now, **given)


@pytest.fixture
def opening(episode: Episode, colleague: Person, now: datetime) -> Opening:
    return opened(episode.client.code, colleague, now)


def not_safe(session: Session, client: Actor, now: datetime) -> None:
    form = form_of(session, "check-in", "client")
    marked = safety_step(form).item.maximum
    answer(form, 5.0, by=client, now=now, safety=marked)


@dataclass(frozen=True, slots=True)
class Form:
    """What is filled in on the page."""

    who: str

    def filled(self, **changed: str) -> dict[str, str]:
        return {
            "who": self.who, "cause": "safety", "reason": REASON, "password": PASSWORD, **changed
        }  # fmt: skip


# --- Opening


@pytest.mark.parametrize("who", ["code", "NOOR  client", "noor@POST.example"])
def test_a_client_is_found_by_their_whole_code_name_or_address(
    who: str, episode: Episode, colleague: Person, now: datetime, settings: Any
) -> None:
    made = opened(episode.client.code if who == "code" else who, colleague, now)
    assert made.client_id == episode.client_id
    assert made.ends_at == now + timedelta(minutes=settings.EMERGENCY_MINUTES)
    assert AccessEntry.objects.filter(
        action="added", subject="emergency", subject_id=made.pk, client_id=episode.client_id
    ).exists()


@pytest.mark.parametrize("who", ["Noor", "Noor C", "oor client", "noor@post", "", " ", "%", "A"])
def test_a_part_of_a_name_finds_nobody_and_the_try_is_logged(
    who: str, episode: Episode, colleague: Person, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        opened(who, colleague, now)
    entry = AccessEntry.objects.get(subject="emergency search")
    assert (entry.actor_id, entry.client_id) == (colleague.pk, None)
    assert not Opening.objects.exists()


def test_two_clients_of_one_name_are_told_apart_by_code(
    episode: Episode, therapist: Person, colleague: Person, now: datetime
) -> None:
    care.add_client(
        care.NewClient(name="noor client", email=None, language="en", modality="cbt"),
        by=actor_for(therapist), now=now,
    )  # fmt: skip
    with pytest.raises(InputError, match="several"):
        opened("Noor Client", colleague, now)
    assert opened(episode.client.code, colleague, now).client_id == episode.client_id


@pytest.mark.parametrize(
    "wrong",
    [{"reason": "urgent"}, {"reason": "x" * 50}, {"reason": "word " * 1000}, {"cause": "curious"},
     {"password": "not mine"}],
)  # fmt: skip
def test_without_reason_cause_and_password_nothing_opens(
    wrong: dict[str, str], episode: Episode, colleague: Person, now: datetime
) -> None:
    with pytest.raises(InputError):
        opened(episode.client.code, colleague, now, **wrong)
    assert not Opening.objects.exists()


def test_administrators_clients_and_other_practices_cannot(
    episode: Episode, administrator: Person, stranger: Person, client_actor: Actor, now: datetime
) -> None:
    with pytest.raises(RefusedError):
        opened(episode.client.code, administrator, now)
    with pytest.raises(RefusedError):
        services.open_record(
            episode.client.code, cause="safety", reason=REASON, password=PASSWORD,
            by=client_actor, now=now,
        )  # fmt: skip
    with pytest.raises(NotFoundError):
        opened(episode.client.code, stranger, now)


def test_ones_own_client_needs_no_emergency_but_one_handed_over_does(
    episode: Episode, therapist: Person, colleague: Person, now: datetime
) -> None:
    with pytest.raises(ConflictError):
        opened(episode.client.code, therapist, now)
    care.transfer(episode.pk, colleague.pk, by=actor_for(therapist), now=now)
    assert opened(episode.client.code, therapist, now).client_id == episode.client_id


def test_opening_twice_is_one_opening_and_one_letter(
    episode: Episode, colleague: Person, opening: Opening, now: datetime, settings: Any
) -> None:
    assert opened(episode.client.code, colleague, now + timedelta(minutes=1)).pk == opening.pk


def test_the_therapist_gets_a_letter_without_names(
    episode: Episode, therapist: Person, colleague: Person, now: datetime, settings: Any
) -> None:
    settings.MAIL_IS_SET_UP = True
    opened(episode.client.code, colleague, now)
    letter = Letter.objects.get()
    assert (letter.kind, letter.person_id) == ("emergency", therapist.pk)


# --- Reading


def test_each_reading_is_marked_and_ends_by_itself(
    opening: Opening, colleague: Person, now: datetime
) -> None:
    by = actor_for(colleague)
    _opening, episode = access.episode_in_emergency(
        by, opening.pk, now=now + timedelta(minutes=59), reading="whole record"
    )
    entry = AccessEntry.objects.get(action="emergency-read")
    assert (entry.subject_id, entry.actor_id) == (episode.pk, colleague.pk)
    with pytest.raises(NotFoundError):
        access.episode_in_emergency(by, opening.pk, now=opening.ends_at, reading="whole record")


def test_it_ends_by_hand_and_only_by_who_opened_it(
    opening: Opening, colleague: Person, therapist: Person, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        services.close_record(opening.pk, by=actor_for(therapist), now=now)
    services.close_record(opening.pk, by=actor_for(colleague), now=now)
    with pytest.raises(NotFoundError):
        access.standing_opening(actor_for(colleague), opening.pk, now=now)


def test_who_loses_the_role_loses_the_record(
    opening: Opening, colleague: Person, administrator: Person, now: datetime
) -> None:
    practices.change_roles(colleague.pk, {Role.ADMINISTRATOR}, by=actor_for(administrator), now=now)
    with pytest.raises(RefusedError):
        access.standing_opening(actor_for(colleague), opening.pk, now=now)


def test_nothing_else_opens_with_it(opening: Opening, colleague: Person, now: datetime) -> None:
    by, episode = actor_for(colleague), Episode.objects.get()
    with pytest.raises(NotFoundError):
        episode_for(by, episode.pk, now=now, reading="course")
    assert caseload_for(by, now=now) == []
    with pytest.raises(NotFoundError):
        care.end_episode(episode.pk, "planned", by=by, now=now)


def test_the_page_shows_safety_first_and_nothing_that_was_hard_to_say(
    episode: Episode, session_today: Session, client_actor: Actor, opening: Opening,
    colleague: Person, sign_in: SignIn, client: Browser, now: datetime,
) -> None:  # fmt: skip
    say(
        episode.pk, session=None, about="pace", words="Seldom spoken.", visibility="now",
        submission=uuid4(), by=client_actor, now=now,
    )  # fmt: skip
    scores(episode, [4.0, 5.0, 6.0], now - timedelta(weeks=4))
    not_safe(session_today, client_actor, now)
    page = sign_in(client, colleague).get(f"/emergency/{opening.pk}/").content.decode()
    assert "Safety first" in page
    assert "noor@post.example" in page
    assert "Noor Client" in page
    assert "Seldom spoken." not in page


def test_the_safety_alert_still_goes_to_the_therapist(
    therapist: Person, session_today: Session, client_actor: Actor, opening: Opening,
    now: datetime, settings: Any,
) -> None:  # fmt: skip
    """An opening takes nothing over: who is told of a marked safety question stays the same."""
    settings.MAIL_IS_SET_UP = True
    not_safe(session_today, client_actor, now)
    assert Letter.objects.get(kind="urgent").person_id == therapist.pk
    rows = caseload_for(actor_for(therapist), now=now)
    assert "safety" in {str(reason) for reason in rows[0].priority.reasons}


# --- Who sees it


def test_therapist_supervisor_and_client_see_it_at_once(
    episode: Episode, opening: Opening, therapist: Person, supervisor: Person, client_link: Link,
    sign_in: SignIn, come_in: Any, colleague: Person,
) -> None:  # fmt: skip
    for person, address in ((therapist, "/therapist/"), (supervisor, "/supervisor/")):
        page = sign_in(Browser(), person).get(address).content.decode()
        assert "Opened in an emergency" in page
        assert colleague.name in page
    about = sign_in(Browser(), therapist).get(f"/emergency/{opening.pk}/about").content.decode()
    assert REASON in about
    readers = come_in(Browser(), client_link).get(f"{client_link.url}readers").content.decode()
    assert "They were worried about someone’s safety." in readers
    assert colleague.name in readers
    assert REASON not in readers


def test_nobody_else_is_shown_it(
    opening: Opening, stranger: Person, administrator: Person, practice: Any, now: datetime
) -> None:
    other = Person.objects.create_user(
        email="o@harbour.example", password=PASSWORD, name="Other", practice=practice,
        joined_at=now,
    )  # fmt: skip
    practices.grant(other, {Role.THERAPIST, Role.SUPERVISOR}, now=now)
    for person in (stranger, other):
        by = actor_for(person)
        assert access.waiting_for_review(by) == ()
        with pytest.raises(NotFoundError):
            access.opening_for(by, opening.pk, now=now)
        with pytest.raises(NotFoundError):
            services.mark_reviewed(opening.pk, by=by, now=now)
    with pytest.raises(RefusedError):
        access.opening_for(actor_for(administrator), opening.pk, now=now)


def test_the_supervisor_reviews_it_once(
    opening: Opening, supervisor: Person, client_actor: Actor, now: datetime
) -> None:
    by = actor_for(supervisor)
    assert [one.pk for one in access.waiting_for_review(by)] == [opening.pk]
    services.mark_reviewed(opening.pk, by=by, now=now)
    assert access.waiting_for_review(by) == ()
    assert access.own_openings_of_client(client_actor)[0].reviewed_at == now
    with pytest.raises(ConflictError):
        services.mark_reviewed(opening.pk, by=by, now=now)


def test_nobody_reviews_their_own(
    episode: Episode, supervisor: Person, therapist: Person, now: datetime
) -> None:
    made = opened(episode.client.code, supervisor, now)
    with pytest.raises(NotFoundError):
        services.mark_reviewed(made.pk, by=actor_for(supervisor), now=now)


def test_the_clients_own_record_says_so_too(
    opening: Opening, client_actor: Actor, colleague: Person, now: datetime
) -> None:
    taken = own_record(client_actor, now=now)
    assert [one["who"] for one in taken["opened_in_emergency"]] == [colleague.name]
    assert REASON not in str(taken)


def test_the_reason_is_sealed_with_the_clients_key(opening: Opening) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM emergency_opening")
        (kept,) = cursor.fetchone()
    assert "sister" not in kept
    again = Opening.objects.get()
    assert again.reason == REASON
    assert again.__dict__["_sealed_for"].id == Client.objects.get().pk


# --- Pages


def test_the_page_opens_reads_and_closes(
    episode: Episode, colleague: Person, sign_in: SignIn, client: Browser
) -> None:
    sign_in(client, colleague)
    assert client.get("/emergency/").status_code == 200
    form = Form(episode.client.code)
    assert client.post("/emergency/", form.filled(reason="no")).status_code == 422
    assert client.post("/emergency/", form.filled(who="Nobody")).status_code == 422
    answer = client.post("/emergency/", form.filled())
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert "Opened in an emergency, until" in page.content.decode()
    assert client.post(f"{answer['Location']}end").status_code == 302
    assert client.get(answer["Location"]).status_code == 404


def test_guesses_at_the_password_are_slowed_down(
    episode: Episode, colleague: Person, sign_in: SignIn, client: Browser
) -> None:
    sign_in(client, colleague)
    wrong = Form(episode.client.code).filled(password="wrong")
    statuses = [client.post("/emergency/", wrong).status_code for _ in range(12)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert not Opening.objects.exists()
