"""Everything that is about one client, as one document they can keep.

A client gets what they can see on their pages. The practice gets what it can see: never what is
sealed, nor what a client keeps for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care.access import episode_for, episodes_of_client
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.checkins.access import hard_to_say_of, visible_scores
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.checkins.models import AskedForm, Score
from openalliance.site.records.conversations.access import Topic, topics_for
from openalliance.site.records.emergency.access import own_openings_of_client
from openalliance.site.records.intake.models import Arrival
from openalliance.site.records.letters.models import ReminderChoice
from openalliance.site.records.practice.access import people_by_id, require_client
from openalliance.site.records.rights.consent import consents_of
from openalliance.site.records.rights.record_endings import ending_part, follow_up_consents
from openalliance.site.records.rights.record_work import work_part
from openalliance.site.records.trust.access import read_by_others
from openalliance.site.records.trust.actors import Actor, system
from openalliance.site.records.trust.services import Action, log

FORMAT = "openalliance-record/1"
EVERY_ENTRY = 1_000_000

Document = dict[str, Any]


def own_record(by: Actor, *, now: datetime) -> Document:
    """Return a client's own record, and log that they took it.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    episodes = [
        episode_for(by, one.pk, now=now, reading="record") for one in episodes_of_client(by)
    ]
    client = Client.objects.get(pk=by.id, practice_id=by.practice_id)
    return _document(client, episodes, by=by, now=now)


def record_for_practice(client_id: UUID, practice_id: UUID, *, now: datetime) -> Document:
    """Return one client's record as the practice may see it, for who holds its data folder."""
    by = system(practice_id)
    client = Client.objects.filter(pk=client_id, practice_id=practice_id, erased_at=None).first()
    if client is None:
        raise NotFoundError("no such client")
    episodes = list(
        client.episodes.select_related("client", "therapist", "practice").order_by("-started_at")
    )
    log(Action.READ, "record", client.pk, by=by, now=now, client_id=client.pk)
    return _document(client, episodes, by=by, now=now)


def _document(client: Client, episodes: Sequence[Episode], *, by: Actor, now: datetime) -> Document:
    in_time = sorted(episodes, key=lambda one: one.started_at)
    numbers = {one.pk: number for number, one in enumerate(in_time, 1)}
    return {
        "format": FORMAT,
        "made_at": _at(now),
        "about": {
            "code": client.code,
            "name": client.name,
            "email": client.email,
            "language": client.language,
            "added_at": _at(client.added_at),
        },
        "first_message": _first_message(client),
        "reminders": _reminders(client),
        "episodes": [_episode(one, numbers, by=by, now=now) for one in episodes],
        "consents": [
            {
                "about": answer.kind,
                "version": answer.version,
                "words": answer.words,
                "given": answer.given,
                "at": _at(answer.at),
            }
            for consent in consents_of(client.pk, practice_id=client.practice_id)
            for answer in consent.history
        ],
        "follow_up_consents": follow_up_consents(client.pk, practice_id=client.practice_id),
        "read_by": _readings(by, client.pk),
        "opened_in_emergency": _openings(by),
    }


def _reminders(client: Client) -> Document | None:
    """Return when and how a client chose to be reminded of appointments."""
    choice = ReminderChoice.objects.filter(client=client).first()
    if choice is None:
        return None
    return {
        "channel": choice.channel,
        "address": choice.address,
        "hours_before": choice.hours,
        "quiet_from": choice.quiet_from,
        "quiet_until": choice.quiet_until,
        "chosen_at": _at(choice.chosen_at),
    }


def _first_message(client: Client) -> Document | None:
    """Return what a client wrote before they were one."""
    found = Arrival.objects.filter(client=client).first()
    if found is None:
        return None
    return {
        "at": _at(found.asked_at),
        "taken_on_at": _at(found.arrived_at),
        "message": found.message,
        "reach_by": found.reach_by,
        "reach_me": found.reach_me,
        "to_be_safe": found.safely,
        "accessibility": found.accessibility,
        "languages": found.languages,
    }


def _episode(
    episode: Episode, numbers: Mapping[UUID, int], *, by: Actor, now: datetime
) -> Document:
    carries_on = numbers.get(episode.previous_id) if episode.previous_id else None
    return {
        "number": numbers[episode.pk],
        "carries_on": carries_on,
        "therapist": episode.therapist.name,
        "started_at": _at(episode.started_at),
        "ended_at": _at(episode.ended_at),
        "ending": episode.ending or None,
        **work_part(by, episode),
        **ending_part(by, episode),
        "answers": [_answers(form) for form in _own_forms(episode, by=by)],
        "scores": [_score(one) for one in _scores(by, episode)],
        "hard_to_say": [
            {
                "about": said.about,
                "words": said.words,
                "at": _at(said.at),
                "visibility": said.visibility,
                "shown_at": _at(said.shown_at),
            }
            for said in _hard_to_say(by, episode, now=now)
        ],
        "taken_up": [_topic(topic, by=by) for topic in topics_for(by, episode, now=now)],
    }


def _own_forms(episode: Episode, *, by: Actor) -> Sequence[AskedForm]:
    """Return what the client answered; what is sealed is left out for the practice."""
    forms = AskedForm.objects.filter(
        episode=episode, rater="client", submitted_at__isnull=False
    ).select_related("session")
    if not by.is_client:
        forms = forms.exclude(moment="check-out", unsealed_at=None)
    return tuple(forms.order_by("submitted_at"))


def _hard_to_say(by: Actor, episode: Episode, *, now: datetime) -> Sequence[Any]:
    if by.is_client:
        return hard_to_say_of(by, episode, now=now)
    return tuple(episode.hard_to_say.filter(withdrawn_at=None, shown_at__isnull=False))


def _scores(by: Actor, episode: Episode) -> Sequence[Score]:
    return tuple(
        visible_scores(by, episode).select_related("session", "form").order_by("at", "scale")
    )


def _answers(form: AskedForm) -> Document:
    return {
        "moment": form.moment,
        "session": form.session.number if form.session else None,
        "sent_at": _at(form.submitted_at),
        "answers": [
            {"instrument": key, "item": item, "question": _asked(key, item), "answer": answer}
            for key, items in form.answers.items()
            for item, answer in items.items()
        ],
    }


def _asked(key: str, item: str) -> str | None:
    """Return the words of a question, where this installation has them."""
    try:
        found = next((one for one in instrument(key).items if one.id == item), None)
    except InputError:
        return None
    texts: Mapping[str, str] = found.text if found else {}
    return texts.get("en") or next(iter(texts.values()), None)


def _score(score: Score) -> Document:
    form = score.form
    is_sealed = form is not None and form.moment == "check-out" and form.unsealed_at is None
    return {
        "at": _at(score.at),
        "session": score.session.number if score.session else None,
        "rater": score.rater,
        "instrument": score.instrument,
        "version": score.version,
        "scale": score.scale,
        "value": score.value,
        "reason": score.reason or None,
        "sealed": is_sealed,
    }


def _topic(topic: Topic, *, by: Actor) -> Document:
    return {
        "about": topic.signal.kind if topic.signal else "hard-to-say",
        "found_at": _at(topic.at),
        "steps": [
            {
                "stage": step.stage,
                "at": _at(step.at),
                "note": step.note if step.note_for_client or not by.is_client else "",
            }
            for step in topic.steps
        ],
    }


def _readings(by: Actor, client_id: UUID) -> list[Document]:
    entries = read_by_others(by, client_id, limit=EVERY_ENTRY)
    people = people_by_id(by, {entry.actor_id for entry in entries})
    return [
        {
            "at": _at(entry.at),
            "who": people[entry.actor_id].name if entry.actor_id in people else None,
            "did": entry.action,
            "what": entry.subject,
        }
        for entry in entries
    ]


def _openings(by: Actor) -> list[Document]:
    """Return when a client's record was opened in an emergency, as their page shows it."""
    if not by.is_client:
        return []
    return [
        {
            "who": one.person.name,
            "cause": one.cause,
            "from": _at(one.opened_at),
            "until": _at(one.ended_at or one.ends_at),
        }
        for one in own_openings_of_client(by)
    ]


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
