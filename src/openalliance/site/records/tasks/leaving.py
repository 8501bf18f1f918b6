"""Who leaves early: a practice's own model, learnt from its own therapies, asked about one client.

Numbers of many together; nothing is learnt from outside, and nothing is shown while too few
therapies ended unplanned.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import InputError
from openalliance.core.instruments import Better, Rater
from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.care.models import Ending, Episode, Session, SessionStatus
from openalliance.site.records.checkins.access import visible_scores
from openalliance.site.records.checkins.convert import ALLIANCE_SCALE, CHECK_OUT_FORMS, outcome_of
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.practice.access import require
from openalliance.site.records.tasks.models import LeavingModel
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

if TYPE_CHECKING:
    from openalliance.core.course.dropout import NoRisk
    from openalliance.core.course.dropout.histories import Estimate, History, NoModel, PracticeModel

KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SEED = 1
_ALLIANCE = (CHECK_OUT_FORMS[Rater.CLIENT], ALLIANCE_SCALE)


@transaction.atomic
def refresh_leaving(*, by: Actor, now: datetime) -> PracticeModel | NoModel:
    """Learn from the practice's own therapies who leaves early; keep it if it is worth anything.

    A model that was kept before stays in use where the new one is worth nothing.

    Raises
    ------
    RefusedError
        The actor is neither supervisor nor administrator.
    """
    import numpy as np

    from openalliance.core.course.dropout.histories import PracticeModel, fit_practice

    require(by, *KEEPERS)
    found = fit_practice(_histories(by.practice_id), rng=np.random.default_rng(SEED))
    if isinstance(found, PracticeModel):
        row = LeavingModel.objects.create(
            practice_id=by.practice_id, document=json.loads(found.model.to_json()),
            curve=[asdict(one) for one in found.curve], therapies=found.therapies, fitted_at=now,
            fitted_by=by.id,
        )  # fmt: skip
        log(Action.CHANGED, "drop-out model", row.pk, by=by, now=now, client_id=None)
    return found


def standing_model(practice_id: UUID) -> tuple[PracticeModel, datetime] | None:
    """Return a practice's newest model that can be read, and when it was fitted."""
    from openalliance.core.course.dropout import DropOutModel
    from openalliance.core.course.dropout.histories import PracticeModel
    from openalliance.core.estimation.calibration import CalibrationBin
    from openalliance.core.estimation.proportions import Proportion

    row = LeavingModel.objects.filter(practice_id=practice_id).order_by("-fitted_at").first()
    if row is None:
        return None
    try:
        model = DropOutModel.from_json(json.dumps(row.document))
    except InputError:
        return None
    curve = tuple(
        CalibrationBin(**{**one, "observed": Proportion(**one["observed"])}) for one in row.curve
    )
    return PracticeModel(model=model, curve=curve, therapies=row.therapies), row.fitted_at


def estimate_of(by: Actor, episode: Episode, model: PracticeModel) -> Estimate | NoRisk:
    """Return what a model says of an episode that the actor was let see, from what they may see."""
    from openalliance.core.course.dropout.histories import estimate

    scores = visible_scores(by, episode).filter(rater=Rater.CLIENT, value__isnull=False)
    return estimate(model.model, _history(episode, sessions_of(episode), scores))


def _histories(practice_id: UUID) -> Iterable[History]:
    sessions: Mapping[UUID, list[Session]] = defaultdict(list)
    for one in Session.objects.filter(practice_id=practice_id, removed_at=None).order_by(
        "starts_at", "number"
    ):
        sessions[one.episode_id].append(one)
    scores: Mapping[UUID, list[Score]] = defaultdict(list)
    of_client = Score.objects.filter(
        practice_id=practice_id, rater=Rater.CLIENT, value__isnull=False
    ).exclude(session__removed_at__isnull=False)
    for score in of_client.order_by("at", "pk"):
        scores[score.episode_id].append(score)
    for episode in Episode.objects.filter(practice_id=practice_id).order_by("started_at", "pk"):
        yield _history(episode, sessions[episode.pk], scores[episode.pk])


def _history(episode: Episode, sessions: Iterable[Session], scores: Iterable[Score]) -> History:
    from openalliance.core.course.dropout import Ending as CoreEnding
    from openalliance.core.course.dropout.histories import History

    measure = outcome_of(episode)
    unit = measure.reliable_change or 1.959964 * math.sqrt(2.0) * measure.sem
    sign = 1.0 if measure.better is Better.HIGHER else -1.0
    outcome = (episode.outcome_instrument, episode.outcome_scale)
    known = list(scores)
    held = list(sessions)
    return History(
        sessions=tuple(one.starts_at for one in held if one.status == SessionStatus.ATTENDED),
        missed=tuple(one.starts_at for one in held if _is_missed(one)),
        alliance=_series(known, _ALLIANCE, 1.0),
        outcome=_series(known, outcome, sign / unit),
        ending={
            Ending.UNPLANNED: CoreEnding.DROP_OUT,
            Ending.PLANNED: CoreEnding.PLANNED,
        }.get(Ending(episode.ending), CoreEnding.NONE)
        if episode.ending
        else CoreEnding.NONE,
    )


def _series(
    scores: Sequence[Score], key: tuple[str, str], factor: float
) -> tuple[tuple[datetime, float], ...]:
    return tuple(
        (one.at, float(one.value or 0.0) * factor)
        for one in scores
        if (one.instrument, one.scale) == key
    )


def _is_missed(session: Session) -> bool:
    return session.status == SessionStatus.NO_SHOW or (
        session.status == SessionStatus.CANCELLED and session.cancelled_by == "client"
    )
