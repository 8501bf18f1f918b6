"""Who has read what: every time someone at the practice opened or changed something of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openalliance.site.records.care.access import link_uses
from openalliance.site.records.emergency.access import own_openings_of_client
from openalliance.site.records.practice.access import people_by_id
from openalliance.site.records.trust.access import read_by_others
from openalliance.site.screens.client.entry import client_page, show
from openalliance.site.screens.client.own_episode import own_episode
from openalliance.site.screens.client.words import day, day_and_time
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from datetime import date

    from openalliance.site.records.emergency.models import Opening
    from openalliance.site.records.practice.models import Person
    from openalliance.site.records.trust.models import AccessEntry


DAYS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one person did on one day, in words, and when first and last."""

    who: str
    role: str
    did: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day with everybody who opened something."""

    title: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """That someone who is not their therapist opened their record, when and why."""

    who: str
    at: str
    why: str
    is_reviewed: bool


@require_safe
@client_page
def readers(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show who at the practice has read or changed what, by day."""
    by, at = acting(request), now()
    episode = own_episode(by, now=at, reading="access log")
    entries = read_by_others(by, by.id)
    people = people_by_id(by, {entry.actor_id for entry in entries})
    days = by_day(entries, people, therapist_id=episode.therapist_id)
    context = {
        "uses": tuple(
            {"when": day_and_time(one.at), "device": one.device} for one in link_uses(by)
        ),
        "days": days[:DAYS_SHOWN],
        "earlier": days[DAYS_SHOWN:],
        "emergencies": tuple(_emergency(one) for one in own_openings_of_client(by)),
    }
    return show(request, token, "client/readers.html", context)


def by_day(
    entries: Sequence[AccessEntry], people: Mapping[UUID, Person], *, therapist_id: UUID
) -> tuple[Day, ...]:
    """Return the entries grouped by day and person, newest first."""
    days = []
    for _date, of_day in groupby(entries, key=_local_day):
        held = list(of_day)
        persons = dict.fromkeys(entry.actor_id for entry in held)
        readings = tuple(
            _reading(
                [entry for entry in held if entry.actor_id == person_id],
                people.get(person_id),
                is_therapist=person_id == therapist_id,
            )
            for person_id in persons
        )
        days.append(Day(title=day(held[0].at), readings=readings))
    return tuple(days)


def _emergency(opening: Opening) -> Emergency:
    why = {
        "safety": _("They were worried about someone’s safety."),
        "asked": _("You had asked the practice for help."),
        "away": _("Your therapist could not be reached, and something could not wait."),
        "other": _("Something could not wait for your therapist."),
    }
    begins = timezone.localtime(opening.opened_at)
    ends = timezone.localtime(opening.ended_at or opening.ends_at)
    return Emergency(
        who=opening.person.name,
        at=f"{day(opening.opened_at)}, {begins:%H:%M}–{ends:%H:%M}",
        why=why[opening.cause],
        is_reviewed=opening.reviewed_at is not None,
    )


def _local_day(entry: AccessEntry) -> date:
    return timezone.localtime(entry.at).date()


def _reading(
    entries: Sequence[AccessEntry], person: Person | None, *, is_therapist: bool
) -> Reading:
    first, last = (f"{timezone.localtime(entries[i].at):%H:%M}" for i in (-1, 0))
    did = dict.fromkeys(_did(entry.action, entry.subject) for entry in reversed(entries))
    return Reading(
        who=person.name if person else _("Someone who has left the practice"),
        role=_role(person, is_therapist=is_therapist),
        did=tuple(did),
        at=first if first == last else f"{first}–{last}",
    )


def _role(person: Person | None, *, is_therapist: bool) -> str:
    if is_therapist:
        return _("your therapist")
    roles = getattr(person, "roles_held", ())
    for role, words in (
        ("supervisor", _("supervisor: helps your therapist do good work")),
        ("therapist", _("therapist at the practice")),
        ("administrator", _("looks after the practice’s system")),
    ):
        if role in roles:
            return words
    return ""


def thing_words(subject: str) -> str:
    """Return what a log entry is about, as the client calls it; empty when it has no name."""
    things = {
        "caseload": _("the list with your name on it"),
        "course": _("your course"),
        "course picture": _("the picture of your course, to keep or print"),
        "course together": _("your course, to look at it together with you"),
        "tablet": _("a form on their own device, for you to answer"),
        "imported scores": _("scores from earlier records"),
        "imported record": _("your record from an earlier practice"),
        "prepare": _("the page to prepare for your session"),
        "plan": _("your plan"),
        "plan together": _("your plan, with both of you at one screen"),
        "goal rating": _("a goal rating"),
        "plan rating": _("how the plan goes"),
        "task": _("what you try between sessions"),
        "tasks": _("what you try between sessions"),
        "difficult phase": _("if things have been harder lately"),
        "rupture": _("a strain between you and what helped"),
        "ruptures": _("strains between you and what helped"),
        "session": _("a session"),
        "sessions": _("your sessions"),
        "conversation": _("what is being talked about"),
        "conversations": _("what is being talked about"),
        "hard to say": _("something you found hard to say and let them see"),
        "personal link": _("your personal link"),
        "details": _("your name and contact details"),
        "way of working": _("the way you work together"),
        "check-in": _("a check-in"),
        "check-out": _("their own check-out"),
        "client": _("your name and contact details"),
        "scoreboard": _("figures of the whole practice, in which nobody can be made out"),
        "expected course": _("how therapy here often goes, for many people"),
        "drop-out model": _("how therapy here often ends, for many people"),
        "episode": _("your therapy here"),
        "ending": _("the ending of your therapy"),
        "looking back": _("how each of you looks back on your therapy"),
        "staying well": _("your sheet for staying well"),
        "follow-up": _("a few questions about how you are"),
        "follow-ups": _("when you are asked how you are after therapy"),
        "follow-up consent": _("whether you are asked how you are after therapy"),
        "exit": _("the one question when you left"),
        "wish": _("your wish to come back or to hear from somebody"),
        "consent": _("what you agreed to"),
        "reminders": _("when you are reminded"),
        "calendar": _("the times of your appointments"),
        "report": _("a report about your therapy"),
        "record": _("everything about you, as one file"),
        "erasure": _("your wish to have things deleted"),
        "emergency": _("a note that your record was opened in an emergency"),
        "contact request": _("the first message you wrote to us"),
        "whole record": _("your course, your plan and how to reach you"),
    }
    return things.get(subject, "")


def _did(action: str, subject: str) -> str:
    did = {
        "read": _("opened %(thing)s"),
        "emergency-read": _("opened in an emergency: %(thing)s"),
        "added": _("added: %(thing)s"),
        "changed": _("changed: %(thing)s"),
        "sent": _("sent: %(thing)s"),
        "withdrew": _("took back: %(thing)s"),
        "erased": _("deleted: %(thing)s"),
    }
    return did.get(action, _("opened %(thing)s")) % {
        "thing": thing_words(subject) or _("your record")
    }
