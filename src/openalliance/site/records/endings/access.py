"""Reading endings and what came after, of episodes that `care.access` let the actor see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from openalliance.core.course.leaving import Leaving, leaving_of
from openalliance.core.instruments import Moment, Rater
from openalliance.site.records.care.access import rater_of, visible_episodes
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.endings.models import (
    EndingReview,
    FollowUp,
    LookingBack,
    StayingWell,
    Wish,
)
from openalliance.site.records.practice.access import require
from openalliance.site.records.practice.models import RoleGrant
from openalliance.site.records.trust.actors import Actor, ActorKind, Role
from openalliance.site.records.trust.services import Action, log_many

EXIT = "oa-exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingSoFar:
    """Where an ending stands, for one of its two sides.

    Parameters
    ----------
    own, other
        What each side wrote looking back; the other's is there once both are in, or it has ended.
    other_is_in
        Whether the other side has looked back.
    """

    looking_back: LookingBack | None
    own: EndingReview | None
    other: EndingReview | None
    other_is_in: bool


def _may_read(by: Actor, episode: Episode) -> bool:
    """Whether somebody is on one of the two sides, or holds the practice's data folder."""
    return by.is_client or by.kind is ActorKind.SYSTEM or by.id == episode.therapist_id


def ending_of(by: Actor, episode: Episode) -> EndingSoFar:
    """Return where an ending stands; a supervisor, who is on neither side, reads no words.

    Who holds the data folder reads as the client does, and neither side before both may.
    """
    begun = LookingBack.objects.filter(episode=episode, taken_back_at=None).first()
    reviews = {one.by_side: one for one in EndingReview.objects.filter(episode=episode)}
    is_sealed = episode.ended_at is None and len(reviews) < 2
    if not _may_read(by, episode) or (by.kind is ActorKind.SYSTEM and is_sealed):
        return EndingSoFar(looking_back=begun, own=None, other=None, other_is_in=False)
    if by.kind is ActorKind.SYSTEM:
        client, therapist = reviews.get(Rater.CLIENT), reviews.get(Rater.THERAPIST)
        return EndingSoFar(
            looking_back=begun, own=client, other=therapist, other_is_in=therapist is not None
        )
    own = reviews.pop(rater_of(by), None)
    other = next(iter(reviews.values()), None)
    is_shown = other is not None and (own is not None or episode.ended_at is not None)
    return EndingSoFar(
        looking_back=begun, own=own, other=other if is_shown else None,
        other_is_in=other is not None,
    )  # fmt: skip


def is_asked_to_look_back(by: Actor, episode: Episode) -> bool:
    """Whether a client is asked to look back on this episode, and has not yet."""
    if not by.is_client:
        return False
    done = EndingReview.objects.filter(episode_id=OuterRef("episode_id"), by_side="client")
    return (LookingBack.objects.filter(~Exists(done), episode=episode, taken_back_at=None)).exists()


def staying_well_of(by: Actor, episode: Episode) -> StayingWell | None:
    """Return the newest sheet of an episode, for the client and their therapist."""
    if not _may_read(by, episode):
        return None
    return StayingWell.objects.filter(episode=episode).order_by("-number").first()


def own_staying_well(by: Actor) -> StayingWell | None:
    """Return the newest sheet of a client over all their episodes."""
    if not by.is_client:
        return None
    return (
        StayingWell.objects.filter(episode__client_id=by.id, practice_id=by.practice_id)
        .order_by("-at", "-number")
        .first()
    )


def exit_of(by: Actor, episode: Episode) -> AskedForm | None:
    """Return the newest question of why somebody left, for the two it is between."""
    if not _may_read(by, episode):
        return None
    return (
        AskedForm.objects.filter(episode=episode, moment=Moment.EXIT)
        .select_related("episode__client")
        .order_by("-opens_at")
        .first()
    )


def leaving_in(by: Actor, episode: Episode) -> Leaving:
    """Return how the client left, by their own word."""
    so_far, form = ending_of(by, episode), exit_of(by, episode)
    reviews = [one for one in (so_far.own, so_far.other) if one is not None]
    feels = next((one.feels for one in reviews if one.feels is not None), None)
    return leaving_of(feels=feels, reason=reason_in(form))


def reason_in(form: AskedForm | None) -> int | None:
    """Return the answer that a form holds about why somebody left, once it was sent."""
    if form is None or form.submitted_at is None:
        return None
    given = form.answers.get(EXIT, {}).get("reason")
    return None if given is None else int(given)


def follow_ups_of(by: Actor, episode: Episode) -> Sequence[FollowUp]:
    """Return the times an ending is followed by, without those taken out, with what was asked."""
    if not _may_read(by, episode):
        return ()
    return tuple(
        FollowUp.objects.filter(episode=episode, cancelled_at=None)
        .select_related("form__episode__client")
        .order_by("due_at")
    )


def own_wish(by: Actor) -> Wish | None:
    """Return a client's open wish, if they have one."""
    if not by.is_client:
        return None
    return Wish.objects.filter(
        episode__client_id=by.id, practice_id=by.practice_id, taken_back_at=None, answered_at=None
    ).first()


def wishes_for(by: Actor, *, now: datetime) -> Sequence[Wish]:
    """Return the open wishes that a therapist answers, oldest first, and log that they were read.

    They are those of their own clients, and those of a colleague's who left, passed on to them.

    Raises
    ------
    RefusedError
        The actor is no therapist.
    """
    require(by, Role.THERAPIST)
    own = Q(episode__in=visible_episodes(by).filter(therapist_id=by.id))
    return _read(_open(by).filter(own | Q(passed_to_id=by.id)), by, now)


def wishes_left_behind(by: Actor, *, now: datetime) -> Sequence[Wish]:
    """Return the open wishes that no therapist sees, because theirs left. Administrators only.

    Raises
    ------
    RefusedError
        The actor is no administrator.
    """
    require(by, Role.ADMINISTRATOR)
    return _read(_left_behind(by), by, now)


def count_left_behind(by: Actor) -> int:
    """Return how many open wishes no therapist sees. Administrators only: no names."""
    require(by, Role.ADMINISTRATOR)
    return _left_behind(by).count()


def _open(by: Actor) -> QuerySet[Wish]:
    return Wish.objects.filter(
        practice_id=by.practice_id, episode__client__erased_at=None, taken_back_at=None,
        answered_at=None,
    )  # fmt: skip


def _left_behind(by: Actor) -> QuerySet[Wish]:
    def works(person: str) -> Exists:
        held = RoleGrant.objects.filter(person_id=OuterRef(person), person__is_active=True)
        return Exists(held.filter(role=Role.THERAPIST, ended_at=None))

    return _open(by).exclude(works("episode__therapist_id")).exclude(works("passed_to_id"))


def _read(wishes: QuerySet[Wish], by: Actor, now: datetime) -> Sequence[Wish]:
    rows = tuple(wishes.select_related("episode__client", "episode__therapist").order_by("at"))
    about = [(one.pk, one.episode.client_id) for one in rows]
    if about:
        log_many(Action.READ, "wish", about, by=by, now=now)
    return rows


def wishes_in(by: Actor, episode: Episode) -> Sequence[Wish]:
    """Return every wish of a client after an ending, for the two it is between."""
    if not by.is_client and by.id != episode.therapist_id:
        return ()
    return tuple(Wish.objects.filter(episode=episode).order_by("-at"))


def follow_up_answers(by: Actor, episode: Episode) -> Mapping[UUID, tuple[tuple[str, float], ...]]:
    """Return, by follow-up, what a client answered beside the scale: kept, contact."""
    found = {}
    for one in follow_ups_of(by, episode):
        if one.form is not None and one.form.submitted_at is not None:
            given = one.form.answers.get("oa-follow-up", {})
            found[one.pk] = tuple(
                (key, given[key]) for key in ("keeping", "contact") if key in given
            )
    return found
