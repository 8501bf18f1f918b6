"""How the work was done in the made-up episodes: mostly in one way, sometimes in one after another.

Some therapists chose the wording of their own way of working; most left the neutral one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from openalliance.site.records.care.models import Episode, Modality, Phase, Wording
from openalliance.site.records.care.phases import first_phase

if TYPE_CHECKING:
    from openalliance.site.config.demonstration.forms import Maker
    from openalliance.site.config.demonstration.timetable import Appointment

_CHANGES = 0.14
_WORDED = 0.35
_LONG_ENOUGH = 8
_WENT_ON_WITH = {
    Modality.CBT: ((Modality.OTHER, "Schema therapy"), (Modality.PSYCHODYNAMIC, "")),
    Modality.PSYCHODYNAMIC: ((Modality.CBT, ""), (Modality.OTHER, "Mentalisation-based therapy")),
    Modality.PERSON_CENTERED: ((Modality.CBT, ""), (Modality.OTHER, "Emotion-focused therapy")),
    Modality.OTHER: ((Modality.CBT, ""), (Modality.PERSON_CENTERED, "")),
}


def phases_of_made(episode: Episode, part: Sequence[Appointment], maker: Maker) -> list[Phase]:
    """Return an unsaved episode's phases; its modality becomes that of the last one."""
    first = first_phase(episode, now=episode.started_at)
    # A chance of its own: everything else in the demonstration stays as it was.
    chance = random.Random(f"phases of {episode.client.name} {len(part)}")  # noqa: S311 - made up  # nosec B311
    if episode.modality in Wording.values and chance.random() < _WORDED:
        episode.wording = episode.modality
    held = [one for one in part if one.starts_at <= maker.now]
    if len(held) < _LONG_ENOUGH or chance.random() >= _CHANGES:
        return [first]
    turn = held[len(held) // 2 + chance.randint(-1, 1)]
    modality, name = chance.choice(_WENT_ON_WITH[Modality(episode.modality)])
    episode.modality, episode.modality_name = modality, name
    noted_at = min(turn.starts_at + timedelta(hours=2), maker.now)
    return [
        first,
        Phase(
            practice=episode.practice,
            episode=episode,
            number=2,
            modality=modality,
            modality_name=name,
            since=turn.starts_at,
            noted_at=noted_at,
        ),
    ]
