"""The panels of the course's picture. Each returns one Vega-Lite view without its width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from openalliance.charts.layers import (
    Specification,
    Style,
    end_labels,
    heading,
    layer,
    moment,
    panel,
    shape_mark,
)
from openalliance.charts.picture import (
    AlliancePoint,
    Attendance,
    CoursePicture,
    GoalLine,
    SessionMark,
    ValuePoint,
)
from openalliance.charts.theme import Palette
from openalliance.core.instruments import Better

_CROSS = "M-1,-1L1,1M1,-1L-1,1"


def outcome_panel(picture: CoursePicture, style: Style, height: int) -> Specification:
    """Outcome with measurement error, over the expected band and the reliable-change lines."""
    limits, colours, words = picture.outcome_range, style.palette, style.wording
    expected = _expected_shown(picture, style)
    layers = [
        *_expected_layers(expected, style),
        *_change_lines(picture, style),
    ]
    points = [_value_row(point) for point in picture.outcome]
    layers += [
        layer(
            points,
            {"type": "rule", "color": colours.outcome, "opacity": 0.45},
            error=True,
        ),
        layer(points, {"type": "line", "color": colours.outcome, "strokeWidth": 2.5}),
        layer(
            points,
            shape_mark("circle", colours.outcome, filled=True, ground=colours.ground),
        ),
    ]
    labels = []
    if picture.outcome:
        value = picture.outcome[-1].value
        labels.append((value, style.joined(words.now, value), colours.outcome, True))
    if expected:
        labels.append((expected[-1].value, words.expected, colours.soft, False))
    layers += end_labels(labels, height, limits, style)
    helps = [words.outcome_help[picture.better]]
    if expected:
        helps.append(words.expected_help)
    title = picture.outcome_title or words.outcome
    return panel(layers, heading(title, helps, style), height, limits, style)


def _expected_shown(picture: CoursePicture, style: Style) -> list[ValuePoint]:
    """Expectation within the days and the range shown; a clipped drawing would need ids."""
    low, high = picture.outcome_range

    def within(value: float) -> float:
        return min(max(value, low), high)

    return [
        ValuePoint(
            at=point.at,
            value=within(point.value),
            low=None if point.low is None else within(point.low),
            high=None if point.high is None else within(point.high),
        )
        for point in picture.expected
        if point.at <= style.days[1]
    ]


def _expected_layers(expected: Sequence[ValuePoint], style: Style) -> list[Specification]:
    rows = [_value_row(point) for point in expected]
    if not rows:
        return []
    colour = style.palette.expected
    line = {"type": "line", "color": colour, "strokeDash": [8, 4], "strokeWidth": 2}
    return [
        layer(rows, {"type": "area", "color": colour, "opacity": 0.22}, error=True),
        layer(rows, line),
    ]


_ROOM_FOR_A_NAME = 0.1
"""Share of the range that a limit keeps from its end when its name is to stand between them."""


def _change_lines(picture: CoursePicture, style: Style) -> list[Specification]:
    if not picture.reliable_change or not picture.outcome:
        return []
    start, words = picture.outcome[0].value, style.wording
    low, high = picture.outcome_range
    rises = picture.better is Better.HIGHER
    above, below = words.clearly_better, words.clearly_worse
    if not rises:
        above, below = below, above
    levels = (
        (start - picture.reliable_change, below, "top"),
        (start + picture.reliable_change, above, "bottom"),
    )
    room = (high - low) * _ROOM_FOR_A_NAME
    return [
        _change_line(level, name if low + room < level < high - room else "", side, style)
        for level, name, side in levels
        if low < level < high
    ]


def _change_line(level: float, name: str, side: str, style: Style) -> Specification:
    """Return a limit with its name on the side where a change is more than chance."""
    line = {
        "type": "rule",
        "color": style.palette.soft,
        "strokeDash": [1, 4],
        "strokeWidth": 1.5,
    }
    text = {
        "type": "text",
        "align": "left",
        "baseline": side,
        "dx": 2,
        "dy": 3 if side == "top" else -2,
        "color": style.palette.soft,
        "fontSize": style.text_size - 1,
    }
    return {
        "data": {"values": [{"value": level, "words": name}]},
        "layer": [
            {"mark": line, "encoding": {"x": None}},
            {"mark": text, "encoding": {"x": {"value": 0}, "text": {"field": "words"}}},
        ],
    }


def alliance_panel(picture: CoursePicture, style: Style, height: int) -> Specification:
    """Alliance of both raters: ratings, level with its error, ruptures and repairs."""
    limits, colours, words = picture.alliance_range, style.palette, style.wording
    layers = [
        *_rater_layers(picture.therapist, colours.therapist, "diamond", [6, 4], colours.ground),
        *_rater_layers(picture.client, colours.client, "circle", None, colours.ground),
    ]
    layers += _events((*picture.client, *picture.therapist), style)
    labels = [
        (points[-1].level, style.joined(name, points[-1].level), colour, True)
        for points, name, colour in (
            (picture.client, words.client, colours.client),
            (picture.therapist, words.therapist, colours.therapist),
        )
        if points
    ]
    layers += end_labels(labels, height, limits, style)
    helps = [words.alliance_help, f"{words.rupture}   {words.repair}"]
    return panel(layers, heading(words.alliance, helps, style), height, limits, style)


def _rater_layers(
    points: Sequence[AlliancePoint],
    colour: str,
    shape: str,
    dash: list[int] | None,
    ground: str,
) -> list[Specification]:
    if not points:
        return []
    rows = [
        {
            "at": moment(p.at),
            "value": p.level,
            "rating": p.rating,
            "low": p.low,
            "high": p.high,
        }
        for p in points
    ]
    line: Specification = {"type": "line", "color": colour, "strokeWidth": 2.5}
    if dash:
        line["strokeDash"] = dash
    rating = layer(rows, shape_mark(shape, colour, filled=dash is None, ground=ground))
    rating["encoding"] = {"y": {"field": "rating", "type": "quantitative"}}
    return [
        layer(rows, {"type": "area", "color": colour, "opacity": 0.13}, error=True),
        layer(rows, line),
        rating,
    ]


def _events(points: Iterable[AlliancePoint], style: Style) -> list[Specification]:
    ruptures, repairs = [], []
    for point in points:
        row = {"at": moment(point.at), "value": point.rating}
        if point.rupture:
            ruptures.append(row)
        if point.repaired:
            repairs.append(row)
    return [
        layer(
            rows,
            {
                "type": "point",
                "shape": shape,
                "size": 110,
                "filled": True,
                "opacity": 1,
                "color": colour,
                "yOffset": offset,
            },
        )
        for rows, shape, colour, offset in (
            (ruptures, "triangle-down", style.palette.rupture, 15),
            (repairs, "triangle-up", style.palette.repair, -15),
        )
        if rows
    ]


def sessions_panel(sessions: Sequence[SessionMark], style: Style) -> Specification:
    """Return the strip of sessions: attended, cancelled, no-show, and check-ins missed."""
    colours, words = style.palette, style.wording
    layers = []
    for attendance in Attendance:
        rows = [
            {"at": moment(s.at), "value": 1, "words": words.attendance[attendance]}
            for s in sessions
            if s.attendance is attendance
        ]
        if rows:
            layers.append(layer(rows, _session_mark(attendance, colours)))
    missed = [{"at": moment(s.at), "value": 0} for s in sessions if s.check_in_missed]
    helps = [words.sessions_help]
    if missed:
        layers.append(layer(missed, shape_mark("triangle-down", colours.missed, filled=False)))
        helps.append(words.missed_help)
    limits = (-0.6, 1.6) if missed else (0.2, 1.8)
    strip = panel(
        layers,
        heading(words.sessions, helps, style),
        44 if missed else 24,
        limits,
        style,
    )
    strip["encoding"]["y"]["axis"] |= {"labelOpacity": 0, "labelExpr": "'10'", "grid": False}
    return strip


def _session_mark(attendance: Attendance, colours: Palette) -> Specification:
    if attendance is Attendance.NO_SHOW:
        mark = shape_mark(_CROSS, colours.rupture, filled=False)
        return mark | {"strokeWidth": 2.5, "fill": None, "size": 110}
    return shape_mark("circle", colours.ink, filled=attendance is Attendance.ATTENDED)


def goal_panel(goal: GoalLine, style: Style) -> Specification:
    """Return one goal's ratings, small."""
    colours, words = style.palette, style.wording
    rows = [_value_row(rating) for rating in goal.ratings]
    layers = [
        layer(rows, {"type": "line", "color": colours.goal, "strokeWidth": 2}),
        layer(rows, shape_mark("square", colours.goal, filled=True) | {"size": 36}),
    ]
    limits = (0.0, 10.0)
    if goal.ratings:
        value = goal.ratings[-1].value
        label = (value, style.joined(words.now, value), colours.goal, True)
        layers += end_labels([label], 44, limits, style)
    title = heading(
        textwrap.shorten(goal.words, 2 * style.line_length, placeholder=" …"), (), style
    )
    small = panel(layers, title, 44, limits, style)
    small["encoding"]["y"]["axis"]["values"] = [0, 10]
    return small


def _value_row(point: ValuePoint) -> dict[str, Any]:
    low = point.value if point.low is None else point.low
    high = point.value if point.high is None else point.high
    return {"at": moment(point.at), "value": point.value, "low": low, "high": high}
