"""Parts that several reports about one client have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from openalliance.charts.course import course_chart, course_table, course_wording
from openalliance.charts.own_wording import own_course_wording
from openalliance.charts.page import chart_on_page
from openalliance.charts.theme import Theme
from openalliance.site.records.care.access import sessions_of
from openalliance.site.records.checkins.convert import settings_for
from openalliance.site.records.plans.access import plan_of_episode, progress_of
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.screens.course_picture import change_of, outcome_title, picture_for
from openalliance.site.screens.course_wording import gap_words
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.reports.value import Figure, Grid, Method, Section
from openalliance.site.screens.tables import Table
from openalliance.site.screens.wording import Audience, number

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.core.course import Course
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.trust.actors import Actor

PAPER_WIDTH, PHONE_WIDTH = 680, 330


def day(at: datetime) -> str:
    """Return a day such as “3 March 2026”."""
    return formats.date_format(timezone.localtime(at), pgettext("date format", "j F Y"))


def sides(audience: Audience) -> tuple[str, str]:
    """Return what the two are called: client and therapist."""
    if audience is Audience.CLIENT:
        return _("You"), _("Your therapist")
    return "Client", "Therapist"


def about(episode: Episode, audience: Audience, *, named: bool) -> tuple[tuple[str, str], ...]:
    """Return whom a report is about; without ``named`` the client is a code."""
    client, therapist = sides(audience)
    until = day(episode.ended_at) if episode.ended_at else _("still running")
    return (
        (client, episode.client.name if named else episode.client.code),
        (therapist, episode.therapist.name),
        (_("Begun"), day(episode.started_at)),
        (_("Ended"), until),
    )


def change(course: Course, episode: Episode, audience: Audience) -> Section:
    """Return how the outcome has changed since the first answer."""
    found = change_of(course, episode, audience)
    title = outcome_title(episode) or _("How life has been")
    if found is None:
        words: tuple[str, ...] = (_("There are not two answers yet, so no change can be told."),)
        return Section(key="change", title=title, words=words)
    figures = tuple(
        Figure(label=label, value=value, note=note, method=Method.CHANGE)
        for label, value, note in found.figures
    )
    return Section(
        key="change",
        title=title,
        words=(f"{found.title}. {found.words}",),
        figures=figures,
        small=(found.caution,) if found.caution else (),
    )


def together(course: Course, episode: Episode, audience: Audience) -> Section:
    """Return how both sides last rated their work together."""
    gap = gap_words(course, settings_for(episode), audience)
    if gap is None:
        return Section(key="together", title=_("Working together"))
    return Section(
        key="together", title=_("Working together"), words=(f"{gap.title}. {gap.words}",),
        small=(gap.why,), method=Method.DYAD,
    )  # fmt: skip


def pictures(
    by: Actor, episode: Episode, course: Course, language: str, audience: Audience
) -> tuple[Section, Section]:
    """Return the course as a picture, and the same as a table for the end of the report."""
    picture = picture_for(by, episode, course)
    heading, behind = _("The whole course"), _("The numbers behind the picture")
    if not picture.seen():
        return Section(key="course", title=heading), Section(key="numbers", title=behind)
    words = (own_course_wording if audience is Audience.CLIENT else course_wording)(language)

    def drawing(width: int) -> dict[str, Any]:
        size = PAPER_WIDTH if width > PAPER_WIDTH else PHONE_WIDTH
        chart = course_chart(picture, words, width=size, theme=Theme.PAPER)
        # Letters on paper may run wider than where they were measured.
        return {**chart, "padding": {**chart["padding"], "right": 26}}

    chart = chart_on_page(
        drawing, key="course-picture", title=words.title, description=words.description,
        drawn=drawn,
    )  # fmt: skip
    found = course_table(picture, words)
    filled = [
        place for place in range(len(found.headings))
        if place == 0 or any(row[place] for row in found.rows)
    ]  # fmt: skip
    table = Table(
        caption=_("Day by day"),
        headings=tuple(found.headings[place] for place in filled),
        rows=tuple(tuple(row[place] for place in filled) for row in found.rows),
    )
    return (
        Section(key="course", title=heading, chart=chart, method=Method.COURSE),
        Section(key="numbers", title=behind, grids=(Grid(table=table, method=Method.COURSE),)),
    )


def goals(episode: Episode, audience: Audience) -> Section:
    """Return each goal with the first and the latest rating of both sides."""
    agreed = plan_of_episode(episode).agreed
    title = _("Goals")
    if agreed is None:
        return Section(key="goals", title=title)
    held: dict[tuple[str, str], list[float]] = {}
    for one in progress_of(episode):
        held.setdefault((one.part, one.rater), []).append(float(one.value))
    rows = tuple(
        (goal.words, _span(held.get((goal.id, "client"))), _span(held.get((goal.id, "therapist"))))
        for goal in plan_of(agreed).goals
    )
    table = Table(
        caption=_("How far each goal is reached, from 0 to 10: first rating and latest"),
        headings=(_("Goal"), *sides(audience)), rows=rows,
    )  # fmt: skip
    return Section(key="goals", title=title, grids=(Grid(table=table, method=Method.PLAN),))


def meetings(episode: Episode, at: datetime) -> Section:
    """Return how many sessions took place, were called off, or did not take place."""
    past = [one for one in sessions_of(episode) if one.starts_at <= at]
    counted = Counter(one.status for one in past)
    names = {
        "attended": _("took place"),
        "cancelled": _("called off"),
        "no-show": _("did not take place"),
        "planned": _("not yet noted"),
    }
    figures = tuple(
        Figure(label=label, value=str(counted[status]), method=Method.COURSE)
        for status, label in names.items()
        if counted[status]
    )
    return Section(key="sessions", title=_("Sessions so far"), figures=figures)


def _span(values: list[float] | None) -> str:
    if not values:
        return "–"
    if len(values) == 1:
        return number(values[0])
    return f"{number(values[0])} → {number(values[-1])}"
