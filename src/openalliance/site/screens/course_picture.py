"""One episode as the picture of its whole course: for every screen that shows one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation

from openalliance.charts.course import (
    Attendance,
    CoursePicture,
    CourseTable,
    GoalLine,
    SessionMark,
    ValuePoint,
    course_table,
    course_wording,
    picture_of,
)
from openalliance.charts.own_wording import own_course_wording
from openalliance.charts.page import PageChart, course_on_page
from openalliance.charts.render import to_svg
from openalliance.core.course import Course
from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.checkins.access import forms_of_episode
from openalliance.site.records.checkins.convert import CALLED_OFF, OWN_OUTCOME, working_settings
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.records.plans.access import plan_of_episode, progress_of
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.trust.actors import Actor
from openalliance.site.screens.course_wording import ChangeWords, change_words
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.checkins.models import AskedForm

_ATTENDANCE = {one.value: one for one in Attendance}


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseOnPage:
    """The chart of a course and the same content as a table."""

    chart: PageChart
    table: CourseTable


def picture_for(by: Actor, episode: Episode, course: Course) -> CoursePicture:
    """Return the picture of an episode that `episode_for` let the actor see.

    The course already holds what is expected; of the settings only the ranges are drawn.
    """
    zone = ZoneInfo(episode.practice.time_zone)
    missed = _missed_check_ins(forms_of_episode(by, episode))
    return picture_of(
        course,
        working_settings(episode.outcome_instrument, episode.outcome_scale),
        zone=zone,
        outcome_title=outcome_title(episode),
        sessions=_marks(sessions_of(episode), missed, zone),
        goals=_goals(episode, zone),
    )


def outcome_title(episode: Episode) -> str:
    """Return the name of a published outcome measure; nothing for our own, which needs none."""
    key, scale = episode.outcome_instrument, episode.outcome_scale
    if (key, scale) == OWN_OUTCOME:
        return ""
    language = translation.get_language() or "en"
    return words_in(instrument(key).scale(scale).title, language) or key


def change_of(course: Course, episode: Episode, audience: Audience) -> ChangeWords | None:
    """Return the change of an episode in words; nothing while there is none."""
    if course.change is None:
        return None
    measured = instrument(episode.outcome_instrument).validated
    return change_words(course.change, audience, measured=measured)


def course_on(
    picture: CoursePicture, *, language: str, audience: Audience = Audience.THERAPIST
) -> CourseOnPage | None:
    """Return chart and table for a page; nothing while there is nothing to draw."""
    if not picture.seen():
        return None
    words = own_course_wording if audience is Audience.CLIENT else course_wording
    wording = words(language)
    return CourseOnPage(
        chart=course_on_page(picture, wording, drawn=_drawn),
        table=course_table(picture, wording),
    )


def _missed_check_ins(forms: Iterable[AskedForm]) -> set[object]:
    return {form.session_id for form in forms if form.moment == "check-in" and form.missed_at}


def _marks(
    sessions: Iterable[Session], missed: set[object], zone: ZoneInfo
) -> tuple[SessionMark, ...]:
    return tuple(
        SessionMark(
            at=timezone.localtime(session.starts_at, zone).replace(tzinfo=None),
            attendance=_ATTENDANCE[session.status],
            number=session.number,
            check_in_missed=session.pk in missed and session.status not in CALLED_OFF,
        )
        for session in sessions
        if session.status in _ATTENDANCE
    )


def _goals(episode: Episode, zone: ZoneInfo) -> tuple[GoalLine, ...]:
    """Return each goal with the client's ratings, or the therapist's while there are none."""
    agreed = plan_of_episode(episode).agreed
    if agreed is None:
        return ()
    found: dict[tuple[str, str], list[ValuePoint]] = {}
    for rating in progress_of(episode):
        at = timezone.localtime(rating.at, zone).replace(tzinfo=None)
        point = ValuePoint(at=at, value=float(rating.value))
        found.setdefault((rating.part, rating.rater), []).append(point)
    return tuple(
        GoalLine(
            words=goal.words,
            ratings=tuple(
                found.get((goal.id, "client")) or found.get((goal.id, "therapist")) or ()
            ),
        )
        for goal in plan_of(agreed).goals
    )


def _drawn(specification: Mapping[str, Any]) -> str:
    return _remembered(json.dumps(specification, sort_keys=True))


@lru_cache(maxsize=128)
def _remembered(specification: str) -> str:
    """Draw once what is looked at again; kept in memory only, for goals are private words."""
    return to_svg(json.loads(specification))
