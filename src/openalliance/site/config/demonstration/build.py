"""Puts the demonstration together and writes it, all of it or nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.utils.crypto import get_random_string

from openalliance.core.simulation import Cohort, SimulationSettings, simulate
from openalliance.site.config.demonstration import (
    consents,
    endings,
    notice,
    plans,
    ruptures,
    talks,
    tasks,
    three_years,
)
from openalliance.site.config.demonstration.cast import STORIES, Part, Role, choose
from openalliance.site.config.demonstration.episodes import Told, came_in, tell
from openalliance.site.config.demonstration.forms import Maker
from openalliance.site.config.demonstration.names import SPANISH, client_name
from openalliance.site.config.demonstration.practice import Staff, found
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.config.demonstration.timetable import Slot, appointments
from openalliance.site.records.care.links import LINK_LASTS
from openalliance.site.records.care.models import Client, PersonalLink
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust import tokens

_TRANSFERS = 2
_LEAST_TO_HAND_OVER = 9
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def build(data_dir: Path, *, clients: int, seed: int, now: datetime) -> None:
    """Make the demonstration practice in the prepared database of ``data_dir``.

    Parameters
    ----------
    data_dir
        Where the clients' ways in are noted.
    clients, seed
        Size of the simulated cohort and what its chance starts from.
    now
        The moment that the demonstration is made for.
    """
    cohort = simulate(SimulationSettings(clients=clients), np.random.default_rng(seed))
    rows, chance = Rows(), random.Random(seed)  # noqa: S311 - made-up lives, no secrets  # nosec B311
    with transaction.atomic():
        world = _World(cohort=cohort, staff=found(now=now), rows=rows, chance=chance, now=now)
        years = three_years.live(world.staff.therapists[1], now=now)
        ready = [*world.fill(), years]
        endings.earlier_years(world.staff.therapists, rows, now=now)
        rows.save()
        ruptures.note_strains(world.lives, rows, now=now)
        notice.write(data_dir, ready, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    cohort: Cohort
    staff: Staff
    rows: Rows
    chance: random.Random
    now: datetime
    lives: list[tuple[Told, Role | None]] = field(default_factory=list)

    def fill(self) -> list[notice.ReadyClient]:
        """Collect all rows; return the ways in of the clients who play a part."""
        roles = choose(self.cohort)
        slots: Counter[int] = Counter()
        handed_over = 0
        ready: dict[Part, notice.ReadyClient] = {}
        names = _names(self.cohort.clients, roles)
        for number, (name, language) in enumerate(names):
            role = roles.get(number)
            index = int(self.cohort.therapist[number]) % len(self.staff.therapists)
            if language == "es":
                index = len(self.staff.therapists) - 1  # who speaks Spanish
            elif role is not None:
                index = 0  # whom a visitor signs in as first meets whoever has a story
            slot = Slot(number=slots[index], zone=ZoneInfo(self.staff.practice.time_zone))
            slots[index] += 1
            dates = appointments(self.cohort, number, slot, role, now=self.now)
            who = [self.staff.therapists[index]]
            hands_over = (
                role is None and handed_over < _TRANSFERS and len(dates) >= _LEAST_TO_HAND_OVER
            )
            if hands_over:
                handed_over += 1
                who.append(self.staff.therapists[(index + 1) % len(self.staff.therapists)])
            client = self._client(name, language)
            maker = Maker(
                cohort=self.cohort, client=number, role=role, chance=self.chance, now=self.now
            )
            told = tell(client, who, dates, maker, self.rows)
            self.lives.extend((one, role) for one in told)
            self._around(client, told, role, who)
            if role is not None:
                ready[role.part] = self._way_in(client, STORIES[role.part])
        return [ready[part] for part in Part if part in ready]

    def _client(self, name: str, language: str) -> Client:
        return Client(
            practice=self.staff.practice,
            code=get_random_string(6, _CODE_LETTERS),
            name=name,
            email=None,
            language=language,
            added_at=self.now,
        )

    def _around(
        self, client: Client, told: Sequence[Told], role: Role | None, who: Sequence[Person]
    ) -> None:
        client.added_at = told[0].episode.started_at
        came_in(client, client.added_at, who[0], self.rows)
        # Chance of its own: what clients answer here changes nothing else of the made-up lives.
        consents.answer(client, random.Random(client.name), self.rows, now=self.now)  # noqa: S311 - made up  # nosec B311
        for one in told:
            talk = plans.Talk(
                told=one, language=client.language, role=role, chance=self.chance, now=self.now
            )
            plans.agree_on(talk, self.rows)
            tasks.try_out(talk, self.rows)
            talks.take_up(talk, self.rows)
            endings.looked_back(one, role, self.rows, now=self.now)
        endings.before(told[0], role, self.rows)

    def _way_in(self, client: Client, story: str) -> notice.ReadyClient:
        token, code = tokens.new_token(), tokens.new_code()
        self.rows.add(
            PersonalLink(
                practice=self.staff.practice,
                client=client,
                token_hash=tokens.digest(token),
                code_hash=tokens.digest(code, salt=token),
                issued_at=self.now - timedelta(days=30),
                expires_at=self.now - timedelta(days=30) + LINK_LASTS,
            )
        )
        return notice.ReadyClient(name=client.name, token=token, code=code, story=story)


def _names(clients: int, roles: dict[int, Role]) -> list[tuple[str, str]]:
    """Return a name and language for each client; who plays the Spanish part speaks Spanish."""
    names = [client_name(number) for number in range(clients)]
    for number, role in roles.items():
        speaks_spanish = names[number][1] == "es"
        if (role.part is Part.SPANISH) != speaks_spanish:
            _swap(names, number, roles, speaks_spanish=not speaks_spanish)
    return names


def _swap(
    names: list[tuple[str, str]], number: int, roles: dict[int, Role], *, speaks_spanish: bool
) -> None:
    for other, (_name, language) in enumerate(names):
        if (language == "es") == speaks_spanish and other not in roles:
            names[number], names[other] = names[other], names[number]
            return
    taken = {name for name, _language in names}
    free = [name for name in SPANISH if name not in taken]
    if speaks_spanish and free:
        names[number] = (free[0], "es")
