"""Leaving early in words: the estimate, what moved it, and what such estimates are worth here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.scoreboard import sureness_chart
from openalliance.charts.theme import Theme
from openalliance.core.course.dropout import Contribution, NoRisk
from openalliance.core.course.dropout.histories import ALLIANCE, CHANGE, MISSED, NEEDED, NoModel
from openalliance.site.records.tasks.leaving import estimate_of, standing_model
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import per_cent, with_interval

if TYPE_CHECKING:
    from openalliance.core.course.dropout.histories import Estimate, PracticeModel
    from openalliance.site.records.care.models import Episode
    from openalliance.site.records.trust.actors import Actor

_HARDLY = 0.05
"""A move of the log-odds too small to be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How good estimates have been with clients the model had not seen."""

    words: tuple[str, ...]
    chart: PageChart
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingCard:
    """The estimate of one client, or why there is none."""

    estimate: str
    moved: tuple[str, ...]
    refusal: str
    worth: Worth | None


def leaving_card(by: Actor, episode: Episode) -> LeavingCard | None:
    """Return what is said on a running episode's page; nothing once it has ended."""
    if episode.ended_at is not None:
        return None
    found = standing_model(episode.practice_id)
    if found is None:
        return LeavingCard(estimate="", moved=(), worth=None, refusal=no_model_words())
    model, fitted_at = found
    asked = estimate_of(by, episode, model)
    if isinstance(asked, NoRisk):
        return LeavingCard(estimate="", moved=(), worth=None, refusal=asked.reason)
    return LeavingCard(
        estimate=_estimate(asked),
        moved=tuple(words for one in asked.risk.moved_by if (words := _moved(one))),
        refusal="",
        worth=worth_of(model, fitted_at),
    )


def no_model_words() -> str:
    """Return why a practice gives no estimates."""
    return (
        "No estimate is shown. It would have to be learnt from this practice’s own therapies, from"
        f" at least {NEEDED} that ended unplanned, and prove better than chance with clients left"
        " out. A figure from elsewhere would only look exact."
    )


def refreshed_leaving_words(found: PracticeModel | NoModel) -> str:
    """Return what became of learning who leaves early."""
    if isinstance(found, NoModel):
        return f"Leaving early: no new model, {found.reason}."
    return f"Leaving early: now learnt from {found.therapies} therapies of this practice."


def worth_of(model: PracticeModel, fitted_at: datetime) -> Worth:
    """Return what a practice's model is worth, in words, as a picture and as a table."""
    known = model.model.reliability
    words = [
        (
            f"Learnt on {date_format(timezone.localtime(fitted_at), 'j M Y')} from"
            f" {model.therapies} therapies of this practice, of which {model.model.n_events} ended"
            " unplanned. Judged on clients that were left out."
        ),
    ]
    if known is not None:
        words.append(
            "Of two clients after a session, one of whom did not come back, it gave that one the"
            f" higher estimate in {per_cent(known.auc)} of 100 cases (95 % interval"
            f" {per_cent(known.auc_low)} to {per_cent(known.auc_high)}; 50 is chance)."
        )
        words.append(_spread(known.calibration_slope))
    axes = {
        "told": "Estimated",
        "seen": "Did not come back (95 % interval)",
        "right": "as estimated",
        "group": "",
    }
    return Worth(
        words=tuple(words),
        chart=chart_on_page(
            lambda width: sureness_chart(
                model.curve, words=axes, rare=True, width=width, theme=Theme.PAGE
            ),
            key="leaving",
            title="Estimated, and what came, in groups with 95 % intervals.",
            description="Estimates in groups against the share of clients who did not come back.",
            drawn=drawn,
        ),
        table=Table(
            caption="Estimated, and what came",
            headings=("Estimated", "Sessions", "Did not come back (95 % interval)"),
            rows=tuple(
                (
                    f"{100 * one.mean:.1f} %",
                    str(one.n),
                    f"{one.observed.count} ({with_interval(one.observed)})",
                )
                for one in model.curve
            ),
        ),
    )


def _spread(slope: float) -> str:
    if not math.isfinite(slope):
        return "Whether high and low estimates lie too far apart is not known."
    if slope < 0.8:
        verdict = "high and low estimates lie too far apart; read them nearer to the average"
    elif slope > 1.25:
        verdict = "high and low estimates could lie further apart"
    else:
        verdict = "high and low estimates are about as far apart as they should be"
    return f"Calibration slope {slope:.2f}: {verdict}."


def _estimate(found: Estimate) -> str:
    risk = found.risk
    return (
        f"Of 100 clients whose therapy looks like this one after session {found.session}, about"
        f" {_of_100(risk.probability)} (95 % interval {_of_100(risk.low)} to {_of_100(risk.high)})"
        " do not come back for the next, without that being planned. Of 100 average ones after as"
        f" many sessions it is {_of_100(found.usual)}."
    )


def _of_100(share: float) -> str:
    shown = 100.0 * share
    return f"{shown:.1f}" if shown < 9.95 else f"{shown:.0f}"


def _moved(one: Contribution) -> str:
    if abs(one.moved) < _HARDLY:
        return ""
    does = "raises" if one.moved > 0.0 else "lowers"
    value, average = one.value, one.average
    words: Mapping[str, str] = {
        ALLIANCE: f"how your client last rated the two of you: {value:.1f}, on average"
        f" {average:.1f}",
        CHANGE: f"how life has changed since the start: {value:+.1f} reliable changes, on average"
        f" {average:+.1f}",
        MISSED: f"appointments missed of the last four: {value:.0f}, on average {average:.1f}",
    }
    return f"{words[one.term]} ({does} it)"
