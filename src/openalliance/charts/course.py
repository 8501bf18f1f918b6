"""The one picture of a whole course, as a specification and as a table.

Outcome, alliance, sessions and goals stand under one another over the same days, so that two
people at one screen can run a finger down any day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from openalliance.charts.layers import Style
from openalliance.charts.panels import (
    alliance_panel,
    goal_panel,
    outcome_panel,
    sessions_panel,
)
from openalliance.charts.picture import (
    AlliancePoint,
    Attendance,
    CoursePicture,
    GoalLine,
    SessionMark,
    ValuePoint,
    picture_of,
)
from openalliance.charts.theme import PALETTES, Theme, configuration
from openalliance.charts.wording import CourseWording, course_wording

__all__ = [
    "AlliancePoint",
    "Attendance",
    "CoursePicture",
    "CourseTable",
    "CourseWording",
    "GoalLine",
    "SessionMark",
    "ValuePoint",
    "course_chart",
    "course_table",
    "course_wording",
    "picture_of",
]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
NARROW_BELOW = 600
_AXIS_WIDTH = 24
_LABEL_ROOM = {True: 80, False: 118}
_WEEK = timedelta(weeks=1)
_SOME_DAY = datetime.fromisoformat("2000-01-01T00:00")
_NO_DAYS = (_SOME_DAY, _SOME_DAY + timedelta(weeks=4))


def course_chart(
    picture: CoursePicture,
    wording: CourseWording,
    *,
    width: int = 960,
    theme: Theme = Theme.LIGHT,
) -> dict[str, Any]:
    """Return the Vega-Lite specification of a course.

    Parameters
    ----------
    picture
        What to draw.
    wording
        All words, see `course_wording`.
    width
        Width of the whole picture in pixels; below 600 the panels become higher and the text
        shorter.
    theme
        Colours; ``PAGE`` leaves them to the page's style sheet.

    Returns
    -------
    dict
        ``usermeta.margins`` is the width outside the plotting area.
    """
    narrow = width < NARROW_BELOW
    margins = _AXIS_WIDTH + _LABEL_ROOM[narrow]
    style = Style(
        palette=PALETTES[theme],
        wording=wording,
        days=_days(picture),
        text_size=12 if narrow else 13,
        line_length=max(20, (width - 24) // 7),
        axis_width=_AXIS_WIDTH,
        narrow=narrow,
    )
    config = configuration(
        style.palette, plot_width=max(120, width - margins), text_size=style.text_size
    )
    meta: dict[str, Any] = {"margins": margins}
    if wording.time_locale:
        meta["timeFormatLocale"] = dict(wording.time_locale)
    return {
        "$schema": SCHEMA,
        "description": wording.description,
        "usermeta": meta,
        "spacing": 18,
        "padding": {"left": 2, "right": 2, "top": 4, "bottom": 4},
        "resolve": {"scale": {"y": "independent"}},
        "config": config,
        "vconcat": _panels(picture, style),
    }


def _panels(picture: CoursePicture, style: Style) -> list[dict[str, Any]]:
    height = 150 if style.narrow else 190
    panels: list[dict[str, Any]] = []
    if picture.outcome or picture.expected:
        panels.append(outcome_panel(picture, style, height))
    if picture.client or picture.therapist:
        panels.append(alliance_panel(picture, style, height))
    if picture.sessions:
        panels.append(sessions_panel(picture.sessions, style))
    panels += [goal_panel(goal, style) for goal in picture.goals if goal.ratings]
    panels = panels or [outcome_panel(picture, style, height)]
    for place, panel in enumerate(panels):
        dated = panel["height"] >= height or place == len(panels) - 1
        panel["encoding"]["x"]["axis"]["labels"] = dated
    return panels


def _days(picture: CoursePicture) -> tuple[datetime, datetime]:
    times, seen = picture.times(), picture.seen()
    if not times:
        return _NO_DAYS
    # An expected course may run on for years; the picture ends soon after what was seen.
    end = max(seen) + _WEEK if seen else max(times)
    first, last = min(times), min(max(times), end)
    room = max((last - first) * 0.03, timedelta(days=2))
    return first - room, last + room


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseTable:
    """The picture's content for those who read rather than look; one row per day."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def course_table(picture: CoursePicture, wording: CourseWording) -> CourseTable:
    """Return the same content as the picture, one row per day, oldest first."""
    goals = [goal for goal in picture.goals if goal.ratings]
    headings = (
        wording.date,
        wording.session,
        picture.outcome_title or wording.outcome,
        wording.expected.capitalize(),
        f"{wording.alliance}: {wording.client}",
        f"{wording.alliance}: {wording.therapist}",
        *(goal.words for goal in goals),
        wording.noted,
    )
    columns = (
        {s.at.date(): _session_words(s, wording) for s in picture.sessions},
        {p.at.date(): _with_interval(p, wording) for p in picture.outcome},
        _expected_on(picture, wording),
        {p.at.date(): wording.number(p.rating) for p in picture.client},
        {p.at.date(): wording.number(p.rating) for p in picture.therapist},
        *({r.at.date(): wording.number(r.value) for r in goal.ratings} for goal in goals),
        _noted(picture, wording),
    )
    days = sorted({day for column in columns for day in column})
    rows = tuple(
        (_date_words(day, wording), *(column.get(day, "") for column in columns)) for day in days
    )
    return CourseTable(headings=headings, rows=rows)


def _date_words(day: date, wording: CourseWording) -> str:
    return f"{day.day} {wording.months[day.month - 1]} {day.year}"


def _session_words(mark: SessionMark, wording: CourseWording) -> str:
    words = wording.attendance[mark.attendance]
    return f"{mark.number}, {words}" if mark.number is not None else words


def _with_interval(point: ValuePoint, wording: CourseWording) -> str:
    value = wording.number(point.value)
    if point.low is None or point.high is None:
        return value
    return f"{value} ({wording.number(point.low)}–{wording.number(point.high)})"


def _expected_on(picture: CoursePicture, wording: CourseWording) -> dict[date, str]:
    """Expected values on the days an outcome was measured: the last known by then."""
    found = {}
    for point in picture.outcome:
        known = [e for e in picture.expected if e.at <= point.at]
        if known:
            found[point.at.date()] = _with_interval(known[-1], wording)
    return found


def _noted(picture: CoursePicture, wording: CourseWording) -> dict[date, str]:
    noted: dict[date, list[str]] = {}
    for at, words in _notes(picture, wording):
        noted.setdefault(at.date(), []).append(words)
    return {day: "; ".join(words) for day, words in noted.items()}


def _notes(picture: CoursePicture, wording: CourseWording) -> Iterator[tuple[datetime, str]]:
    for points, name in (
        (picture.client, wording.client),
        (picture.therapist, wording.therapist),
    ):
        for point in points:
            if point.rupture:
                yield point.at, f"{wording.rupture[2:]} ({name})"
            if point.repaired:
                yield point.at, f"{wording.repair[2:]} ({name})"
    for mark in picture.sessions:
        if mark.check_in_missed:
            yield mark.at, wording.check_in_missed
