"""The report of one client's course: for their therapist, for the client, and for a file.

What is sealed from one side, what was hard to say and notes between the two are never in it: paper
is read by more people than a page. A rating stands here once both sides may see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from openalliance.site.records.checkins.access import course_for_both
from openalliance.site.records.conversations.access import topics_for
from openalliance.site.records.trust.actors import system
from openalliance.site.screens.answer_wording import answer_words
from openalliance.site.screens.reports import parts
from openalliance.site.screens.reports.document import made_at, speaking
from openalliance.site.screens.reports.ending import ending_sections
from openalliance.site.screens.reports.value import Grid, Method, Report, Section
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import method_name
from openalliance.site.screens.wording import Audience, signal_words

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.trust.actors import Actor


def course_report(by: Actor, episode: Episode, *, now: datetime, named: bool = True) -> Report:
    """Return the course of an episode that the actor was let see, for staff."""
    reader = Audience.THERAPIST
    with speaking("en", episode.practice):
        course = course_for_both(episode)
        picture, numbers = parts.pictures(by, episode, course, "en", reader)
        return Report(
            key="course",
            language="en",
            practice=episode.practice.name,
            title="The course of a therapy",
            lead=f"{capfirst(episode.modality_label)}, followed session by session.",
            about=parts.about(episode, reader, named=named),
            sections=(
                parts.change(course, episode, reader),
                picture,
                parts.together(course, episode, reader),
                _noticed(episode, now),
                parts.goals(episode, reader),
                parts.meetings(episode, now),
                numbers,
            ),
            made=made_at(now, episode.practice),
            is_demonstration=episode.practice.is_demonstration,
        )


def own_report(by: Actor, episode: Episode, *, now: datetime, language: str) -> Report:
    """Return a client’s own report in plain words: their course, and its ending if there is one."""
    reader = Audience.CLIENT
    with speaking(language, episode.practice):
        course = course_for_both(episode)
        picture, numbers = parts.pictures(by, episode, course, language, reader)
        return Report(
            key="mine",
            language=language,
            practice=episode.practice.name,
            title=_("My report"),
            lead=_("How things have gone for you, in words, in a picture and in numbers."),
            about=parts.about(episode, reader, named=True),
            sections=(
                parts.change(course, episode, reader),
                picture,
                parts.together(course, episode, reader),
                parts.goals(episode, reader),
                parts.meetings(episode, now),
                *ending_sections(by, episode, reader),
                numbers,
            ),
            made=made_at(now, episode.practice),
            is_demonstration=episode.practice.is_demonstration,
        )


def _noticed(episode: Episode, now: datetime) -> Section:
    """Return what was noticed and what became of it; what was hard to say is not read at all."""
    topics = topics_for(system(episode.practice_id), episode, now=now)
    rows = []
    for topic in reversed(topics):
        if topic.signal is None:
            continue
        words = signal_words(topic.signal, Audience.THERAPIST)
        rows.append(
            (
                parts.day(topic.at),
                words.title,
                words.how_sure or "a plain fact",
                method_name(topic.signal.method),
                _taken_up(topic.stage, answer_words(topic.answer)),
            )
        )
    if not rows:
        return Section(key="noticed", title="What was noticed", words=("Nothing so far.",))
    table = Table(
        caption="What was noticed, oldest first",
        headings=("When", "What", "How sure", "By which method", "What became of it"),
        rows=tuple(rows),
    )
    return Section(
        key="noticed", title="What was noticed",
        words=("Each is an offer to talk and never a verdict.",),
        grids=(Grid(table=table, method=Method.ALLIANCE),),
    )  # fmt: skip


def _taken_up(stage: str, answer: str) -> str:
    told = {"": "not yet taken up", "seen": "seen", "talked-about": "talked about",
            "changed": "talked about, and something was changed"}[stage]  # fmt: skip
    return f"{told}. {answer}".strip() if answer else told
