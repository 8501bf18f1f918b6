"""Tasks between sessions in words and as a picture, for both people. Nobody is scolded here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from openalliance.charts.course import course_wording
from openalliance.charts.lanes import Lane, LaneMark, Shape, lanes_chart
from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.theme import Theme
from openalliance.core.course.adherence import Obstacle, Outcome, Stretch
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.tables import Table
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.tasks.access import Adherence
    from openalliance.site.records.tasks.models import Task, TaskTelling

MOST_LANES = 8
"""Tasks drawn, the newest ones; the table has them all."""

MOST_SAID = 3
_SHAPES: Mapping[Outcome | None, Shape] = {
    Outcome.DONE: Shape.FULL,
    Outcome.CHANGED: Shape.OTHER,
    Outcome.PARTLY: Shape.HALF,
    Outcome.NOT: Shape.CROSS,
    None: Shape.EMPTY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPicture:
    """How tasks went: the picture, the same as a table, and in a sentence."""

    chart: PageChart
    table: Table
    words: str


def outcome_choices() -> tuple[tuple[str, str], ...]:
    """Return what may have become of a task, as one says it."""
    return (
        (Outcome.DONE, _("Done")),
        (Outcome.PARTLY, _("Partly")),
        (Outcome.NOT, _("Not this time")),
        (Outcome.CHANGED, _("In another way")),
    )


def outcome_words(outcome: Outcome | str | None) -> str:
    """Return what became of a task, in the midst of a sentence."""
    if not outcome:
        return _("nobody said")
    return {
        Outcome.DONE: _("done"),
        Outcome.CHANGED: _("done in another way"),
        Outcome.PARTLY: _("partly done"),
        Outcome.NOT: _("not this time"),
    }[Outcome(outcome)]


def obstacle_choices() -> tuple[tuple[str, str], ...]:
    """Return what may have been in the way."""
    return (
        (Obstacle.TIME, _("There was no time")),
        (Obstacle.FORGOT, _("I did not think of it")),
        (Obstacle.UNCLEAR, _("I was not sure how")),
        (Obstacle.TOO_MUCH, _("It was too big a step")),
        (Obstacle.FEELINGS, _("It stirred up a lot")),
        (Obstacle.NO_HELP, _("It did not seem to help")),
        (Obstacle.SOMETHING, _("Something else came up")),
    )


def obstacle_words(obstacles: Iterable[str]) -> tuple[str, ...]:
    """Return obstacles as they were told, in the client's words."""
    names = dict(obstacle_choices())
    return tuple(names[Obstacle(one)] for one in obstacles)


def obstacles_said(told: Iterable[TaskTelling]) -> str:
    """Return what was in the way most often; nothing while nobody said."""
    counts = Counter(words for one in told for words in obstacle_words(one.obstacles))
    return ", ".join(f"{words} ({n})" for words, n in counts.most_common(MOST_SAID))


def often_words(task: Task) -> str:
    """Return whether a task is done once or goes on."""
    return _("once") if task.once else _("from session to session")


def tasks_picture(
    found: Adherence, episode: Episode, audience: Audience, *, key: str = "tasks"
) -> TasksPicture | None:
    """Return how tasks have been going; nothing while nothing was told."""
    if not any(one.told for one in found.stretches):
        return None
    zone = ZoneInfo(episode.practice.time_zone)
    chart = _drawn_chart(found, zone, key)
    return TasksPicture(chart=chart, table=_table(found, zone), words=going_words(found, audience))


def going_words(found: Adherence, audience: Audience) -> str:
    """Return how it has been going lately: kindly for the client, with its figures otherwise."""
    if audience is Audience.CLIENT:
        return _for_client(found)
    known = [one.kept for one in found.stretches if one.kept is not None]
    if not known:
        return "Nothing has been told yet."
    trend = found.tendency
    if trend is None:
        return (
            f"Kept, of what was told: {_percent(sum(known) / len(known))} over"
            f" {len(known)} stretch{'es' if len(known) != 1 else ''} between sessions."
            " Too few yet to say whether it rises or falls."
        )
    words = (
        f"Kept, of what was told: {_percent(trend.recent)} in the last three stretches,"
        f" {_percent(trend.earlier)} before that."
    )
    if trend.falling:
        return (
            f"{words} That is less than before (probability {_percent(trend.fell)}). It may say"
            " more about the tasks than about your client: are they still the right ones, and"
            " small enough?"
        )
    return f"{words} No clear fall."


def _for_client(found: Adherence) -> str:
    known = [one.kept for one in found.stretches if one.kept is not None]
    if not known:
        return ""
    trend = found.tendency
    if trend is not None and trend.falling:
        return _(
            "Lately less of it fits into your days. That happens. Maybe the tasks need to change:"
            " you can talk about it when you meet."
        )
    share = trend.recent if trend else sum(known) / len(known)
    if share >= 0.8:
        return _("You did most of what you two agreed on.")
    if share >= 0.4:
        return _("You did a good part of what you two agreed on.")
    return _("Little of it fitted into your days. Maybe smaller steps, or other ones, fit better.")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _meaning() -> dict[Shape, str]:
    return {shape: outcome_words(outcome) for outcome, shape in _SHAPES.items()}


def _drawn_chart(found: Adherence, zone: ZoneInfo, key: str) -> PageChart:
    seen = {task for one in found.stretches for task in one.outcomes}
    tasks = [one for one in found.tasks if str(one.pk) in seen][-MOST_LANES:]
    lanes = [Lane(name=one.words, marks=_marks(one, found.stretches, zone)) for one in tasks]
    wording = course_wording(translation.get_language() or "en")
    return chart_on_page(
        lambda width: lanes_chart(lanes, _meaning(), wording, width=width, theme=Theme.PAGE),
        key=key,
        title=_("What became of the tasks"),
        description=_(
            "One line for each task, with a mark for each time between two sessions. The table"
            " below says the same."
        ),
        drawn=drawn,
    )


def _marks(task: Task, found: Sequence[Stretch], zone: ZoneInfo) -> tuple[LaneMark, ...]:
    identity = str(task.pk)
    return tuple(
        LaneMark(
            at=timezone.localtime(one.end, zone).replace(tzinfo=None),
            shape=_SHAPES[one.outcomes[identity]],
        )
        for one in found
        if identity in one.outcomes and not (one.running and one.outcomes[identity] is None)
    )


def _table(found: Adherence, zone: ZoneInfo) -> Table:
    words = {str(one.pk): one.words for one in found.tasks}
    return Table(
        caption=_("What became of the tasks"),
        headings=(_("Up to"), _("Task"), _("What became of it")),
        rows=tuple(
            (
                date_format(timezone.localtime(one.end, zone), "j M Y"),
                words[task],
                outcome_words(outcome),
            )
            for one in found.stretches
            for task, outcome in one.outcomes.items()
            if not (one.running and outcome is None)
        ),
    )
