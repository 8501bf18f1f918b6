"""The client's own course as a picture and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.charts.course import (
    Attendance,
    CourseTable,
    GoalLine,
    SessionMark,
    ValuePoint,
    course_table,
    course_wording,
    picture_of,
)
from openalliance.charts.page import PageChart, course_on_page
from openalliance.core.course import Verdict
from openalliance.site.records.checkins.access import course_for
from openalliance.site.records.checkins.convert import settings_for
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.trust.actors import Actor

if TYPE_CHECKING:
    from openalliance.core.course import Change
    from openalliance.site.records.care.models import Episode, Session
    from openalliance.site.records.plans.access import PlanOnTable
    from openalliance.site.records.plans.models import GoalRating

_ATTENDANCE = {
    "attended": Attendance.ATTENDED,
    "cancelled": Attendance.CANCELLED,
    "no-show": Attendance.NO_SHOW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCourse:
    """The picture, its table, and one sentence that says the main thing."""

    chart: PageChart
    table: CourseTable
    sentence: str


def own_course(
    by: Actor,
    episode: Episode,
    sessions: Sequence[Session],
    on_table: PlanOnTable,
    ratings: Sequence[GoalRating],
) -> OwnCourse | None:
    """Return the course as far as the client may see it, or nothing before the first answers."""
    course = course_for(by, episode)
    if not course.outcome and not course.alliance:
        return None
    zone = ZoneInfo(episode.practice.time_zone)
    picture = picture_of(
        course,
        settings_for(episode),
        zone=zone,
        sessions=_marks(sessions, zone),
        goals=_goals(on_table, ratings, zone),
    )
    wording = course_wording(translation.get_language() or "en")
    return OwnCourse(
        chart=course_on_page(picture, wording),
        table=course_table(picture, wording),
        sentence=_sentence(course.change),
    )


def _marks(sessions: Sequence[Session], zone: ZoneInfo) -> list[SessionMark]:
    return [
        SessionMark(
            at=one.starts_at.astimezone(zone).replace(tzinfo=None),
            attendance=_ATTENDANCE[one.status],
            number=one.number,
        )
        for one in sessions
        if one.status in _ATTENDANCE
    ]


def _goals(on_table: PlanOnTable, ratings: Sequence[GoalRating], zone: ZoneInfo) -> list[GoalLine]:
    if on_table.agreed is None:
        return []
    return [
        GoalLine(
            words=goal.words,
            ratings=tuple(
                ValuePoint(at=one.at.astimezone(zone).replace(tzinfo=None), value=one.value)
                for one in ratings
                if one.goal_id == goal.id and one.rater == "client"
            ),
        )
        for goal in plan_of(on_table.agreed).goals
    ]


def _sentence(change: Change | None) -> str:
    if change is None:
        return _("After your second check-in you can see here how things change.")
    if change.verdict is Verdict.IMPROVED:
        return _("Since you began, things have got better: more than day-to-day ups and downs.")
    if change.verdict is Verdict.DETERIORATED:
        return _("Since you began, things have got harder. That is worth talking about together.")
    return _("So far the changes are no larger than ordinary ups and downs.")
