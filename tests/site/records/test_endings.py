"""Endings: both look back, one question without pressure, a sheet that stays, and a way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail

from openalliance.core.course.leaving import Feels, Leaving
from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.records.care.models import Client, Episode, PersonalLink
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.services import save_answer
from openalliance.site.records.endings import services, wishes
from openalliance.site.records.endings.access import (
    count_left_behind,
    ending_of,
    leaving_in,
    own_staying_well,
    own_wish,
    staying_well_of,
    wishes_for,
    wishes_in,
    wishes_left_behind,
)
from openalliance.site.records.endings.models import StayingWell, Wish
from openalliance.site.records.endings.services import Review, Sheet
from openalliance.site.records.endings.tickets import form_behind, link_to, ticket_for
from openalliance.site.records.letters import delivery
from openalliance.site.records.letters.models import Letter, LetterKind, LetterState
from openalliance.site.records.practice import accounts
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.models import AccessEntry


@pytest.fixture
def by(therapist: Person) -> Actor:
    return actor_for(therapist)


def test_both_look_back_and_neither_sees_the_other_first(
    episode: Episode, by: Actor, client_actor: Actor, supervisor: Person, now: datetime
) -> None:
    with pytest.raises(ConflictError):
        services.review(episode.pk, Review(changed="Much"), by=by, now=now)
    services.look_back(episode.pk, by=client_actor, now=now)
    services.look_back(episode.pk, by=by, now=now)
    services.review(episode.pk, Review(helped="Her patience"), by=by, now=now)
    assert ending_of(client_actor, episode).other is None
    assert ending_of(client_actor, episode).other_is_in
    services.review(
        episode.pk, Review(feels=Feels.RIGHT, changed="I sleep"), by=client_actor, now=now
    )
    seen = ending_of(by, episode)
    assert seen.own is not None
    assert seen.other is not None
    assert (seen.own.helped, seen.other.changed) == ("Her patience", "I sleep")
    assert leaving_in(by, episode) is Leaving.WELL
    above = ending_of(actor_for(supervisor), episode)
    assert (above.own, above.other, above.other_is_in) == (None, None, False)


def test_looking_back_may_be_changed_until_the_end_and_taken_back(
    episode: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    services.look_back(episode.pk, by=by, now=now)
    services.review(episode.pk, Review(changed="a"), by=by, now=now)
    services.review(episode.pk, Review(changed="b"), by=by, now=now)
    services.carry_on(episode.pk, by=by, now=now)
    with pytest.raises(ConflictError):
        services.carry_on(episode.pk, by=by, now=now)
    services.look_back(episode.pk, by=client_actor, now=now)
    found = ending_of(by, episode)
    assert found.own is not None
    assert found.own.changed == "b"
    services.end_episode(episode.pk, "planned", by=by, now=now)
    with pytest.raises(ConflictError):
        services.review(episode.pk, Review(changed="c"), by=by, now=now)
    with pytest.raises(ConflictError):
        services.look_back(episode.pk, by=by, now=now)
    # Who had no time before the end may still look back.
    services.review(episode.pk, Review(feels=3), by=client_actor, now=now)
    assert leaving_in(by, episode) is Leaving.BADLY


@pytest.mark.parametrize("given", [Review(feels=9), Review(changed="x" * 2001)])
def test_what_does_not_fit_is_refused(
    episode: Episode, by: Actor, client_actor: Actor, now: datetime, given: Review
) -> None:
    services.look_back(episode.pk, by=by, now=now)
    with pytest.raises(InputError):
        services.review(episode.pk, given, by=client_actor, now=now)


def test_the_sheet_is_written_together_and_then_the_clients_alone(
    episode: Episode, by: Actor, client_actor: Actor, supervisor: Person, now: datetime
) -> None:
    first = Sheet(signs=("I stop calling",), steps=("Walk",), people=("My sister",))
    services.write_staying_well(episode.pk, first, by=by, now=now)
    services.write_staying_well(episode.pk, first, by=client_actor, now=now)
    assert StayingWell.objects.count() == 1
    services.end_episode(episode.pk, "planned", by=by, now=now)
    with pytest.raises(ConflictError):
        services.write_staying_well(episode.pk, Sheet(signs=("x",)), by=by, now=now)
    later = now + timedelta(days=900)
    services.write_staying_well(episode.pk, Sheet(signs=("New",)), by=client_actor, now=later)
    newest = staying_well_of(by, episode)
    assert newest is not None
    assert newest.content["signs"] == ["New"]
    assert own_staying_well(client_actor) == newest
    assert staying_well_of(actor_for(supervisor), episode) is None
    assert StayingWell.objects.order_by("number")[0].content["people"] == ["My sister"]
    with pytest.raises(InputError):
        services.write_staying_well(episode.pk, Sheet(signs=("x",) * 9), by=client_actor, now=later)


def test_who_left_is_asked_one_question_once_and_their_word_counts(
    episode: Episode, by: Actor, client_actor: Actor, now: datetime, settings: Any
) -> None:
    settings.MAIL_IS_SET_UP = True
    services.end_episode(episode.pk, "unplanned", mail_question=True, by=by, now=now)
    form = AskedForm.objects.get(moment="exit")
    assert not services.mail_question(episode.pk, by=by, now=now)
    (letter,) = Letter.objects.filter(kind=LetterKind.QUESTIONS)
    delivery.mail(letter.pk, now=now)
    delivery.mail(letter.pk, now=now)
    (sent,) = mail.outbox
    assert sent.to == ["noor@post.example"]
    assert link_to(form) in sent.body
    for word in ("Noor", "therapy", "Tomás", "Harbour"):
        assert word not in sent.subject + sent.body
    assert leaving_in(by, episode) is Leaving.UNKNOWN
    save_answer(form.pk, "oa-exit:reason", 4.0, by=client_actor, now=now)
    services.send_form(form.pk, submission=uuid4(), by=client_actor, now=now)
    assert leaving_in(by, episode) is Leaving.BADLY


def test_a_question_that_was_answered_or_closed_is_not_mailed(
    episode: Episode, by: Actor, client_actor: Actor, now: datetime, settings: Any
) -> None:
    settings.MAIL_IS_SET_UP = True
    services.end_episode(episode.pk, "unplanned", mail_question=True, by=by, now=now)
    services.reopen_episode(episode.pk, by=by, now=now)
    (letter,) = Letter.objects.filter(kind=LetterKind.QUESTIONS)
    delivery.mail(letter.pk, now=now)
    letter.refresh_from_db()
    assert (letter.state, mail.outbox) == (LetterState.GIVEN_UP, [])
    with pytest.raises(ConflictError):
        services.mail_question(episode.pk, by=by, now=now)


def test_nothing_is_mailed_without_an_address(
    episode: Episode, by: Actor, now: datetime, settings: Any
) -> None:
    settings.MAIL_IS_SET_UP = True
    client = Client.objects.get(pk=episode.client_id)
    client.email = None
    client.save()
    services.end_episode(episode.pk, "unplanned", mail_question=True, by=by, now=now)
    assert not Letter.objects.exists()
    assert AskedForm.objects.filter(moment="exit").exists()


def test_a_ticket_opens_its_form_alone_and_not_for_ever(
    episode: Episode, by: Actor, now: datetime
) -> None:
    services.end_episode(episode.pk, "unplanned", by=by, now=now)
    form = AskedForm.objects.get(moment="exit")
    ticket = ticket_for(form)
    assert form_behind(ticket, now=now) == form
    other = uuid4().hex + ticket[32:]
    assert form_behind(other, now=now) is None
    assert form_behind("nonsense", now=now) is None
    assert form_behind(ticket, now=now + timedelta(days=200)) is None
    form.moment = "check-in"
    form.save()
    assert form_behind(ticket, now=now) is None


def test_one_tap_brings_a_wish_to_the_therapist_and_a_new_episode_is_joined(
    episode: Episode, by: Actor, client_actor: Actor, colleague: Person, now: datetime,
    settings: Any,
) -> None:  # fmt: skip
    settings.MAIL_IS_SET_UP = True
    with pytest.raises(ConflictError):
        wishes.wish("return", by=client_actor, now=now)
    services.end_episode(episode.pk, "planned", by=by, now=now)
    wishes.wish("contact", by=client_actor, now=now)
    wishes.wish("return", words="It is back", by=client_actor, now=now)
    (seen,) = wishes_for(by, now=now)
    assert (seen.kind, seen.words) == ("return", "It is back")
    assert wishes_for(actor_for(colleague), now=now) == ()
    assert Letter.objects.filter(kind=LetterKind.RETURN).count() == 1
    made = wishes.begin_again(episode.pk, by=by, now=now + timedelta(days=9))
    assert (made.previous_id, made.ended_at) == (episode.pk, None)
    seen.refresh_from_db()
    assert seen.started_id == made.pk
    assert wishes_for(by, now=now) == ()
    with pytest.raises(ConflictError):
        wishes.begin_again(episode.pk, by=by, now=now)
    assert AccessEntry.objects.filter(subject="wish", action="read").exists()


def test_a_wish_can_be_undone_and_answered_by_their_therapist_alone(
    episode: Episode, by: Actor, client_actor: Actor, colleague: Person, now: datetime
) -> None:
    services.end_episode(episode.pk, "planned", by=by, now=now)
    with pytest.raises(ConflictError):
        wishes.take_back(by=client_actor, now=now)
    wishes.wish("return", by=client_actor, now=now)
    wishes.take_back(by=client_actor, now=now)
    assert own_wish(client_actor) is None
    again = wishes.wish("contact", by=client_actor, now=now)
    with pytest.raises(NotFoundError):
        wishes.answered(again.pk, by=actor_for(colleague), now=now)
    with pytest.raises(RefusedError):
        wishes.answered(again.pk, by=client_actor, now=now)
    wishes.answered(again.pk, by=by, now=now)
    assert [one.answered_at for one in wishes_in(client_actor, episode)].count(now) == 1
    assert Wish.objects.count() == 2
    with pytest.raises(InputError):
        wishes.wish("holiday", by=client_actor, now=now)
    with pytest.raises(InputError):
        wishes.wish("return", words="x" * 1001, by=client_actor, now=now)


def test_a_wish_whose_therapist_left_reaches_an_administrator_and_who_they_choose(
    episode: Episode, by: Actor, client_actor: Actor, colleague: Person, administrator: Person,
    now: datetime, settings: Any,
) -> None:  # fmt: skip
    settings.MAIL_IS_SET_UP = True
    head, other = actor_for(administrator), actor_for(colleague)
    services.end_episode(episode.pk, "planned", by=by, now=now)
    early = wishes.wish("contact", words="Only for you", by=client_actor, now=now)
    assert wishes_left_behind(head, now=now) == ()
    with pytest.raises(NotFoundError):
        wishes.pass_on(early.pk, colleague.pk, by=head, now=now)
    wishes.take_back(by=client_actor, now=now)
    practices.deactivate(by.id, by=head, now=now)

    made = wishes.wish("return", by=client_actor, now=now)
    letter = Letter.objects.get(kind=LetterKind.LEFT_BEHIND)
    delivery.mail(letter.pk, now=now)
    assert [one.to for one in mail.outbox] == [[administrator.email]]
    assert "Noor" not in mail.outbox[0].subject + mail.outbox[0].body
    assert count_left_behind(head) == 1
    assert [one.pk for one in wishes_left_behind(head, now=now)] == [made.pk]
    assert AccessEntry.objects.filter(subject="wish", action="read", actor_id=head.id).exists()
    for nobody in (by.id, administrator.pk, uuid4()):
        with pytest.raises(NotFoundError):
            wishes.pass_on(made.pk, nobody, by=head, now=now)
    for wrong in (other, client_actor):
        with pytest.raises(RefusedError):
            wishes.pass_on(made.pk, colleague.pk, by=wrong, now=now)
    with pytest.raises(NotFoundError):
        wishes.take_up(made.pk, by=other, now=now)

    wishes.pass_on(made.pk, colleague.pk, by=head, now=now)
    assert count_left_behind(head) == 0
    assert [one.pk for one in wishes_for(other, now=now)] == [made.pk]
    assert Letter.objects.filter(kind=LetterKind.RETURN, person=colleague).count() == 1
    begun = wishes.take_up(made.pk, by=other, now=now)
    assert (begun.previous_id, begun.therapist_id) == (episode.pk, colleague.pk)
    assert wishes_for(other, now=now) == ()
    with pytest.raises(NotFoundError):
        wishes.take_up(made.pk, by=other, now=now)


def test_a_wish_passed_on_is_settled_by_who_was_in_touch_or_left_behind_again(
    episode: Episode, by: Actor, client_actor: Actor, colleague: Person, administrator: Person,
    now: datetime,
) -> None:  # fmt: skip
    head, other = actor_for(administrator), actor_for(colleague)
    services.end_episode(episode.pk, "planned", by=by, now=now)
    made = wishes.wish("contact", by=client_actor, now=now)
    practices.change_roles(by.id, [Role.SUPERVISOR], by=head, now=now)
    wishes.pass_on(made.pk, colleague.pk, by=head, now=now)
    practices.deactivate(colleague.pk, by=head, now=now)
    assert count_left_behind(head) == 1
    accounts.reactivate(colleague.pk, by=head, now=now)
    practices.change_roles(colleague.pk, [Role.THERAPIST], by=head, now=now)
    other = actor_for(colleague)
    assert wishes.answered(made.pk, by=other, now=now).answered_by == colleague.pk
    assert count_left_behind(head) == 0


def test_the_clients_way_in_outlives_the_ending(
    episode: Episode, by: Actor, client_link: Any, now: datetime
) -> None:
    later = now + timedelta(days=300)
    services.end_episode(episode.pk, "planned", by=by, now=later)
    assert PersonalLink.objects.get().expires_at == later + timedelta(days=365)
