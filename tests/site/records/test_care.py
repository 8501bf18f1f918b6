"""Who may see which episode; links and codes; sessions and endings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from openalliance.core.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    RefusedError,
)
from openalliance.site.records.care import access, services
from openalliance.site.records.care import links as care_links
from openalliance.site.records.care.models import Episode, PersonalLink
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Supervision
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.models import AccessEntry


def test_therapist_supervisor_and_client_see_the_episode(
    episode: Episode, therapist: Person, supervisor: Person, client_actor: Actor, now: datetime
) -> None:
    for by in (actor_for(therapist), actor_for(supervisor), client_actor):
        assert access.episode_for(by, episode.pk, now=now, reading="course") == episode


def test_to_everybody_else_it_does_not_exist(
    episode: Episode, colleague: Person, stranger: Person, administrator: Person, now: datetime
) -> None:
    for person in (colleague, stranger, administrator):
        with pytest.raises(NotFoundError):
            access.episode_for(actor_for(person), episode.pk, now=now, reading="course")


def test_every_read_is_in_the_log(episode: Episode, therapist: Person, now: datetime) -> None:
    access.episode_for(actor_for(therapist), episode.pk, now=now, reading="course")
    entry = AccessEntry.objects.filter(action="read").latest("pk")
    assert (entry.actor_id, entry.client_id, entry.subject) == (
        therapist.pk,
        episode.client_id,
        "course",
    )


def test_a_supervisor_reads_but_does_not_change(
    episode: Episode, supervisor: Person, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        access.own_episode_for(actor_for(supervisor), episode.pk, now=now, reading="session")


def test_a_supervision_that_ended_shows_nothing(
    episode: Episode, supervisor: Person, administrator: Person, now: datetime
) -> None:
    practices.end_supervision(Supervision.objects.get().pk, by=actor_for(administrator), now=now)
    assert not access.visible_episodes(actor_for(supervisor)).exists()


def test_the_right_code_lets_in_and_only_hashes_are_kept(
    client_link: Any, client_actor: Actor, now: datetime
) -> None:
    row = care_links.enter_code(client_link.token, client_link.code, now=now)
    assert access.client_actor(row) == client_actor
    kept = PersonalLink.objects.values_list("token_hash", "code_hash").get()
    assert client_link.token not in kept
    assert client_link.code not in kept


def test_five_wrong_codes_rest_the_link_for_a_while(client_link: Any, now: datetime) -> None:
    wrong = f"{(int(client_link.code) + 1) % 1_000_000:06d}"
    for _ in range(care_links.WRONG_CODES_ALLOWED):
        with pytest.raises(care_links.WrongCodeError):
            care_links.enter_code(client_link.token, wrong, now=now)
    with pytest.raises(care_links.TooManyCodesError):
        care_links.enter_code(client_link.token, client_link.code, now=now)
    later = now + care_links.LOCKED_FOR + timedelta(seconds=1)
    assert care_links.enter_code(client_link.token, client_link.code, now=later)


def test_each_rest_is_twice_as_long_and_a_year_of_guessing_stays_hopeless(
    client_link: Any, now: datetime
) -> None:
    wrong = f"{(int(client_link.code) + 1) % 1_000_000:06d}"
    at, rests = now, []
    for _rest in range(9):
        for _try in range(care_links.WRONG_CODES_ALLOWED):
            with pytest.raises(care_links.WrongCodeError):
                care_links.enter_code(client_link.token, wrong, now=at)
        until = PersonalLink.objects.get().locked_until
        assert until is not None
        rests.append(until - at)
        at = until
    assert rests[:3] == [care_links.LOCKED_FOR * n for n in (1, 2, 4)]
    assert rests[-1] == care_links.LOCKED_AT_MOST
    assert care_links.enter_code(client_link.token, client_link.code, now=at).wrong_codes == 0


def test_guessed_expired_and_revoked_links_look_the_same(
    client_link: Any, episode: Episode, therapist: Person, now: datetime
) -> None:
    late = now + care_links.LINK_LASTS + timedelta(seconds=1)
    with pytest.raises(NotFoundError) as expired:
        care_links.enter_code(client_link.token, client_link.code, now=late)
    with pytest.raises(NotFoundError) as guessed:
        care_links.enter_code("guessed", client_link.code, now=now)
    care_links.revoke_links(episode, by=actor_for(therapist), now=now)
    with pytest.raises(NotFoundError) as revoked:
        care_links.enter_code(client_link.token, client_link.code, now=now)
    assert str(expired.value) == str(guessed.value) == str(revoked.value)


def test_a_new_link_makes_the_old_one_useless(
    client_link: Any, episode: Episode, therapist: Person, now: datetime
) -> None:
    care_links.issue_link(episode, by=actor_for(therapist), now=now)
    assert access.link_by(client_link.token, now=now) is None


def test_sessions_are_numbered_within_the_episode(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    numbers = [
        services.add_session(episode.pk, starts_at=now, by=by, now=now).number for _ in range(3)
    ]
    assert numbers == [1, 2, 3]


def test_a_removed_session_can_be_brought_back(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    session = services.add_session(episode.pk, starts_at=now, by=by, now=now)
    services.remove_session(session.pk, by=by, now=now)
    assert access.sessions_of(episode) == ()
    services.restore_session(session.pk, by=by, now=now)
    assert access.sessions_of(episode) == (session,)


def test_an_episode_that_ended_takes_no_session_until_it_is_reopened(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    by = actor_for(therapist)
    services.end_episode(episode.pk, "planned", by=by, now=now)
    with pytest.raises(ConflictError):
        services.add_session(episode.pk, starts_at=now, by=by, now=now)
    services.reopen_episode(episode.pk, by=by, now=now)
    assert services.add_session(episode.pk, starts_at=now, by=by, now=now).number == 1


def test_a_transfer_starts_a_linked_episode(
    episode: Episode, therapist: Person, colleague: Person, now: datetime
) -> None:
    following = services.transfer(episode.pk, colleague.pk, by=actor_for(therapist), now=now)
    assert following.previous == episode
    assert following.therapist == colleague
    assert access.visible_episodes(actor_for(colleague)).get() == following
    with pytest.raises(ConflictError):
        services.reopen_episode(episode.pk, by=actor_for(therapist), now=now)


def test_a_transfer_stays_in_the_practice(
    episode: Episode, therapist: Person, stranger: Person, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        services.transfer(episode.pk, stranger.pk, by=actor_for(therapist), now=now)


def test_another_modality_needs_a_name(therapist: Person, now: datetime) -> None:
    new = services.NewClient(name="A", email=None, language="en", modality="other")
    with pytest.raises(InputError, match="name the modality"):
        services.add_client(new, by=actor_for(therapist), now=now)


def test_only_therapists_add_clients(administrator: Person, now: datetime) -> None:
    new = services.NewClient(name="A", email=None, language="en", modality="cbt")
    with pytest.raises(RefusedError):
        services.add_client(new, by=actor_for(administrator), now=now)


def test_the_last_administrator_stays_one(administrator: Person, now: datetime) -> None:
    with pytest.raises(ConflictError):
        practices.change_roles(
            administrator.pk, {Role.THERAPIST}, by=actor_for(administrator), now=now
        )


def test_an_invitation_is_used_once_and_expires(administrator: Person, now: datetime) -> None:
    by = actor_for(administrator)
    words = "long enough words to sign in with"
    _row, token = practices.invite(
        email="new@harbour.example", name="Nia", roles={Role.THERAPIST}, by=by, now=now
    )
    late = now + practices.INVITATION_LASTS
    with pytest.raises(RefusedError):
        practices.accept_invitation(token, name="Nia", password=words, now=late)
    person = practices.accept_invitation(token, name="Nia", password=words, now=now)
    assert actor_for(person).roles == {Role.THERAPIST}
    with pytest.raises(RefusedError):
        practices.accept_invitation(token, name="Nia", password=words, now=now)
