"""The report of an ending: what changed, what helped, what is kept, and how to stay well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from openalliance.site.records.checkins.access import course_for_both
from openalliance.site.records.endings.access import (
    ending_of,
    follow_ups_of,
    leaving_in,
    staying_well_of,
)
from openalliance.site.records.plans.access import standing_of_episode
from openalliance.site.records.trust.actors import ActorKind
from openalliance.site.screens.ending_words import (
    LookedBack,
    leaving_words,
    looked_back,
    months_words,
    sheet_parts,
)
from openalliance.site.screens.life_page import kept_words
from openalliance.site.screens.reports import parts
from openalliance.site.screens.reports.document import made_at, speaking
from openalliance.site.screens.reports.value import Figure, Grid, Method, Quote, Report, Section
from openalliance.site.screens.tables import Table
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.trust.actors import Actor


def ending_report(by: Actor, episode: Episode, *, now: datetime, named: bool = True) -> Report:
    """Return the ending of an episode that the actor was let see, for staff."""
    reader = Audience.THERAPIST
    with speaking("en", episode.practice):
        course = course_for_both(episode)
        picture, _numbers = parts.pictures(by, episode, course, "en", reader)
        return Report(
            key="ending",
            language="en",
            practice=episode.practice.name,
            title="The ending of a therapy",
            lead=_how(episode),
            about=parts.about(episode, reader, named=named),
            sections=(
                parts.change(course, episode, reader),
                parts.goals(episode, reader),
                _attainment(episode),
                *ending_sections(by, episode, reader),
                _left(by, episode),
                _after(by, episode, now),
                parts.meetings(episode, now),
                picture,
            ),
            made=made_at(now, episode.practice),
            is_demonstration=episode.practice.is_demonstration,
        )


def ending_sections(by: Actor, episode: Episode, reader: Audience) -> tuple[Section, ...]:
    """Return what each side wrote at the end, once both may see it, and the sheet for after."""
    so_far = ending_of(by, episode)
    own, other = looked_back(so_far.own), looked_back(so_far.other)
    client, therapist = (other, own) if by.kind is ActorKind.STAFF else (own, other)
    names = {
        Audience.CLIENT: (_("Looking back: you"), _("Looking back: your therapist")),
        Audience.THERAPIST: ("Looking back: the client", "Looking back: the therapist"),
    }[reader]
    return (
        _looked(client, key="client-looks-back", title=names[0]),
        _looked(therapist, key="therapist-looks-back", title=names[1]),
        _sheet(by, episode),
    )


def _how(episode: Episode) -> str:
    if episode.ended_at is None:
        return "The therapy still runs; this is how its ending is being prepared."
    return f"Ended: {episode.get_ending_display()}."


def _looked(found: LookedBack | None, *, key: str, title: str) -> Section:
    if found is None:
        return Section(key=key, title=title)
    quotes = tuple(Quote(title=question, lines=(words,)) for question, words in found.answers)
    feels = (_("Is this a good place to end? %s.") % found.feels,) if found.feels else ()
    return Section(key=key, title=title, words=feels, quotes=quotes)


def _sheet(by: Actor, episode: Episode) -> Section:
    filled = (one for one in sheet_parts(staying_well_of(by, episode)) if one.lines)
    quotes = tuple(Quote(title=one.title, lines=one.lines) for one in filled)
    return Section(key="staying-well", title=_("Staying well"), quotes=quotes)


def _attainment(episode: Episode) -> Section:
    standing = standing_of_episode(episode)
    names = {"client": "As the client sees it", "therapist": "As the therapist sees it"}
    figures = tuple(
        Figure(label=names[rater], value=f"{score:.0f}", method=Method.PLAN,
               note="50 is what was expected; 10 are one standard deviation")
        for rater, score in (standing.attainment if standing else {}).items()
    )  # fmt: skip
    return Section(key="attainment", title="Goal attainment (T score)", figures=figures)


def _left(by: Actor, episode: Episode) -> Section:
    if episode.ended_at is None:
        return Section(key="left", title="How they left")
    return Section(
        key="left", title="How they left", words=(leaving_words(leaving_in(by, episode)),),
        method=Method.MAINTENANCE,
    )  # fmt: skip


def _after(by: Actor, episode: Episode, now: datetime) -> Section:
    asked = follow_ups_of(by, episode)
    kept = kept_words(episode, now=now, for_client=False)
    rows = tuple((f"after {months_words(one.months)}", parts.day(one.due_at),
                  _state(one.form is not None and one.form.submitted_at is not None,
                         one.asked_at is not None)) for one in asked)  # fmt: skip
    table = Table(caption="Follow-ups", headings=("Which", "Due", "Answered"), rows=rows)
    return Section(
        key="after", title="After the ending", words=(kept,) if kept else (),
        grids=(Grid(table=table, method=Method.MAINTENANCE),) if rows else (),
    )  # fmt: skip


def _state(answered: bool, asked: bool) -> str:
    if answered:
        return "answered"
    return "asked, not answered" if asked else "not yet asked"
