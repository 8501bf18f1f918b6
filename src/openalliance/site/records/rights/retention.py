"""How long records must be kept after the end of therapy.

The law differs between countries and professions, so the practice says it. Until then it is ten
years, as § 630f (3) of Germany's civil code has it, one of the longer ones: erasing too late can be
mended, erasing too early cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from openalliance.core.errors import InputError
from openalliance.site.records.care.models import Client
from openalliance.site.records.practice.access import require
from openalliance.site.records.rights.models import RetentionRule
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

YEARS = 10
LONGEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many years, and why, in the practice's words (empty until it said so)."""

    years: int
    reason: str


def rule_of(practice_id: UUID) -> Rule:
    """Return the rule that holds in a practice."""
    found = RetentionRule.objects.filter(practice_id=practice_id).order_by("-set_at").first()
    return Rule(years=found.years, reason=found.reason) if found else Rule(years=YEARS, reason="")


def kept_until(client: Client) -> datetime | None:
    """Return until when a client's record must be kept; nothing while a therapy is running."""
    episodes = list(client.episodes.all())
    if any(one.ended_at is None for one in episodes):
        return None
    ends = [one.ended_at for one in episodes if one.ended_at is not None]
    return _years_after(max(ends, default=client.added_at), rule_of(client.practice_id).years)


@transaction.atomic
def set_rule(years: int, reason: str, *, by: Actor, now: datetime) -> RetentionRule:
    """Say how long records are kept here, and why.

    Raises
    ------
    InputError
        The years are out of range, or no reason is given.
    """
    require(by, Role.ADMINISTRATOR)
    if not 0 <= years <= LONGEST:
        raise InputError(f"give a number of years from 0 to {LONGEST}", where="years")
    if not reason.strip():
        raise InputError("say why: clients read it", where="reason")
    made = RetentionRule.objects.create(
        practice_id=by.practice_id, years=years, reason=reason.strip(), set_at=now, set_by=by.id
    )
    log(Action.CHANGED, "retention", made.pk, by=by, now=now, client_id=None)
    return made


def _years_after(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February
        return at.replace(year=at.year + years, month=3, day=1)
