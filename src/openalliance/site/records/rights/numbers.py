"""The numbers of a practice as tables: all of them for itself, or for research without anybody."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from openalliance.core.course.phases import modality_at
from openalliance.site.records.care.phases import stretches_in
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.rights.consent import ConsentKind, consenting
from openalliance.site.records.trust.actors import system
from openalliance.site.records.trust.services import Action, log

OWN_COLUMNS = (
    "client", "therapist", "episode", "modality", "session", "date", "rater", "instrument", "scale",
    "value",
)  # fmt: skip
RESEARCH_COLUMNS = (
    "client", "therapist", "episode", "modality", "session", "day", "rater", "instrument",
    "version", "scale", "value",
)  # fmt: skip

Row = tuple[object, ...]


def own_numbers(practice_id: UUID, *, now: datetime) -> Iterator[Row]:
    """Yield every unsealed score of a practice, as `openalliance import` reads them."""
    _note("numbers", practice_id, now)
    episodes = _Numbered()
    worked = stretches_in(practice_id, named=False)
    for score in _scores(practice_id):
        episode = score.episode
        yield (
            episode.client.external_ref or episode.client.code, episode.therapist.email,
            episodes.within(episode.client_id, episode.pk),
            modality_at(worked[episode.pk], score.at),
            score.session.number if score.session else "", score.at.isoformat(), score.rater,
            score.instrument, score.scale, score.value,
        )  # fmt: skip


def research_numbers(practice_id: UUID, *, now: datetime) -> Iterator[Row]:
    """Yield the scores of clients whose consent to research holds, under names made up for this.

    Days are counted from the beginning of the episode. No two exports share their names, so that
    they cannot be joined.
    """
    _note("research numbers", practice_id, now)
    names = _MadeUp()
    episodes = _Numbered()
    worked = stretches_in(practice_id, named=False)
    clients = consenting(ConsentKind.RESEARCH, practice_id=practice_id)
    for score in _scores(practice_id).filter(episode__client__in=clients):
        episode = score.episode
        yield (
            names.of("c", episode.client_id), names.of("t", episode.therapist_id),
            episodes.within(episode.client_id, episode.pk),
            modality_at(worked[episode.pk], score.at),
            score.session.number if score.session else "", (score.at - episode.started_at).days,
            score.rater, score.instrument, score.version, score.scale, score.value,
        )  # fmt: skip


def _scores(practice_id: UUID) -> QuerySet[Score]:
    unsealed = Q(form=None) | ~Q(form__moment="check-out") | Q(form__unsealed_at__isnull=False)
    return (
        Score.objects.filter(unsealed, practice_id=practice_id, value__isnull=False)
        .exclude(session__removed_at__isnull=False)
        .select_related("episode__client", "episode__therapist", "session")
        .order_by("episode__client__added_at", "episode__client_id", "episode__started_at", "at")
    )


def _note(what: str, practice_id: UUID, now: datetime) -> None:
    log(
        Action.READ, what, practice_id, by=system(practice_id), now=now, client_id=None
    )  # one entry: nobody in particular was looked at


class _Numbered:
    """Counts what belongs to one client from 1."""

    def __init__(self) -> None:
        self._seen: dict[UUID, dict[UUID, int]] = {}

    def within(self, client_id: UUID, episode_id: UUID) -> int:
        known = self._seen.setdefault(client_id, {})
        return known.setdefault(episode_id, len(known) + 1)


class _MadeUp:
    """Gives everybody a name by chance."""

    def __init__(self) -> None:
        self._names: dict[UUID, str] = {}

    def of(self, kind: str, pk: UUID) -> str:
        return self._names.setdefault(pk, f"{kind}-{secrets.token_hex(6)}")
