"""The years in one line: every episode of a client, what changed in each and after it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from openalliance.charts.lifeline import lifeline_chart
from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.render import to_svg
from openalliance.charts.theme import Theme
from openalliance.charts.wording import course_wording
from openalliance.core.course.after import Rule, fate_of
from openalliance.core.course.lifeline import Chapter, Direction, LifeLine, life_line
from openalliance.core.course.maintenance.fate import Fate
from openalliance.site.records.endings.figures import (
    departed_in,
    life_of,
    rule,
)
from openalliance.site.screens.ending_words import day_of, months_words
from openalliance.site.screens.tables import Table

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.trust.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePage:
    """The line as a picture and a table, and the main thing in words."""

    sentence: str
    chart: PageChart | None
    table: Table


def life_page(by: Actor, episode: Episode, *, now: datetime) -> LifePage:
    """Return the years of the client of an episode that the actor was let see."""
    held, how = life_of(by, episode.client_id), rule()
    line = life_line([one.stretch for one in held], how, now=now)
    rows = tuple(
        _row(chapter, one.episode) for chapter, one in zip(line.chapters, held, strict=True)
    )
    title = _("How life has been")
    table = Table(
        caption=_("Therapy by therapy"),
        headings=(_("Therapy"), _("With"), _("During it"), _("After it")),
        rows=rows,
    )
    return LifePage(
        sentence=_sentence(line.returns, len(held)),
        chart=_chart(line, how, title, ZoneInfo(episode.practice.time_zone), now, rows),
        table=table,
    )


def kept_words(episode: Episode, *, now: datetime, for_client: bool) -> str:
    """Return what one client has kept since an ending; nothing while there is nothing to say."""
    departed = departed_in(episode, now=now)
    if departed is None:
        return ""
    fate = fate_of(departed, rule()).fate
    if for_client:
        return {
            Fate.KEPT: _("Since your therapy ended things have stayed as they were."),
            Fate.GROWN: _("Since your therapy ended things have got better still."),
            Fate.LOST: _("It has got harder since your therapy ended. You can come back."),
            Fate.UNKNOWN: "",
        }[fate]
    return {
        Fate.KEPT: "Kept: the newest follow-up is no further from the ending than error alone.",
        Fate.GROWN: "Grown: the newest follow-up is reliably better than the ending.",
        Fate.LOST: "Lost: the newest follow-up is reliably worse than the ending.",
        Fate.UNKNOWN: "Not known: no follow-up has been answered. Silence is no good news and no"
        " bad news.",
    }[fate]


def _sentence(returns: int, episodes: int) -> str:
    if episodes == 1:
        return _("One therapy so far. If there are more, they stand beside it in one line.")
    if returns:
        return _("Coming back is part of the way, not a step back.")
    return _("Each therapy carried on the one before.")


def _row(chapter: Chapter, episode: Episode) -> tuple[str, ...]:
    until = day_of(chapter.ended) if chapter.ended else _("now")
    free = ""
    if chapter.months_free is not None and chapter.months_free >= 1.0:
        free = _("%(length)s without therapy") % {
            "length": months_words(round(chapter.months_free))
        }
    since = _direction(chapter.since)
    return (
        f"{chapter.number}: {day_of(chapter.began)} – {until}",
        episode.therapist.name,
        _direction(chapter.during) or "–",
        ", ".join(words for words in (free, since) if words) or "–",
    )


def _direction(found: Direction) -> str:
    return {
        Direction.BETTER: _("clearly better"),
        Direction.SAME: _("about the same"),
        Direction.WORSE: _("clearly harder"),
        Direction.UNKNOWN: "",
    }[found]


def _chart(
    line: LifeLine,
    how: Rule,
    title: str,
    zone: ZoneInfo,
    now: datetime,
    rows: Sequence[tuple[str, ...]],
) -> PageChart | None:
    if not any(one.scores or one.after for one in line.chapters):
        return None
    language = translation.get_language() or "en"
    said = "; ".join(", ".join(row) for row in rows)
    return chart_on_page(
        lambda width: lifeline_chart(
            line, limits=(how.low, how.high), title=title, zone=zone, now=now, width=width,
            theme=Theme.PAGE, time_locale=course_wording(language).time_locale,
        ),
        key="life",
        title=_("Bands are therapies. Filled points are check-ins, rings are follow-ups."),
        description=said,
        drawn=_drawn,
    )  # fmt: skip


def _drawn(specification: Mapping[str, Any]) -> str:
    return _remembered(json.dumps(specification, sort_keys=True))


@lru_cache(maxsize=64)
def _remembered(specification: str) -> str:
    return to_svg(json.loads(specification))
