"""The part of a client's record about endings and the time after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openalliance.site.records.care.models import Episode
from openalliance.site.records.endings.consent import consents_to_follow_ups
from openalliance.site.records.endings.models import (
    EndingReview,
    FollowUp,
    LookingBack,
    StayingWell,
    Wish,
)
from openalliance.site.records.trust.actors import Actor

Document = dict[str, Any]


def ending_part(by: Actor, episode: Episode) -> Document:
    """Return what an episode's record says about its ending, as far as the actor may see it."""
    begun = LookingBack.objects.filter(episode=episode).first()
    return {
        "looking_back": None
        if begun is None
        else {
            "begun_by": begun.begun_by,
            "begun_at": _at(begun.begun_at),
            "taken_back_at": _at(begun.taken_back_at),
        },
        "looked_back": [
            {
                "by": one.by_side,
                "feels": one.feels,
                "changed": one.changed,
                "helped": one.helped,
                "missing": one.missing,
                "at": _at(one.sent_at),
            }
            for one in _reviews(by, episode)
        ],
        "staying_well": [
            {"number": one.number, "by": one.by_side, "at": _at(one.at), "content": one.content}
            for one in StayingWell.objects.filter(episode=episode).order_by("number")
        ],
        "follow_ups": [
            {
                "months": one.months,
                "due_at": _at(one.due_at),
                "asked_at": _at(one.asked_at),
                "cancelled_at": _at(one.cancelled_at),
            }
            for one in FollowUp.objects.filter(episode=episode).order_by("due_at")
        ],
        "wishes": [
            {
                "kind": one.kind,
                "words": one.words,
                "at": _at(one.at),
                "taken_back_at": _at(one.taken_back_at),
                "answered_at": _at(one.answered_at),
            }
            for one in Wish.objects.filter(episode=episode).order_by("at")
        ],
    }


def follow_up_consents(client_id: UUID, *, practice_id: UUID) -> list[Document]:
    """Return every yes or no to follow-ups; the address is only in the newest one."""
    return [
        {
            "given": one.given,
            "channel": one.channel or "page",
            "address": one.address,
            "quiet_from": one.quiet_from,
            "quiet_until": one.quiet_until,
            "words": one.words,
            "at": _at(one.at),
        }
        for one in consents_to_follow_ups(client_id, practice_id=practice_id)
    ]


def _reviews(by: Actor, episode: Episode) -> Sequence[EndingReview]:
    """Return what was written; one side's words wait for the other's until the episode ends."""
    rows = tuple(EndingReview.objects.filter(episode=episode).order_by("sent_at"))
    if episode.ended_at is not None or len(rows) > 1:
        return rows
    return tuple(one for one in rows if by.is_client and one.by_side == "client")


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
