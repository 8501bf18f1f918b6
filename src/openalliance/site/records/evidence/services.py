"""Taking in, changing and deleting a practice's meta-analyses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import ConflictError, RefusedError
from openalliance.site.records.evidence.access import STAFF, analysis_for
from openalliance.site.records.evidence.models import MetaAnalysis
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

MOST_KEPT = 200
"""Meta-analyses that a practice keeps at once."""


def may_change(by: Actor, analysis: MetaAnalysis) -> bool:
    """Whether it is the actor's own, or the actor is an administrator of the practice."""
    same = by.practice_id == analysis.practice_id and not by.is_client
    return same and (by.id == analysis.made_by_id or by.has(Role.ADMINISTRATOR))


@transaction.atomic
def take_in(
    title: str, data: str, asked: Mapping[str, Any], *, by: Actor, now: datetime
) -> MetaAnalysis:
    """Keep a file with what its columns seem to be.

    Raises
    ------
    RefusedError
        The actor has no role.
    ConflictError
        The practice keeps as many as it can.
    """
    require(by, *STAFF)
    if MetaAnalysis.objects.filter(practice_id=by.practice_id).count() >= MOST_KEPT:
        raise ConflictError(f"the practice keeps {MOST_KEPT} meta-analyses; delete one first")
    made = MetaAnalysis.objects.create(
        practice_id=by.practice_id, made_by_id=by.id, made_at=now, title=title, data=data,
        asked=dict(asked),
    )  # fmt: skip
    log(Action.ADDED, "meta-analysis", made.pk, by=by, now=now, client_id=None)
    return made


@transaction.atomic
def confirm(
    analysis_id: UUID, title: str, asked: Mapping[str, Any], *, by: Actor, now: datetime
) -> None:
    """Keep columns and model that could be fitted; from then on the practice sees it.

    Raises
    ------
    NotFoundError, RefusedError
        There is none, or it is somebody else's.
    """
    analysis = _own(analysis_id, by)
    analysis.title, analysis.asked, analysis.is_fitted = title, dict(asked), True
    analysis.save(update_fields=["title", "asked", "is_fitted"])
    log(Action.CHANGED, "meta-analysis", analysis.pk, by=by, now=now, client_id=None)


@transaction.atomic
def delete(analysis_id: UUID, *, by: Actor, now: datetime) -> None:
    """Delete it with its file, for good.

    Raises
    ------
    NotFoundError, RefusedError
        There is none, or it is somebody else's.
    """
    analysis = _own(analysis_id, by)
    log(Action.ERASED, "meta-analysis", analysis.pk, by=by, now=now, client_id=None)
    analysis.delete()


def _own(analysis_id: UUID, by: Actor) -> MetaAnalysis:
    analysis = analysis_for(by, analysis_id)
    if not may_change(by, analysis):
        raise RefusedError("this is for whoever took it in, or an administrator")
    return analysis
