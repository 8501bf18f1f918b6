"""Whatever changes who may see what is an entry of the access log, or does not happen."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction

from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.intake import arrivals, profiles
from openalliance.site.records.intake import services as requests
from openalliance.site.records.practice import accounts
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Supervision
from openalliance.site.records.rights import consent, erasure, retention
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.models import AccessEntry
from tests.site.intake.pictures import picture

PASSWORD = "seven amber kettles sing"


@dataclass(kw_only=True)
class Scene:
    """Everybody and everything that rights are about."""

    episode: Episode
    people: dict[str, Person]
    client: Actor
    now: datetime
    made: dict[str, UUID] = field(default_factory=dict)
    invitation: str = ""

    def by(self, who: str) -> Actor:
        return actor_for(self.people[who])

    def id(self, who: str) -> UUID:
        return self.people[who].pk


@pytest.fixture
def scene(
    episode: Episode, administrator: Person, therapist: Person, colleague: Person,
    supervisor: Person, client_actor: Actor, now: datetime,
) -> Scene:  # fmt: skip
    people = {
        "administrator": administrator, "therapist": therapist, "colleague": colleague,
        "supervisor": supervisor,
    }  # fmt: skip
    one = Scene(episode=episode, people=people, client=client_actor, now=now)
    profiles.save_portrait(picture(), by=one.by("colleague"), now=now)
    by = one.by("administrator")
    for name in ("request", "first", "second", "passed"):
        new = requests.NewRequest(name="Sam", reach_me="555")
        one.made[name] = requests.ask_for_contact(episode.practice, new, now=now).pk
    for name in ("first", "second"):
        requests.put_on_waiting_list(one.made[name], by=by, now=now)
    requests.pass_on(one.made["passed"], therapist.pk, by=by, now=now)
    invitation, one.invitation = practices.invite(
        email="new@harbour.example", name="New", roles=[Role.THERAPIST],
        by=one.by("administrator"), now=now,
    )  # fmt: skip
    links.issue_link(episode, by=one.by("therapist"), now=now)
    said = hard_to_say.say(
        episode.pk, session=None, about="pace", words="Slower.", visibility="now",
        submission=uuid4(), by=client_actor, now=now,
    )  # fmt: skip
    one.made |= {
        "invitation": invitation.pk, "said": said.pk,
        "supervision": Supervision.objects.get(supervisor=supervisor).pk,
    }  # fmt: skip
    return one


def _set_up(one: Scene) -> object:
    return practices.set_up_practice(
        practices.NewPractice(
            name="Third", time_zone="UTC", language="en", crisis_information="Call."
        ),
        administrator_email="third@third.example", administrator_name="Third",
        password=PASSWORD, now=one.now,
    )  # fmt: skip


def _by_administrator(call: Callable[..., object], *given: Callable[[Scene], Any]) -> Any:
    return lambda one: call(
        *(value(one) for value in given), by=one.by("administrator"), now=one.now
    )


def _by_therapist(call: Callable[..., object], *given: Callable[[Scene], Any]) -> Any:
    return lambda one: call(*(value(one) for value in given), by=one.by("therapist"), now=one.now)


def _by_client(call: Callable[..., object], *given: Callable[[Scene], Any]) -> Any:
    return lambda one: call(*(value(one) for value in given), by=one.client, now=one.now)


CASES: dict[Callable[..., object], Callable[[Scene], object]] = {
    practices.set_up_practice: _set_up,
    practices.change_roles: _by_administrator(
        practices.change_roles, lambda one: one.id("colleague"), lambda one: {Role.SUPERVISOR}
    ),
    practices.deactivate: _by_administrator(
        practices.deactivate, lambda one: one.id("colleague")
    ),
    practices.invite: lambda one: practices.invite(
        email="another@harbour.example", name="Another", roles=[Role.SUPERVISOR],
        by=one.by("administrator"), now=one.now,
    ),
    practices.accept_invitation: lambda one: practices.accept_invitation(
        one.invitation, name="New", password=PASSWORD, now=one.now
    ),
    practices.revoke_invitation: _by_administrator(
        practices.revoke_invitation, lambda one: one.made["invitation"]
    ),
    practices.supervise: _by_administrator(
        practices.supervise, lambda one: one.id("supervisor"), lambda one: one.id("colleague")
    ),
    practices.end_supervision: _by_administrator(
        practices.end_supervision, lambda one: one.made["supervision"]
    ),
    practices.change_practice: _by_administrator(
        practices.change_practice, lambda one: {"check_out_window_hours": 1}
    ),
    profiles.save_profile: _by_therapist(
        profiles.save_profile, lambda one: {"is_public": True}
    ),
    requests.pass_on: _by_administrator(
        requests.pass_on, lambda one: one.made["request"], lambda one: one.id("colleague")
    ),
    requests.put_on_waiting_list: _by_administrator(
        requests.put_on_waiting_list, lambda one: one.made["request"]
    ),
    requests.move_in_list: lambda one: requests.move_in_list(
        one.made["second"], earlier=True, by=one.by("administrator"), now=one.now
    ),
    requests.decline: _by_administrator(
        requests.decline, lambda one: one.made["request"], lambda one: ""
    ),
    requests.close: _by_administrator(requests.close, lambda one: one.made["request"]),
    requests.open_again: _by_administrator(requests.open_again, lambda one: one.made["second"]),
    requests.forget: _by_administrator(requests.forget, lambda one: one.made["request"]),
    arrivals.take_on: lambda one: arrivals.take_on(
        one.made["passed"], by=one.by("therapist"), now=one.now
    ),
    profiles.save_portrait: lambda one: profiles.save_portrait(
        picture(), by=one.by("therapist"), now=one.now
    ),
    profiles.remove_portrait: lambda one: profiles.remove_portrait(
        by=one.by("colleague"), now=one.now
    ),
    profiles.save_page: _by_administrator(profiles.save_page, lambda one: {"is_public": True}),
    accounts.reactivate: _by_administrator(accounts.reactivate, lambda one: one.id("colleague")),
    accounts.new_password_key: _by_administrator(
        accounts.new_password_key, lambda one: one.id("colleague")
    ),
    accounts.start_afresh: lambda one: accounts.start_afresh(
        one.people["colleague"].email, now=one.now
    ),
    accounts.note_own_change: lambda one: accounts.note_own_change(
        "password", by=one.by("colleague"), now=one.now
    ),
    accounts.forget_second_factor: _by_administrator(
        accounts.forget_second_factor, lambda one: one.id("colleague")
    ),
    care.add_client: _by_therapist(
        care.add_client,
        lambda one: care.NewClient(name="Nils", email=None, language="en", modality="cbt"),
    ),
    care.end_episode: _by_therapist(
        care.end_episode, lambda one: one.episode.pk, lambda one: "planned"
    ),
    care.transfer: _by_therapist(
        care.transfer, lambda one: one.episode.pk, lambda one: one.id("colleague")
    ),
    links.issue_link: _by_therapist(links.issue_link, lambda one: one.episode),
    links.revoke_links: _by_therapist(links.revoke_links, lambda one: one.episode),
    hard_to_say.change_visibility: _by_client(
        hard_to_say.change_visibility, lambda one: one.made["said"], lambda one: "only-me"
    ),
    hard_to_say.withdraw: _by_client(hard_to_say.withdraw, lambda one: one.made["said"]),
    consent.answer: _by_client(consent.answer, lambda one: "research", lambda one: True),
    retention.set_rule: _by_administrator(
        retention.set_rule, lambda one: 5, lambda one: "The law says so."
    ),
    erasure.ask: lambda one: erasure.ask(by=one.client, now=one.now),
    erasure.ask_for_client: _by_therapist(
        erasure.ask_for_client, lambda one: one.episode.pk
    ),
}  # fmt: skip

WATCHED = (practices, accounts, profiles, requests, arrivals)
"""Where every function is either a case above or stands below with the reason why not."""

NO_RIGHTS = {
    "grant": "part of what makes an account or changes roles, which are logged",
    "refuse_weak_password": "writes nothing",
    "delete": "part of what deletes a request, which is logged, or of retention, which nobody does",
    "forget_old": "the practice's rule, by nobody in particular",
    "keep_request": "somebody outside; nobody's rights",
    "ask_for_contact": "somebody outside; nobody's rights",
    "locked": "part of what changes a request, which is logged",
    "colleague": "reads an account",
    "with_second_factor": "reads who has an app",
}


def _public(module: ModuleType) -> Iterator[Callable[..., object]]:
    for name, one in inspect.getmembers(module, inspect.isfunction):
        if one.__module__ == module.__name__ and not name.startswith("_"):
            yield one


def test_every_service_about_people_and_rights_is_a_case_or_says_why_not() -> None:
    found = {one for module in WATCHED for one in _public(module)}
    assert {one.__name__ for one in found - set(CASES)} == set(NO_RIGHTS)


def _rows() -> dict[str, list[Any]]:
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model.__module__.startswith("openalliance")
    }


def _names(one: Callable[..., object]) -> str:
    return one.__name__


@pytest.mark.parametrize("service", CASES, ids=_names)
def test_a_change_of_rights_is_an_entry_and_goes_with_it(
    service: Callable[..., object], scene: Scene
) -> None:
    before = _rows()
    with transaction.atomic():
        CASES[service](scene)
        fresh = AccessEntry.objects.exclude(pk__in=[one["id"] for one in before["AccessEntry"]])
        assert fresh.exclude(action="read").exists()
        transaction.set_rollback(True)
    assert _rows() == before


@pytest.mark.parametrize("service", CASES, ids=_names)
def test_without_its_entry_there_is_no_change_of_rights(
    service: Callable[..., object], scene: Scene
) -> None:
    before = _rows()
    failing = patch.object(AccessEntry.objects, "bulk_create", side_effect=DatabaseError)
    with failing, pytest.raises(DatabaseError):
        CASES[service](scene)
    assert _rows() == before
