"""A practice in which the alliance goes with how life is later: rows alone, quickly made."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.practice.models import Person

SESSIONS = 7


def made(therapists: list[Person], count: int, *, now: datetime, seed: int = 1) -> list[Episode]:
    """Add clients whose alliance goes with how life is later, with their scores."""
    rng = np.random.default_rng(seed)
    practice = therapists[0].practice
    clients = [
        Client(practice=practice, code=f"M{seed}-{n}", name=f"Made {n}", added_at=now)
        for n in range(count)
    ]
    episodes = [
        Episode(
            practice=practice, client=client, therapist=therapists[n % len(therapists)],
            modality=("cbt", "psychodynamic")[n // len(therapists) % 2],
            started_at=now - timedelta(days=90),
        )
        for n, client in enumerate(clients)
    ]  # fmt: skip
    sessions, scores = [], []
    for episode in episodes:
        base, life = rng.normal(6.5, 1.0), rng.normal(4.0, 1.0)
        for number in range(1, SESSIONS + 1):
            at = now - timedelta(days=80 - 7 * number)
            session = Session(
                practice=practice, episode=episode, number=number, starts_at=at, status="attended"
            )
            sessions.append(session)
            better = life + (0.2 + 0.15 * (base - 6.5)) * number + rng.normal(0.0, 0.6)
            for rater, instrument, scale, value in (
                ("client", "oa-check-in", "life", better),
                ("client", "oa-check-out-client", "alliance", base + rng.normal(0.0, 0.8)),
                ("therapist", "oa-check-out-therapist", "alliance", base + rng.normal()),
            ):
                scores.append(
                    Score(
                        practice=practice, episode=episode, session=session, at=at, rater=rater,
                        instrument=instrument, version="1", scale=scale, value=value,
                    )
                )  # fmt: skip
    for model, rows in (
        (Client, clients),
        (Episode, episodes),
        (Session, sessions),
        (Score, scores),
    ):
        model.objects.bulk_create(rows)  # type: ignore[attr-defined]
    return episodes
