"""A chart for a page: drawn by the server in two widths, and data for a livelier drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openalliance.charts.course import CoursePicture, course_chart
from openalliance.charts.render import to_svg
from openalliance.charts.theme import Theme
from openalliance.charts.wording import CourseWording

WIDE, NARROW = 960, 304


class Drawing(str):
    """SVG made by our own engine: safe to stand in a page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChart:
    """What ``ui/components/chart.html`` needs."""

    key: str
    title: str
    description: str
    wide: Drawing
    narrow: Drawing
    specification: Mapping[str, Any]


def course_on_page(
    picture: CoursePicture,
    wording: CourseWording,
    *,
    key: str = "course",
    drawn: Callable[[Mapping[str, Any]], str] = to_svg,
) -> PageChart:
    """Return a course's chart for a page.

    Parameters
    ----------
    picture, wording
        What to draw, and the words.
    key
        Identifies the chart within the page.
    drawn
        Draws a specification as SVG; pass a function that remembers drawings by `content_key`.
    """
    return chart_on_page(
        lambda width: course_chart(picture, wording, width=width, theme=Theme.PAGE),
        key=key,
        title=wording.title,
        description=wording.description,
        drawn=drawn,
    )


def chart_on_page(
    chart: Callable[[int], Mapping[str, Any]],
    *,
    key: str,
    title: str,
    description: str,
    drawn: Callable[[Mapping[str, Any]], str] = to_svg,
) -> PageChart:
    """Return any chart for a page: ``chart`` gives its specification for a width in pixels."""
    wide, narrow = chart(WIDE), chart(NARROW)
    return PageChart(
        key=key,
        title=title,
        description=description,
        wide=Drawing(drawn(wide)),
        narrow=Drawing(drawn(narrow)),
        specification={"wide": wide, "narrow": narrow},
    )
