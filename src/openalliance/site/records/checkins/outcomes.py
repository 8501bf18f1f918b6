"""By which measure an episode is followed: our own check-in, or one whose text the practice has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import InputError
from openalliance.core.instruments import Instrument, Moment, Rater
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.convert import OWN_OUTCOME
from openalliance.site.records.checkins.instruments import known_instruments
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.checkins.services import check_in_instruments, rebuild_course
from openalliance.site.records.trust.actors import Actor

_ASKED_BEFORE = {Moment.CHECK_IN, Moment.OTHER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A measure an episode can be followed by, with the languages it can be asked in."""

    instrument: str
    scale: str
    title: str
    languages: tuple[str, ...]


def outcomes() -> tuple[Outcome, ...]:
    """Return our own measure, then those whose text the practice added, by title."""
    own, _scale = OWN_OUTCOME
    usable = [one for key, one in known_instruments().items() if key != own and _can_follow(one)]
    found = [known_instruments()[own], *sorted(usable, key=_title)]
    return tuple(
        Outcome(
            instrument=one.key,
            scale=one.main_scale.key,
            title=_title(one),
            languages=one.languages,
        )
        for one in found
    )


@transaction.atomic
def change_details(
    episode_id: UUID, details: care.ClientDetails, *, by: Actor, now: datetime
) -> Episode:
    """Correct what is known of a client, and by which measure they are followed.

    Another measure is asked from the next check-in on; the course is then read by its scores.

    Raises
    ------
    InputError
        A choice is unknown, or the measure has no text in the client's language.
    """
    episode = care.change_client(episode_id, details, by=by, now=now)
    chosen = (details.outcome_instrument, details.outcome_scale)
    if chosen == (episode.outcome_instrument, episode.outcome_scale):
        return episode
    require_outcome(details)
    episode.outcome_instrument, episode.outcome_scale = chosen
    episode.save(update_fields=["outcome_instrument", "outcome_scale"])
    AskedForm.objects.filter(
        episode=episode, moment=Moment.CHECK_IN, submitted_at=None, missed_at=None
    ).update(instruments=check_in_instruments(episode))
    rebuild_course(episode, now=now)
    return episode


def require_outcome(details: care.ClientDetails) -> None:
    """Refuse a measure that cannot be asked in the client's language.

    Raises
    ------
    InputError
        It is unknown, or has no text in that language.
    """
    for one in outcomes():
        if (one.instrument, one.scale) == (details.outcome_instrument, details.outcome_scale):
            if details.language in one.languages:
                return
            raise InputError("this measure has no text in the client's language", where="outcome")
    raise InputError("choose one of the measures this practice can ask", where="outcome")


def _can_follow(instrument: Instrument) -> bool:
    if instrument.text_required or not instrument.scales:
        return False
    scale = instrument.main_scale
    return (
        Rater.CLIENT in instrument.raters
        and instrument.moment in _ASKED_BEFORE
        and instrument.key not in {"goal-rating", "gas"}
        and (scale.sem is not None or scale.reliable_change is not None)
    )


def _title(instrument: Instrument) -> str:
    return instrument.title.get("en") or next(iter(instrument.title.values()))
