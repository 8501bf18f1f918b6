"""Looking back together, ending, the one question when somebody left, and staying well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from openalliance.core.course.leaving import Feels
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Moment, Rater
from openalliance.site.records.care import services as care
from openalliance.site.records.care.access import own_episode_for, rater_of
from openalliance.site.records.care.links import LINK_LASTS
from openalliance.site.records.care.models import Ending, Episode
from openalliance.site.records.care.returns import keep_links
from openalliance.site.records.checkins import services as checkins
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm
from openalliance.site.records.endings import follow_ups, wishes
from openalliance.site.records.endings.invitations import useless_at
from openalliance.site.records.endings.models import EndingReview, LookingBack, StayingWell
from openalliance.site.records.letters.jobs import deliver
from openalliance.site.records.letters.models import LetterKind
from openalliance.site.records.letters.reminders import channels
from openalliance.site.records.letters.services import post_to_client
from openalliance.site.records.practice.access import require
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.records.trust.services import Action, log

EXIT = "oa-exit"
EXIT_OPEN_FOR = timedelta(days=60)
LONGEST_WORDS = 2000
MOST_LINES, LONGEST_LINE = 8, 200
CONTACT_WANTED = 2.0
"""The answer to the follow-up's question about contact that says yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How one side sees the therapy at its end. ``feels`` is asked of the client alone."""

    feels: int | None = None
    changed: str = ""
    helped: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Warning signs, what helps then, and who to turn to; one line each."""

    signs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@transaction.atomic
def look_back(episode_id: UUID, *, by: Actor, now: datetime) -> LookingBack:
    """Begin to look back on a therapy together; either side may. Twice changes nothing.

    Raises
    ------
    ConflictError
        The episode has ended.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    if episode.ended_at is not None:
        raise ConflictError("this episode has already ended")
    row, is_new = LookingBack.objects.get_or_create(
        episode=episode,
        defaults={
            "practice_id": by.practice_id, "begun_by": rater_of(by), "begun_at": now,
        },
    )  # fmt: skip
    if not is_new and row.taken_back_at is not None:
        row.begun_by, row.begun_at, row.taken_back_at = rater_of(by), now, None
        row.save(update_fields=["begun_by", "begun_at", "taken_back_at"])
    log(Action.CHANGED, "looking back", row.pk, by=by, now=now, client_id=episode.client_id)
    return row


@transaction.atomic
def carry_on(episode_id: UUID, *, by: Actor, now: datetime) -> None:
    """Take back that the therapy is coming to its end; what was written stays.

    Raises
    ------
    ConflictError
        Nobody is looking back, or the episode has ended.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    row = LookingBack.objects.filter(episode=episode, taken_back_at=None).first()
    if row is None or episode.ended_at is not None:
        raise ConflictError("nobody is looking back here")
    row.taken_back_at = now
    row.save(update_fields=["taken_back_at"])
    log(Action.WITHDREW, "looking back", row.pk, by=by, now=now, client_id=episode.client_id)


@transaction.atomic
def review(episode_id: UUID, given: Review, *, by: Actor, now: datetime) -> EndingReview:
    """Keep how one side looks back. It may be changed until the episode ends.

    Raises
    ------
    InputError
        Something is too long, or no answer to choose.
    ConflictError
        Nobody is looking back, or the episode has ended and it was given already.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    side = rater_of(by)
    if side == Rater.CLIENT and given.feels is not None and given.feels not in set(Feels):
        raise InputError("choose one of the answers", where="feels")
    for name in ("changed", "helped", "missing"):
        if len(getattr(given, name)) > LONGEST_WORDS:
            raise InputError(f"keep it under {LONGEST_WORDS} letters", where=name)
    row = EndingReview.objects.filter(episode=episode, by_side=side).first()
    begun = LookingBack.objects.filter(episode=episode, taken_back_at=None).exists()
    if not begun or (episode.ended_at is not None and row is not None):
        raise ConflictError("looking back is closed here")
    if row is None:
        row = EndingReview(practice_id=by.practice_id, episode=episode, by_side=side)
    row.feels = given.feels if side == Rater.CLIENT else None
    row.changed, row.helped, row.missing = given.changed, given.helped, given.missing
    row.sent_at = now
    row.save()
    log(Action.SENT, "looking back", row.pk, by=by, now=now, client_id=episode.client_id)
    return row


@transaction.atomic
def write_staying_well(
    episode_id: UUID, sheet: Sheet, *, by: Actor, now: datetime
) -> StayingWell:  # fmt: skip
    """Keep a new version of what a client watches for and does then.

    The client may write at any time, also years after; the therapist while the episode runs.

    Raises
    ------
    InputError
        There are too many lines, or one is too long.
    ConflictError
        The episode has ended, and the actor is its therapist.
    """
    episode = own_episode_for(by, episode_id, now=now, reading="staying well")
    if not by.is_client and episode.ended_at is not None:
        raise ConflictError("after the ending this sheet is your client's alone to change")
    for name in ("signs", "steps", "people"):
        lines = getattr(sheet, name)
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            raise InputError(
                f"keep it to {MOST_LINES} lines of {LONGEST_LINE} letters", where=name
            )  # fmt: skip
    Episode.objects.select_for_update(of=("self",)).get(pk=episode.pk)
    newest = StayingWell.objects.filter(episode=episode).order_by("-number").first()
    content = {
        "signs": list(sheet.signs), "steps": list(sheet.steps), "people": list(sheet.people),
    }  # fmt: skip
    if newest is not None and newest.content == content:
        return newest
    made = StayingWell.objects.create(
        practice_id=by.practice_id, episode=episode, number=(newest.number if newest else 0) + 1,
        content=content, by_side=rater_of(by), at=now,
    )  # fmt: skip
    log(Action.ADDED, "staying well", made.pk, by=by, now=now, client_id=episode.client_id)
    return made


@transaction.atomic
def end_episode(
    episode_id: UUID, ending: str, *, mail_question: bool = False, by: Actor, now: datetime
) -> Episode:
    """End an episode. An unplanned ending asks the client one question; a yes to follow-ups sets
    their times.

    Parameters
    ----------
    mail_question
        Also mail the client the link to the question, once, to the address the practice has.

    Raises
    ------
    ConflictError
        The episode has already ended.
    """
    episode = care.end_episode(episode_id, ending, by=by, now=now)
    if ending == Ending.UNPLANNED:
        form = ask_why(episode, now=now)
        if mail_question and episode.client.email and "mail" in channels():
            _mail_question(form, now)
    if ending != Ending.TRANSFERRED:
        follow_ups.schedule(episode, now=now)
        keep_links(episode.client_id, now=now, until=now + LINK_LASTS)
    return episode


@transaction.atomic
def reopen_episode(episode_id: UUID, *, by: Actor, now: datetime) -> Episode:
    """Undo `end_episode`; nothing more is asked of what it began."""
    episode = care.reopen_episode(episode_id, by=by, now=now)
    follow_ups.clear(episode.client_id, now=now)
    AskedForm.objects.filter(
        episode=episode, moment=Moment.EXIT, submitted_at=None, closes_at__gt=now
    ).update(closes_at=now)
    return episode


def ask_why(episode: Episode, *, now: datetime) -> AskedForm:
    """Put the one question to a client who left; one that is open stays the only one."""
    held = AskedForm.objects.filter(
        episode=episode, moment=Moment.EXIT, submitted_at=None, closes_at__gt=now
    ).first()
    if held is not None:
        return held
    return AskedForm.objects.create(
        practice_id=episode.practice_id,
        episode=episode,
        moment=Moment.EXIT,
        rater=Rater.CLIENT,
        instruments=[[EXIT, instrument(EXIT).version]],
        opens_at=now,
        closes_at=now + EXIT_OPEN_FOR,
        answers={},
    )


@transaction.atomic
def mail_question(episode_id: UUID, *, by: Actor, now: datetime) -> bool:
    """Mail the link to the open question, once; return whether a letter goes out.

    Raises
    ------
    ConflictError
        No question is open, or there is no way to mail it.
    """
    require(by, Role.THERAPIST)
    episode = own_episode_for(by, episode_id, now=now, reading="ending")
    form = AskedForm.objects.filter(
        episode=episode, moment=Moment.EXIT, submitted_at=None, closes_at__gt=now
    ).first()
    if form is None or not episode.client.email or "mail" not in channels():
        raise ConflictError("there is nothing to mail, or no address")
    log(Action.SENT, "exit", form.pk, by=by, now=now, client_id=episode.client_id)
    return _mail_question(form, now)


@transaction.atomic
def send_form(form_id: UUID, *, submission: UUID, by: Actor, now: datetime) -> AskedForm:
    """Send a form as `checkins.services.submit` does; a wish for contact in it is passed on.

    Raises
    ------
    IncompleteError
        A required question has no answer.
    ClosedError
        The form takes no more answers.
    """
    form = checkins.submit(form_id, submission=submission, by=by, now=now)
    wants = form.answers.get(follow_ups.FOLLOW_UP, {}).get("contact") == CONTACT_WANTED
    if form.moment == Moment.FOLLOW_UP and form.submitted_at == now and wants:
        wishes.wish("contact", by=by, now=now)
    return form


def _mail_question(form: AskedForm, now: datetime) -> bool:
    letter_id = post_to_client(
        LetterKind.QUESTIONS,
        once=f"exit:{form.pk.hex}",
        about=form.pk,
        client_id=form.episode.client_id,
        practice_id=form.practice_id,
        now=now,
        useless_at=useless_at(form),
    )
    if letter_id is not None:
        deliver.enqueue(str(letter_id))
    return letter_id is not None
