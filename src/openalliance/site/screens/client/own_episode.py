"""Which course of therapy the client's pages are about: the one running, else the latest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from openalliance.core.errors import NotFoundError
from openalliance.site.records.care.access import episode_for, episodes_of_client
from openalliance.site.records.trust.actors import Actor

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode


def own_episodes(by: Actor, *, now: datetime, reading: str) -> Sequence[Episode]:
    """Return all of the client's episodes, newest first, and log what of them is read."""
    return tuple(
        episode_for(by, one.pk, now=now, reading=reading) for one in episodes_of_client(by)
    )


def own_episode(by: Actor, *, now: datetime, reading: str) -> Episode:
    """Return the client's running episode, else their latest, and log what of it is read.

    Raises
    ------
    NotFoundError
        There is none yet.
    """
    episodes = episodes_of_client(by)
    if not episodes:
        raise NotFoundError("no episode yet")
    running = next((one for one in episodes if one.ended_at is None), episodes[0])
    return episode_for(by, running.pk, now=now, reading=reading)
