"""Who reaches what: every address, every kind of person, one object of somebody else's.

`matrix.txt` has a row for each address and method, with the status for each visitor. The objects
belong to one therapist's client, and every visitor asks for those. A new address without a row
fails, as does a row without an address. After a change that was meant, run with
``OPENALLIANCE_WRITE_MATRIX=1`` and read the difference: it is what changed for whom.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from passkeys import give_passkey

from openalliance.core.plan import Goal, Plan
from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, PersonalLink, Session
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.checkins.models import AskedForm, HardToSay
from openalliance.site.records.conversations.ruptures import Said, note_rupture
from openalliance.site.records.emergency.services import open_record
from openalliance.site.records.endings.models import Wish
from openalliance.site.records.endings.tickets import ticket_for
from openalliance.site.records.evidence import services as evidence
from openalliance.site.records.intake.models import ContactRequest, Portrait, PracticePage, Profile
from openalliance.site.records.intake.profiles import save_portrait
from openalliance.site.records.plans import services as plans
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice import kept_forms
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import (
    Device,
    Invitation,
    KeptForm,
    Person,
    RoleGrant,
    Supervision,
)
from openalliance.site.records.trust.actors import Actor, Role
from tests.site.conftest import PASSWORD
from tests.site.intake.pictures import picture

TABLE = Path(__file__).parent / "matrix.txt"
VISITORS = (
    "nobody", "client", "other-client", "therapist", "colleague", "supervisor", "administrator",
    "stranger", "foreign-administrator",
)  # fmt: skip
FOREIGN = ("other-client", "colleague", "stranger", "foreign-administrator")
"""To whom the object does not exist."""

NOT_THERE = uuid4()


def patterns(resolver: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """Walk all addresses of the site with their full names."""
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            inner = names if one.namespace is None else (*names, one.namespace)
            yield from patterns(one, inner)
        else:
            yield ":".join((*names, str(one.name))), one


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One therapist's client with one of everything, and everybody who may come by."""

    arguments: dict[str, Any]
    browsers: dict[str, Browser]


@pytest.fixture
def world(
    episode: Episode, session_today: Session, therapist: Person, colleague: Person,
    supervisor: Person, administrator: Person, stranger: Person, client_actor: Actor,
    client_link: Any, sign_in: Callable[[Browser, Person], Browser],
    come_in: Callable[[Browser, Any], Browser], now: datetime,
) -> World:  # fmt: skip
    forms = {
        (form.moment, form.rater): form for form in AskedForm.objects.filter(session=session_today)
    }
    said = hard_to_say.say(
        episode.pk,
        session=None,
        about="pace",
        words="Hard to say.",
        visibility="now",
        submission=uuid4(),
        by=client_actor,
        now=now,
    )
    proposal = Plan(goals=(Goal(id="g0", words="Sleep"),))
    plan = plans.propose(episode.pk, proposal, by=client_actor, now=now).pk
    request = ContactRequest.objects.create(
        practice_id=episode.practice_id, at=now, name="Q", reach_me="Q", message="Q",
        therapist=therapist,
    )  # fmt: skip
    Profile.objects.create(person=colleague, is_public=True)
    other = care.add_client(
        care.NewClient(name="Other", email=None, language="en", modality="cbt"),
        by=actor_for(colleague), now=now,
    )  # fmt: skip
    _row, token, code = links.issue_link(other, by=actor_for(colleague), now=now)
    invitation, _token = practices.invite(
        email="new@harbour.example", name="New", roles=[Role.THERAPIST],
        by=actor_for(administrator), now=now,
    )  # fmt: skip
    supervision = Supervision.objects.get(supervisor=supervisor)
    opening = open_record(
        episode.client.code, cause="safety", reason="They do not answer and I am afraid.",
        password=PASSWORD, by=actor_for(supervisor), now=now,
    )  # fmt: skip
    kept = kept_forms.keep(
        "/therapist/profile", [("about", "Q")], owner_id=therapist.pk,
        practice_id=therapist.practice_id, now=now,
    )  # fmt: skip
    strain = note_rupture(
        episode.pk, Said(marker="mixed", noticed_by="both"), by=actor_for(therapist), now=now
    )
    save_portrait(picture(), by=actor_for(colleague), now=now)
    questions = AskedForm.objects.create(
        practice_id=episode.practice_id, episode=episode, moment="follow-up", rater="client",
        instruments=[["oa-follow-up", "1"]], opens_at=now, closes_at=now + timedelta(days=9),
        answers={},
    )  # fmt: skip
    ticket = ticket_for(questions)
    wish = Wish.objects.create(
        practice_id=episode.practice_id, episode=episode, kind="return", at=now
    ).pk
    asked = {"columns": {"effect": "yi", "variance": "vi"}}
    by = actor_for(therapist)
    analysis = evidence.take_in("Q", "yi,vi\n0.1,0.2\n0.3,0.1\n", {}, by=by, now=now).pk
    evidence.confirm(analysis, "Q", asked, by=by, now=now)
    browsers = {name: Browser(raise_request_exception=False) for name in VISITORS}
    come_in(browsers["client"], client_link)
    come_in(browsers["other-client"], type(client_link)(token=token, code=code))
    foreign_administrator = Person.objects.get(email="hilda@hill.example")
    people = {
        "foreign-administrator": foreign_administrator,
        "therapist": therapist, "colleague": colleague, "supervisor": supervisor,
        "administrator": administrator, "stranger": stranger,
    }  # fmt: skip
    for name, person in people.items():
        sign_in(browsers[name], person)
    return World(
        browsers=browsers,
        arguments={
            "token": client_link.token, "other_token": token, "episode_id": episode.pk,
            "session_id": session_today.pk, "form_id": forms["check-in", "client"].pk,
            "check_out_id": forms["check-out", "therapist"].pk, "number": 1, "suffix": "svg",
            "version_id": plan, "subject_id": said.pk, "hard_id": said.pk, "step_id": NOT_THERE,
            "request_id": request.pk, "invitation_id": invitation.pk, "person_id": colleague.pk,
            "supervision_id": supervision.pk, "opening_id": opening.pk, "uidb36": "1", "key": "x",
            "action": "close", "digest": Portrait.objects.get().digest,
            "rupture_id": strain.pk, "therapist_id": therapist.pk,
            "pk": give_passkey(therapist).pk, "kept_id": kept,
            "ticket": ticket, "wish_id": wish, "analysis_id": analysis,
            "device_id": Device.objects.get(person=therapist).pk,
        },
    )  # fmt: skip


METHODS = ("GET", "POST")


def _address(name: str, pattern: URLPattern, world: World, visitor: str) -> str:
    wanted = dict.fromkeys(pattern.pattern.converters)
    if name == "account_reset_password_from_key":
        wanted = {"uidb36": None, "key": None}
    if name.startswith("client:"):
        wanted["token"] = None
    if name.startswith("client_questions:"):
        wanted["ticket"] = None
    arguments = {key: world.arguments.get(key, NOT_THERE) for key in wanted}
    if name.startswith("therapist:check_out"):
        arguments["form_id"] = world.arguments["check_out_id"]
    if visitor == "other-client" and name.startswith("client:"):
        # By their own link, which they have, to another's object, whose id they might guess.
        arguments["token"] = world.arguments["other_token"]
    if name == "invitation":
        arguments["token"] = "no-such-invitation"
    return reverse(name, kwargs=arguments)


def _status(browser: Browser, method: str, address: str) -> int:
    """Ask, and take back whatever was done."""
    with transaction.atomic():
        answer = browser.get(address) if method == "GET" else browser.post(address, {})
        transaction.set_rollback(True)
    return answer.status_code


def _found(world: World) -> list[str]:
    lines = []
    for name, pattern in sorted(patterns(get_resolver()), key=lambda pair: pair[0]):
        for method in METHODS:
            row = []
            for visitor in VISITORS:
                cookies = world.browsers[visitor].cookies.copy()
                address = _address(name, pattern, world, visitor)
                row.append(_status(world.browsers[visitor], method, address))
                world.browsers[visitor].cookies = cookies
            lines.append(f"{name:<42}{method:<5}" + "".join(f"{one:>6}" for one in row))
    return lines


def _heading() -> str:
    return f"{'address':<42}{'':<5}" + "".join(f" {one[:5]:>5}" for one in VISITORS)


def test_everybody_reaches_what_the_matrix_says_and_nothing_else(world: World) -> None:
    found = [_heading(), *_found(world)]
    if os.environ.get("OPENALLIANCE_WRITE_MATRIX"):
        TABLE.write_text("\n".join(found) + "\n", encoding="utf-8")
    assert found == TABLE.read_text(encoding="utf-8").splitlines()


def _masked(page: bytes) -> str:
    """Return a page without ids and the random token of its forms."""
    text = re.sub(r"\b[0-9A-Za-z]{64}\b", "TOKEN", page.decode())
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)


def test_what_is_not_yours_looks_like_what_is_not_there(world: World) -> None:
    nowhere = World(
        browsers=world.browsers,
        arguments={
            name: NOT_THERE if name.endswith("_id") else value
            for name, value in world.arguments.items()
        },
    )
    compared = 0
    for name, pattern in patterns(get_resolver()):
        if not any(one.endswith("_id") for one in pattern.pattern.converters):
            continue
        if name.startswith("public:"):
            continue  # published for everybody
        for visitor in FOREIGN:
            if name.startswith("evidence:") and visitor == "colleague":
                continue  # read by everybody who works in the practice
            theirs, none = (
                world.browsers[visitor].get(_address(name, pattern, one, visitor))
                for one in (world, nowhere)
            )
            assert theirs.status_code == none.status_code, (name, visitor)
            assert _masked(theirs.content) == _masked(none.content), (name, visitor)
            compared += 1
    assert compared > 100


def test_another_practices_administrator_changes_nothing_here(world: World) -> None:
    before = _rows()
    for name, pattern in patterns(get_resolver()):
        if any(one.endswith("_id") for one in pattern.pattern.converters):
            for visitor in ("stranger", "foreign-administrator"):
                world.browsers[visitor].post(_address(name, pattern, world, visitor), {})
    assert _rows() == before


def _rows() -> list[Any]:
    """Return everything of the records that a visitor could change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (ContactRequest, Supervision, Invitation, RoleGrant, Episode, AskedForm,
                      Session, PlanVersion, HardToSay, PersonalLink, Device, KeptForm, Profile,
                      Portrait, PracticePage)
    ]  # fmt: skip
