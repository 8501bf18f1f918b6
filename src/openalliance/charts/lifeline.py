"""One person's episodes in one line: scores in their time, therapy as bands, follow-ups between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from openalliance.charts.theme import PALETTES, Theme, configuration
from openalliance.core.course.lifeline import Chapter, LifeLine

Specification = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_HEIGHT, _HEIGHT_NARROW = 240, 200
_NARROW_BELOW = 480
_MARGINS = 64
_DAYS_SHOWN_AS_YEARS = 731
_DAYS_SHOWN_AS_MONTHS = 92


def lifeline_chart(
    line: LifeLine,
    *,
    limits: tuple[float, float],
    title: str,
    zone: ZoneInfo,
    now: datetime,
    width: int = 960,
    theme: Theme = Theme.LIGHT,
    time_locale: Mapping[str, Any] | None = None,
) -> Specification:
    """Return scores over the years: filled within an episode, hollow after it.

    Parameters
    ----------
    line
        The episodes, joined.
    limits, title
        Ends and name of the scale.
    zone, now
        The practice's zone; the present, up to which a running episode reaches.
    width
        Of the whole picture in pixels.
    theme
        Colours.
    time_locale
        Names of the months in another language.
    """
    narrow = width < _NARROW_BELOW
    palette = PALETTES[theme]
    y = {
        "field": "value", "type": "quantitative", "title": None if narrow else title,
        "scale": {"domain": list(limits)}, "axis": {"tickCount": 5, "minExtent": 28},
    }  # fmt: skip
    x = {
        "field": "at", "type": "temporal", "title": None,
        "axis": {"grid": False, "labelOverlap": True, **_ticks(line, now, 4 if narrow else 8)},
    }  # fmt: skip
    inside = [_point(at, value, one, zone) for one in line.chapters for at, value in one.scores]
    after = [_point(at, value, one, zone) for one in line.chapters for at, value in one.after]
    bands = [
        {"from": _local(one.began, zone), "to": _local(one.ended or now, zone),
         "words": str(one.number)}
        for one in line.chapters
    ]  # fmt: skip
    mark = {"type": "point", "size": 32, "opacity": 1, "color": palette.outcome}
    return {
        "$schema": SCHEMA,
        "usermeta": {"margins": _MARGINS} | _in_language(time_locale),
        "padding": {"left": 4, "right": 12, "top": 12, "bottom": 4},
        "width": width - _MARGINS,
        "height": _HEIGHT_NARROW if narrow else _HEIGHT,
        "layer": [
            {
                "data": {"values": bands},
                "mark": {"type": "rect", "color": palette.expected, "opacity": 0.25},
                "encoding": {"x": x | {"field": "from"}, "x2": {"field": "to"}},
            },
            {
                "data": {"values": bands},
                "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 3, "dy": 2,
                         "color": palette.soft},
                "encoding": {"x": x | {"field": "from"}, "y": {"value": 0},
                             "text": {"field": "words"}},
            },
            {
                "data": {"values": inside},
                "mark": {"type": "line", "color": palette.outcome, "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "detail": {"field": "chapter"}},
            },
            {
                "data": {"values": inside},
                "mark": mark | {"filled": True},
                "encoding": {"x": x, "y": y},
            },
            *_rings(after, x, y, mark),
        ],
        "config": configuration(palette, plot_width=width - _MARGINS, text_size=13),
    }  # fmt: skip


def _in_language(time_locale: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"timeFormatLocale": dict(time_locale)} if time_locale else {}


def _rings(
    after: list[dict[str, Any]], x: Specification, y: Specification, mark: Specification
) -> list[Specification]:
    """Return the layer of follow-ups; without any it is left out, as it would have no name."""
    if not after:
        return []
    return [
        {
            "data": {"values": after},
            "mark": mark | {"filled": False, "size": 60, "strokeWidth": 2},
            "encoding": {"x": x, "y": y},
        }
    ]


def _ticks(line: LifeLine, now: datetime, at_most: int) -> dict[str, Any]:
    """Return where the axis is marked, so that no year, month or day stands there twice."""
    ends = [one.ended or now for one in line.chapters]
    ends += [at for one in line.chapters for at, _ in one.after]
    days = (max(ends) - line.chapters[0].began).days
    if days > _DAYS_SHOWN_AS_YEARS:
        step = ceil(days / 365.25 / at_most)
        return {"tickCount": {"interval": "year", "step": step}, "format": "%Y"}
    if days > _DAYS_SHOWN_AS_MONTHS:
        step = ceil(days / 30.4 / at_most)
        return {"tickCount": {"interval": "month", "step": step}, "format": "%b %Y"}
    if days > at_most:  # weeks are evenly apart; steps of days begin anew with each month
        step = ceil(days / 7 / at_most)
        return {"tickCount": {"interval": "week", "step": step}, "format": "%-d %b"}
    return {"tickCount": {"interval": "day", "step": 1}, "format": "%-d %b"}


def _point(at: datetime, value: float, one: Chapter, zone: ZoneInfo) -> dict[str, Any]:
    return {"at": _local(at, zone), "value": round(value, 2), "chapter": str(one.number)}


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()
