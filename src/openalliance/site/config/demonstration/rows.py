"""All rows of the demonstration, collected and then written in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from openalliance.core.instruments import Rater
from openalliance.site.records.care.models import (
    Client,
    Episode,
    PersonalLink,
    Phase,
    Session,
)
from openalliance.site.records.checkins.models import (
    AskedForm,
    CourseState,
    HardToSay,
    Score,
    Signal,
)
from openalliance.site.records.conversations.models import ConversationStep
from openalliance.site.records.endings.models import (
    EndingReview,
    FollowUp,
    FollowUpConsent,
    LookingBack,
    StayingWell,
)
from openalliance.site.records.plans.models import PlanComment, PlanRating, PlanVersion
from openalliance.site.records.rights.models import ConsentAnswer
from openalliance.site.records.tasks.models import Task, TaskTelling
from openalliance.site.records.trust.actors import ActorKind
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.services import Action

# Each model after those its rows point to.
_ORDER: tuple[type[models.Model], ...] = (
    Client, PersonalLink, Episode, Phase, Session, AskedForm, Score, Signal, CourseState,
    HardToSay, ConversationStep, PlanVersion, PlanComment, PlanRating, Task, TaskTelling,
    LookingBack, EndingReview, StayingWell, FollowUpConsent, FollowUp, ConsentAnswer, AccessEntry,
)  # fmt: skip
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Rows:
    """Unsaved rows by model."""

    by_model: dict[type[models.Model], list[Any]] = field(
        default_factory=lambda: {model: [] for model in _ORDER}
    )

    def add(self, *rows: models.Model) -> None:
        """Take rows in."""
        for row in rows:
            self.by_model[type(row)].append(row)

    def note(
        self,
        action: Action,
        subject: str,
        subject_id: UUID,
        episode: Episode,
        *,
        rater: str,
        at: datetime,
    ) -> None:
        """Add what the access log would say: the client or their therapist did something."""
        is_client = rater == Rater.CLIENT
        self.add(
            AccessEntry(
                practice_id=episode.practice_id,
                at=at,
                actor_kind=ActorKind.CLIENT if is_client else ActorKind.STAFF,
                actor_id=episode.client_id if is_client else episode.therapist_id,
                action=action,
                subject=subject,
                subject_id=subject_id,
                client_id=episode.client_id,
            )
        )

    def save(self) -> None:
        """Write everything; call it inside a transaction."""
        self.by_model[AccessEntry].sort(key=lambda entry: entry.at)
        for model, rows in self.by_model.items():
            model._default_manager.bulk_create(rows, batch_size=_BATCH)
