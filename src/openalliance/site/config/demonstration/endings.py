"""Endings of the demonstration: looking back, staying well, and clients of earlier years."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.crypto import get_random_string

from openalliance.core.course.after import MONTHS, OPEN_FOR, due_at
from openalliance.site.config.demonstration.cast import Part, Role
from openalliance.site.config.demonstration.episodes import Told
from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import (
    Client,
    Ending,
    Episode,
    Modality,
    Session,
    SessionStatus,
)
from openalliance.site.records.care.phases import first_phase
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.endings.consent import question
from openalliance.site.records.endings.models import (
    EndingReview,
    FollowUp,
    FollowUpConsent,
    LookingBack,
    StayingWell,
)
from openalliance.site.records.practice.models import Person

EARLIER = 34
"""Clients of earlier years, so that there is something to see of what lasts."""

_ANSWERS = 0.62
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_NAMES = (
    "Irina Vasile", "Solomon Okeke", "Mette Sørensen", "Rania Khoury", "Declan Byrne", "Yuki Mori",
    "Greta Lind", "Abebe Girma", "Paloma Ríos", "Noa Levi", "Marek Dvořák", "Sunita Rao",
    "Elif Aydın", "Kofi Asante", "Lena Brandt", "Tomasz Wilk", "Marisol Vega", "Dina Haddad",
    "Henrik Dahl", "Zanele Nkosi", "Luca Ferri", "Anh Pham", "Olga Morozova", "Samir Nasser",
    "Ciara Walsh", "Jun Tanaka", "Adaeze Eze", "Petra Novak", "Rafael Pinto", "Leila Farahani",
    "Goran Ilić", "Maya Stern", "Bilal Hussain", "Freya Lund",
)  # fmt: skip
_SIGNS = ("I stop answering my sister’s calls", "I lie awake after four", "I say yes to everything")
_STEPS = (
    "Walk by the water before work",
    "Write down one thing that went well",
    "Ask for one day off",
)
_PEOPLE = ("My sister", "Dr Brandt, my family doctor", "The line that is there day and night")


def looked_back(told: Told, role: Role | None, rows: Rows, *, now: datetime) -> None:
    """Add what the two of one ended episode wrote, a sheet, and open questions."""
    episode = told.episode
    if role is None or role.part is not Part.LOOKING_BACK or episode.ended_at is None:
        return
    ended = episode.ended_at
    practice = episode.practice
    rows.add(
        LookingBack(
            practice=practice, episode=episode, begun_by="therapist",
            begun_at=ended - timedelta(days=14),
        ),
        EndingReview(
            practice=practice, episode=episode, by_side="client", feels=1,
            changed="I can be at work without counting the hours. The bad days are still bad, but"
            " there are fewer, and I know what they are.",
            helped="That I was allowed to be angry here, and nothing broke.",
            missing="I would have liked to talk more about my father.",
            sent_at=ended - timedelta(days=6),
        ),
        EndingReview(
            practice=practice, episode=episode, by_side="therapist",
            changed="From managing alone to asking, first here, then at home.",
            helped="The session in which we went back to what I had overheard.",
            missing="Grief for the father has only begun. The door is open.",
            sent_at=ended - timedelta(days=3),
        ),
        StayingWell(
            practice=practice, episode=episode, number=1, by_side="client",
            content={"signs": list(_SIGNS), "steps": list(_STEPS), "people": list(_PEOPLE)},
            at=ended - timedelta(days=5),
        ),
        _yes(episode, ended - timedelta(days=5)),
        *(
            FollowUp(
                practice=practice, episode=episode, months=months, due_at=due_at(ended, months)
            )
            for months in MONTHS
            if due_at(ended, months) > now
        ),
    )  # fmt: skip


def before(told: Told, role: Role | None, rows: Rows) -> None:
    """Give one client a therapy years ago: it helped, it held, it came back, they returned."""
    if role is None or role.part is not Part.REPAIR:
        return
    now_running = told.episode
    chance = random.Random(now_running.client.name)  # noqa: S311 - made up  # nosec B311
    ended = now_running.started_at - timedelta(days=760)
    episode = _episode(now_running.client, now_running.therapist, ended, 16, Ending.PLANNED)
    now_running.previous = episode
    _work(episode, 3.1, 6.9, 16, chance, rows)
    for months, value in ((1, 7.1), (3, 6.8), (6, 7.2), (12, 6.4), (24, 4.2)):
        _followed(episode, months, value, rows)
    rows.add(_yes(episode, ended - timedelta(days=4)))


def earlier_years(
    therapists: Sequence[Person], rows: Rows, *, now: datetime
) -> None:  # fmt: skip
    """Add clients of earlier years: how they left, and what some of them answered since."""
    chance = random.Random(31)  # noqa: S311 - made up  # nosec B311
    for number, name in enumerate(_NAMES[:EARLIER]):
        ended = now - timedelta(days=430 + 31 * number, hours=number % 7)
        planned = chance.random() < 0.72
        weeks = chance.randint(8, 22) if planned else chance.randint(3, 9)
        therapist = therapists[number % len(therapists)]
        client = Client(
            practice=therapist.practice, code=get_random_string(6, _CODE_LETTERS), name=name,
            email=None, language="en", added_at=ended - timedelta(weeks=weeks + 1),
        )  # fmt: skip
        rows.add(client)
        ending = Ending.PLANNED if planned else Ending.UNPLANNED
        episode = _episode(client, therapist, ended, weeks, ending)
        start = min(max(chance.gauss(4.2, 1.0), 1.0), 7.0)
        end = min(start + max(chance.gauss(2.2 if planned else 1.0, 1.1), -1.0), 9.4)
        _work(episode, start, end, weeks, chance, rows)
        _left(episode, planned, chance, rows)
        if chance.random() < 0.8:
            rows.add(_yes(episode, ended - timedelta(days=3)))
            _years(episode, end, chance, rows, now=now)


def _episode(
    client: Client, therapist: Person, ended: datetime, weeks: int, ending: Ending
) -> Episode:
    usual = {0: Modality.CBT, 1: Modality.PSYCHODYNAMIC, 2: Modality.PERSON_CENTERED}
    return Episode(
        practice=client.practice, client=client, therapist=therapist,
        modality=usual[len(client.name) % 3], started_at=ended - timedelta(weeks=weeks + 1),
        ended_at=ended, ending=ending,
    )  # fmt: skip


def _work(
    episode: Episode, start: float, end: float, weeks: int, chance: random.Random, rows: Rows
) -> None:
    """Add the sessions of a therapy with a check-in before each."""
    ended = episode.ended_at or episode.started_at
    rows.add(episode, first_phase(episode, now=episode.started_at))
    for week in range(weeks):
        at = ended - timedelta(weeks=weeks - 1 - week, hours=2)
        session = Session(
            practice=episode.practice, episode=episode, number=week + 1, starts_at=at,
            status=SessionStatus.ATTENDED,
        )  # fmt: skip
        value = start + (end - start) * week / max(weeks - 1, 1) + chance.gauss(0, 0.45)
        rows.add(session, _score(episode, "oa-check-in", value, at - timedelta(hours=3), session))


def _left(episode: Episode, planned: bool, chance: random.Random, rows: Rows) -> None:
    """Add what a client said about how they left; some say nothing."""
    ended, said = episode.ended_at or episode.started_at, chance.random()
    if planned and said < 0.75:
        feels = chance.choices((1, 2, 3), weights=(78, 15, 7))[0]
        rows.add(
            EndingReview(
                practice=episode.practice, episode=episode, by_side="client", feels=feels,
                sent_at=ended - timedelta(days=2),
            )
        )  # fmt: skip
    elif not planned and said < 0.5:
        reason = chance.choices((1, 2, 3, 4, 5, 6), weights=(20, 25, 15, 12, 18, 10))[0]
        at = ended + timedelta(days=4)
        rows.add(
            AskedForm(
                practice=episode.practice, episode=episode, moment="exit", rater="client",
                instruments=[["oa-exit", "1"]], opens_at=ended,
                closes_at=ended + timedelta(days=60), answers={"oa-exit": {"reason": reason}},
                started_at=at, submitted_at=at, unsealed_at=at,
            )
        )  # fmt: skip


def _years(
    episode: Episode, end: float, chance: random.Random, rows: Rows, *, now: datetime
) -> None:
    ended = episode.ended_at or episode.started_at
    drift = chance.gauss(-0.3, 1.1)
    for months in MONTHS:
        at = due_at(ended, months)
        if at + OPEN_FOR > now:
            return
        answers = chance.random() < _ANSWERS - 0.04 * MONTHS.index(months)
        value = end + drift * min(months / 24.0, 1.0) + chance.gauss(0, 0.6)
        _followed(episode, months, value if answers else None, rows)


def _followed(episode: Episode, months: int, value: float | None, rows: Rows) -> None:
    """Add one time at which a client was asked, and their answer if they gave one."""
    due = due_at(episode.ended_at or episode.started_at, months)
    at = due + timedelta(days=2, hours=5)
    kept = max(min(round(value or 0.0), 10), 0)
    given = dict.fromkeys(("days", "energy", "people", "doing", "coping", "keeping"), kept)
    form = AskedForm(
        practice=episode.practice, episode=episode, moment="follow-up", rater="client",
        instruments=[["oa-follow-up", "1"]], opens_at=due, closes_at=due + OPEN_FOR,
        answers={"oa-follow-up": given | {"contact": 0, "safety": 0}} if value is not None else {},
        started_at=None if value is None else at, submitted_at=None if value is None else at,
        unsealed_at=None if value is None else at,
        missed_at=due + OPEN_FOR if value is None else None,
    )  # fmt: skip
    rows.add(
        form,
        FollowUp(
            practice=episode.practice, episode=episode, months=months, due_at=due, form=form,
            asked_at=due,
        ),
    )  # fmt: skip
    if value is not None:
        score = _score(episode, "oa-follow-up", float(kept), at, None)
        score.form = form
        rows.add(score)


def _score(
    episode: Episode, instrument: str, value: float, at: datetime, session: Session | None
) -> Score:
    return Score(
        practice=episode.practice, episode=episode, session=session, at=at, rater="client",
        instrument=instrument, version="1", scale="life",
        value=round(min(max(value, 0.0), 10.0), 1),
    )  # fmt: skip


def _yes(episode: Episode, at: datetime) -> FollowUpConsent:
    client = episode.client
    with translation.override(client.language):
        words = "\n".join(question())
    return FollowUpConsent(
        practice=episode.practice, client=client, given=True, channel="", language=client.language,
        words=words, at=at,
    )  # fmt: skip
