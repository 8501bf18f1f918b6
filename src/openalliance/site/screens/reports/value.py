"""A report as one plain value: what is in it, in which words, and by which method.

Everything that is shown stands here in the reader's language, so that a page, a file and a sheet
of paper say the same. Charts are drawn in black and grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from openalliance.charts.page import PageChart
    from openalliance.site.screens.tables import Table

_SMALL = 14
"""Rows of a table that is not parted between two pages."""


class Method(StrEnum):
    """A page that explains how a number is worked out; the value is the page's name."""

    ALLIANCE = "alliance"
    CHANGE = "change"
    COURSE = "course"
    DYAD = "dyad"
    KNOWN = "known"
    MAINTENANCE = "maintenance"
    PLAN = "plan"
    REPAIR = "repair"
    SCOREBOARD = "scoreboard"
    YEAR = "year"

    @property
    def page(self) -> str:
        """Return where the page stands in the documentation."""
        return f"docs/explanation/{self.value}.md"

    @property
    def label(self) -> str:
        """Return the short name by which a number names its page."""
        return {
            Method.ALLIANCE: _("working together"),
            Method.CHANGE: _("change"),
            Method.COURSE: _("course"),
            Method.DYAD: _("two views"),
            Method.KNOWN: _("what is known"),
            Method.MAINTENANCE: _("what lasts"),
            Method.PLAN: _("plan"),
            Method.REPAIR: _("repair"),
            Method.SCOREBOARD: _("how often right"),
            Method.YEAR: _("a year"),
        }[self]

    @property
    def does(self) -> str:
        """Return in one sentence what the page explains."""
        return {
            Method.ALLIANCE: _("How scores for the shared work are read over time."),
            Method.CHANGE: _("When a change is more than the ups and downs of answering."),
            Method.COURSE: _("How the course of a therapy is drawn, and what is expected of it."),
            Method.DYAD: _("How the ratings of both sides are set beside each other."),
            Method.KNOWN: _("What is published, beside what is true in this practice."),
            Method.MAINTENANCE: _("What is kept after the ending, and what silence may hide."),
            Method.PLAN: _("How goals are set and rated."),
            Method.REPAIR: _("How often a hard time between the two was put right."),
            Method.SCOREBOARD: _("How often a notice turned out to be right in this practice."),
            Method.YEAR: _("What is counted in a year of work, and what is hidden."),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with what it is of."""

    label: str
    value: str
    note: str = ""
    method: Method | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table and the method behind its numbers."""

    table: Table
    method: Method | None = None

    @property
    def is_small(self) -> bool:
        """Whether it is kept together on paper."""
        return len(self.table.rows) <= _SMALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Somebody's own words under a heading."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report; what is empty is left out."""

    key: str
    title: str
    words: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    chart: PageChart | None = None
    grids: tuple[Grid, ...] = ()
    quotes: tuple[Quote, ...] = ()
    small: tuple[str, ...] = ()
    method: Method | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.figures or self.chart or self.grids or self.quotes)

    @property
    def methods(self) -> tuple[Method, ...]:
        """Return the methods that this part names."""
        named = (self.method, *(one.method for one in self.figures),
                 *(one.method for one in self.grids))  # fmt: skip
        return tuple(one for one in named if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report.

    Parameters
    ----------
    key
        The kind of report, by which its file is called.
    about
        Whom and what it is about: labels and words.
    made
        When it was made, with the time zone.
    """

    key: str
    language: str
    practice: str
    title: str
    lead: str
    about: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    made: str
    is_demonstration: bool

    @property
    def parts(self) -> tuple[Section, ...]:
        """Return the parts that say something."""
        return tuple(one for one in self.sections if not one.is_empty)

    @property
    def methods(self) -> tuple[Method, ...]:
        """Return every method that a number names, once, in order of its first use."""
        return tuple(dict.fromkeys(one for part in self.parts for one in part.methods))
