"""Every public function of every ``access.py``, found by itself and called by random people.

A new function whose arguments nothing here can give fails the tests that use this.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from hypothesis import strategies as st

from openalliance.site import records
from openalliance.site.records.care.access import visible_episodes
from openalliance.site.records.care.models import Client, Session
from openalliance.site.records.checkins.models import AskedForm, HardToSay
from openalliance.site.records.conversations.models import RuptureRecord
from openalliance.site.records.emergency.access import shown_to
from openalliance.site.records.plans.models import PlanVersion
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.actors import Actor, ActorKind, Role, system
from tests.site.fuzz.world import World, build

OF_THE_INSTALLATION = {
    "public_practice": "the first page, before anybody says who they are",
    "public_page": "takes the practice whose public page is shown",
    "public_profiles": "takes the practice whose public page is shown",
    "public_profile": "takes the practice whose public page is shown",
    "public_portrait": "takes the practice whose public page is shown",
    "practices": "for who holds the data folder, on the command line",
    "demonstration_people": "the sign-ins of a demonstration, before anybody signs in",
    "link_by": "turns a secret into who it belongs to: the secret says which practice",
    "invitation_by": "turns a secret into who it belongs to: the secret says which practice",
    "client_actor": "takes the link that a secret opened",
    "actor_for": "takes the person who signed in",
}
"""Functions that nobody of a practice calls, and why."""


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(records.__path__, f"{records.__name__}."):
        try:
            yield importlib.import_module(f"{found.name}.access")
        except ModuleNotFoundError:
            continue


FUNCTIONS = {
    f"{module.__name__.split('.')[-2]}.{name}": one
    for module in _modules()
    for name, one in inspect.getmembers(module, inspect.isfunction)
    if one.__module__ == module.__name__ and not name.startswith("_")
}
ASKED = {name: one for name, one in FUNCTIONS.items() if one.__name__ not in OF_THE_INSTALLATION}


Call = Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Both:
    """Two practices: who acts in each, every id of each, and what belongs to each."""

    world: World
    ids: Mapping[UUID, tuple[UUID, ...]]
    actors: Mapping[UUID, st.SearchStrategy[Actor]]

    @property
    def practices(self) -> tuple[UUID, ...]:
        return tuple(self.ids)

    def foreign_to(self, practice_id: UUID) -> frozenset[str]:
        """Return whatever gives a row of another practice away."""
        others = (one for one in self.ids if one != practice_id)
        return frozenset(found.hex for one in others for found in (one, *self.ids[one]))


def make() -> Both:
    """Make both practices and note what belongs to each."""
    world = build()
    practices = [one.pk for one in Practice.objects.order_by("created_at")]
    return Both(
        world=world,
        ids={one: _ids(one) for one in practices},
        actors={one: _actors(one) for one in practices},
    )


def _ids(practice_id: UUID) -> tuple[UUID, ...]:
    found: list[UUID] = []
    for model in apps.get_models():
        names = {one.attname for one in model._meta.fields}
        if isinstance(model._meta.pk, models.UUIDField) and "practice_id" in names:
            of_practice = model._default_manager.filter(practice_id=practice_id)
            found += of_practice.order_by("pk").values_list("pk", flat=True)
    return tuple(found)


def _actors(practice_id: UUID) -> st.SearchStrategy[Actor]:
    """Return anybody of a practice, staff with roles they may never have held."""
    staff = tuple(Person.objects.filter(practice_id=practice_id).order_by("pk"))
    clients = tuple(Client.objects.filter(practice_id=practice_id).order_by("pk"))
    as_they_are = st.sampled_from([actor_for(one) for one in staff])
    imagined = st.builds(
        partial(Actor, kind=ActorKind.STAFF, practice_id=practice_id),
        id=st.sampled_from([one.pk for one in staff]), roles=st.frozensets(st.sampled_from(Role)),
    )  # fmt: skip
    of_clients = [
        Actor(kind=ActorKind.CLIENT, id=one.pk, practice_id=practice_id) for one in clients
    ]
    return st.one_of(
        as_they_are, imagined, st.sampled_from(of_clients), st.just(system(practice_id))
    )


def _held(by: Actor, name: str) -> list[Any] | None:
    """Return what other functions let the actor have, by the name of an argument."""
    episodes = visible_episodes(by).order_by("pk")
    of_episodes: dict[str, type[models.Model]] = {
        "version": PlanVersion, "form": AskedForm, "hard": HardToSay, "session": Session,
        "rupture": RuptureRecord,
    }  # fmt: skip
    if name in of_episodes:
        found = of_episodes[name]._default_manager.filter(episode__in=episodes)
        return list(found.order_by("pk"))
    if name == "opening":
        staff = by.has(Role.THERAPIST) or by.has(Role.SUPERVISOR)
        return list(shown_to(by).order_by("pk")) if staff else []
    if name == "client":
        return [one.client for one in episodes]
    known = {"episode": list, "episodes": lambda found: [list(found)]}
    return known[name](episodes) if name in known else None


def _argument(name: str, both: Both, by: Actor, data: Any) -> Any:
    every = [found for one in both.ids.values() for found in one]
    now = both.world.now
    plain = {
        "by": st.just(by),
        "now": st.just(now),
        "reading": st.just("course"),
        "since": st.just(now - timedelta(days=365)),
        "until": st.just(now + timedelta(days=1)),
        "limit": st.just(1000),
        "lock": st.booleans(),
        "ended": st.booleans(),
        "by_side": st.sampled_from(["client", "therapist"]),
        "roles": st.sampled_from(Role),
        "ids": st.lists(st.sampled_from(every), max_size=20),
    }
    if name in plain:
        return data.draw(plain[name], label=name)
    held = _held(by, name.removesuffix("_id"))
    if name.endswith("_id"):
        own = [one.pk for one in held or ()]
        any_of_both = st.sampled_from(_fitting(name, every))
        return data.draw(st.sampled_from(own) | any_of_both if own else any_of_both, label=name)
    if held is not None:
        if not held:
            raise NothingHeldError
        return data.draw(st.sampled_from(held), label=name)
    raise AssertionError(f"say how the argument “{name}” is given: tests/site/access")


def _fitting(name: str, every: list[UUID]) -> list[UUID]:
    """Return ids of both practices that an argument is likely to be about, else all."""
    for model in apps.get_models():
        if not model.__module__.startswith("openalliance"):
            continue
        if model.__name__.lower() == _KINDS.get(name, name.removesuffix("_id")):
            fitting = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
            return fitting or every
    return every


_KINDS = {
    "analysis_id": "metaanalysis",
    "request_id": "contactrequest",
    "form_id": "askedform",
    "hard_id": "hardtosay",
    "rupture_id": "rupturerecord",
    "therapist_id": "person",
}


class NothingHeldError(Exception):
    """The actor has nothing of the kind that a function takes."""


def arguments(function: Callable[..., Any], both: Both, by: Actor, data: Any) -> Call:
    """Return a call of a function by somebody, with what its arguments are named after."""
    given, named = [], {}
    for one in inspect.signature(function).parameters.values():
        value = _argument(one.name, both, by, data)
        if one.kind is one.KEYWORD_ONLY:
            named[one.name] = value
        else:
            given.append(value)
    return partial(function, *given, **named)
