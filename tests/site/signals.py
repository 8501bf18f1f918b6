"""Many signals at once for tests: raised, talked about, answered."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.models import AskedForm, Score, Signal
from openalliance.site.records.conversations.models import ConversationStep
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person

OFFERS = {
    "rupture": ("local-level-filter", "what-happened-between-us"),
    "off-track": ("expected-trajectory", "what-to-change"),
    "gap": ("normal-gap", "how-each-sees-it"),
    "repair": ("local-level-filter", "what-helped-repair"),
}


def episodes(
    therapist: Person, number: int, now: datetime, *, modality: str = "cbt"
) -> list[Episode]:
    new = care.NewClient(name="Somebody", email=None, language="en", modality=modality)
    return [care.add_client(new, by=actor_for(therapist), now=now) for _ in range(number)]


def signal(episode: Episode, at: datetime, kind: str = "rupture") -> Signal:
    method, talk_about = OFFERS[kind]
    return Signal.objects.create(
        practice_id=episode.practice_id, episode=episode, kind=kind, at=at, session_number=3,
        rater="client", seen={"rating": 3.0, "expected": 8.0}, probability=0.8, method=method,
        talk_about=talk_about, found_at=at,
    )  # fmt: skip


def answered(
    of: Iterable[Episode], answers: Iterable[str], now: datetime, kind: str = "rupture"
) -> list[Signal]:
    """One signal for each episode, talked about with its answer."""
    raised = []
    for number, (episode, answer) in enumerate(zip(of, answers, strict=True)):
        one = signal(episode, now - timedelta(days=5, minutes=number), kind)
        ConversationStep.objects.create(
            practice_id=episode.practice_id, episode=episode, signal=one, stage="talked-about",
            at=now - timedelta(days=1), by_id=episode.therapist_id, answer=answer,
        )  # fmt: skip
        raised.append(one)
    return raised


def scores(episode: Episode, values: Iterable[float], began: datetime) -> None:
    """One outcome score a week."""
    Score.objects.bulk_create(
        Score(
            practice_id=episode.practice_id, episode=episode, at=began + timedelta(weeks=week),
            rater="client", instrument="oa-check-in", version="1", scale="life", value=value,
        )
        for week, value in enumerate(values)
    )  # fmt: skip


def growing(therapist: Person, number: int, now: datetime) -> list[Episode]:
    """Clients who begin at about 4 and gain about 2.5 points in ten weeks, each in their way."""
    chance = random.Random(3)
    made = episodes(therapist, number, now - timedelta(weeks=20))
    for one in made:
        start, rate = chance.gauss(4.0, 1.0), chance.gauss(1.1, 0.3)
        values = [
            min(10.0, max(0.0, start + rate * (week + 1) ** 0.4 + chance.gauss(0.0, 0.5)))
            for week in range(10)
        ]
        scores(one, values, now - timedelta(weeks=12))
    return made


def rated(
    episode: Episode, values: Iterable[float], began: datetime, *, form: AskedForm | None = None
) -> None:
    """One rating of the alliance by the client a week; of no form they came from elsewhere."""
    Score.objects.bulk_create(
        Score(
            practice_id=episode.practice_id, episode=episode, at=began + timedelta(weeks=week),
            rater="client", instrument="oa-check-out-client", version="1", scale="alliance",
            value=value, form=form,
        )
        for week, value in enumerate(values)
    )  # fmt: skip
