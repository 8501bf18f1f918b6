"""Who sees a practice's meta-analyses: all its staff, once the columns are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from openalliance.core.errors import NotFoundError
from openalliance.site.records.evidence.models import MetaAnalysis
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role

STAFF = (Role.THERAPIST, Role.SUPERVISOR, Role.ADMINISTRATOR)


def analyses_of(by: Actor) -> Sequence[MetaAnalysis]:
    """Return the practice's meta-analyses, the newest first. Staff only."""
    require(by, *STAFF)
    seen = MetaAnalysis.objects.filter(practice_id=by.practice_id)
    seen = seen.filter(Q(is_fitted=True) | Q(made_by_id=by.id))
    return tuple(seen.select_related("made_by").defer("data").order_by("-made_at", "-pk"))


def analysis_for(by: Actor, analysis_id: UUID) -> MetaAnalysis:
    """Return one of the practice's meta-analyses. Staff only.

    Raises
    ------
    NotFoundError
        There is none in the practice, or it is somebody else's and not confirmed.
    """
    require(by, *STAFF)
    seen = MetaAnalysis.objects.filter(practice_id=by.practice_id, pk=analysis_id)
    seen = seen.filter(Q(is_fitted=True) | Q(made_by_id=by.id))
    found = seen.select_related("made_by").first()
    if found is None:
        raise NotFoundError("no such meta-analysis")
    return found
