"""The honest scoreboard of a practice, with all its words: for supervisors and administrators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openalliance.charts.page import PageChart, chart_on_page
from openalliance.charts.scoreboard import ShareRow, shares_chart, sureness_chart
from openalliance.charts.theme import Theme
from openalliance.core.course.claims import (
    LEAST_CLIENTS,
    LEAST_RESOLVED,
    Claim,
    Precision,
    Raised,
    by_claim,
    precision,
)
from openalliance.core.course.scoreboard import (
    LEAST_FOR_CALIBRATION,
    LEAST_OF_EACH,
    SURE_OF,
    GroupScore,
    Score,
    Sureness,
    in_groups,
    scoreboard,
    sureness,
)
from openalliance.core.course.told_parts import ToldPart, told_parts
from openalliance.core.estimation.proportions import Proportion, wilson
from openalliance.site.records.checkins.instruments import instrument
from openalliance.site.screens.drawing import drawn
from openalliance.site.screens.form_steps import words_in
from openalliance.site.screens.modality_figures import (
    WHY_HIDDEN,
    ModalityFigures,
    modality_figures,
    part_name,
)
from openalliance.site.screens.outcome_records import Outcomes, outcomes_of
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import per_cent, with_interval

if TYPE_CHECKING:
    from openalliance.core.estimation.discrimination import AUC
    from openalliance.site.records.conversations.track_record import PracticeRecord

NAMES: Mapping[Claim, str] = {
    Claim.RUPTURE: "Something got difficult",
    Claim.SLOW_RUPTURE: "Getting harder over time",
    Claim.REPAIR: "Found back to each other",
    Claim.OFF_TRACK: "Slower than hoped",
    Claim.DETERIORATED: "Clearly worse",
    Claim.IMPROVED: "Clearly better",
    Claim.GAP: "Seen differently",
}
_CHANCE = 0.5  # an AUC that parts nothing
_GROUPINGS = (
    ("modality", "By modality"),
    ("phase", "By time in therapy"),
    ("language", "By the client’s language"),
    ("measure", "By outcome measure"),
)
_GROUP_NAMES = {
    ("phase", "early"): "Sessions 1 to 4",
    ("phase", "later"): "Session 5 and later",
    ("language", "en"): "English",
    ("language", "es"): "Spanish",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SurenessCard:
    """Whether one kind of signal knew how sure it was."""

    title: str
    words: tuple[str, ...]
    chart: PageChart
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreboardPage:
    """Everything on the page; parts without enough behind them say so."""

    signals: Table
    chart: PageChart | None
    sureness: tuple[SurenessCard, ...]
    sureness_by_modality: Table | None
    too_few_for_sureness: str
    outcomes: Outcomes
    groups: tuple[Table, ...]
    modalities: ModalityFigures
    least_clients: int = LEAST_CLIENTS
    least_resolved: int = LEAST_RESOLVED
    least_sure: int = LEAST_FOR_CALIBRATION
    least_of_each: int = LEAST_OF_EACH


def scoreboard_page(record: PracticeRecord) -> ScoreboardPage:
    """Return the page of a practice."""
    scores = scoreboard(record.raised)
    cards = tuple(_sureness(score) for score in scores if score.sureness is not None)
    return ScoreboardPage(
        signals=_signals(scores),
        chart=_chart(scores),
        sureness=cards,
        sureness_by_modality=_sureness_by_modality(record.raised),
        too_few_for_sureness=""
        if cards
        else f"No kind of signal has {LEAST_FOR_CALIBRATION} answers yet, of which at least"
        f" {LEAST_OF_EACH} said yes or partly and {LEAST_OF_EACH} said no.",
        outcomes=outcomes_of(record.episodes),
        groups=tuple(
            table
            for by, caption in _GROUPINGS
            if (table := _group_table(record.raised, by, caption)) is not None
        ),
        modalities=modality_figures(record),
    )


def _signals(scores: Sequence[Score]) -> Table:
    return Table(
        caption="Signals and what the two of them said about them",
        headings=("Signal", "Raised", "Answered", "Of these partly", "Confirmed (95 % interval)"),
        rows=tuple(_signal_row(score) for score in scores),
    )


def _signal_row(score: Score) -> tuple[str, ...]:
    found, few = score.precision, f"fewer than {LEAST_CLIENTS} clients"
    name = NAMES[score.claim]
    if not score.is_counted:
        return name, few, few, few, "not told"
    if not found.is_told:
        answers = min(found.resolved, LEAST_RESOLVED)
        reason = f"not enough yet ({answers} of {LEAST_RESOLVED} answers)"
        return name, str(found.raised), str(found.resolved), "–", reason
    share = found.share
    return (
        name,
        str(found.raised),
        str(found.resolved),
        str(found.partly),
        f"{share.count} of {share.n} ({with_interval(share)})",
    )


def _chart(scores: Sequence[Score]) -> PageChart | None:
    rows = [
        ShareRow(
            label=NAMES[score.claim],
            words=f"{share.count} of {share.n}, {per_cent(share.value)} %",
            value=share.value,
            low=share.low,
            high=share.high,
        )
        for score in scores
        if score.precision.is_told
        for share in [score.precision.share]
    ]
    if not rows:
        return None
    axis = "Share of answered signals that was so, with 95 % interval"
    said = "; ".join(f"{row.label}: {row.words}" for row in rows)
    return chart_on_page(
        lambda width: shares_chart(rows, axis=axis, width=width, theme=Theme.PAGE),
        key="confirmed",
        title="How often signals were so. Lines: 95 % intervals, which allow for several signals of"
        " one client.",
        description=f"{axis}. {said}.",
        drawn=drawn,
    )


def _sureness(score: Score) -> SurenessCard:
    found, name = score.sureness, NAMES[score.claim]
    if found is None:
        raise ValueError("there is nothing to judge")
    words = {
        "told": "How sure the signals were",
        "seen": "Share that was so (95 % interval)",
        "right": "as sure as right",
        "group": "{n}",
    }
    return SurenessCard(
        title=name,
        words=(
            _as_sure_as_right(found, score.precision.share),
            _parted(found.auc),
            (
                f"Brier score {found.brier.value:.3f}; saying the same share of every signal would"
                f" have {found.brier.reference:.3f}. Lower is better."
            ),
        ),
        chart=chart_on_page(
            lambda width: sureness_chart(found.curve, words=words, width=width, theme=Theme.PAGE),
            key=f"sure-{score.claim.value}",
            title=f"{name}: how sure, and how often so. Under each line, its number of signals.",
            description=f"{name}: how sure signals were against the share confirmed, in"
            f" {len(found.curve)} groups.",
            drawn=drawn,
        ),
        table=Table(
            caption=f"{name}: how sure, and how often so",
            headings=("How sure", "On average", "Signals", "Confirmed (95 % interval)"),
            rows=tuple(
                (
                    f"{per_cent(group.lowest)}–{per_cent(group.highest)} %",
                    f"{per_cent(group.mean)} %",
                    str(group.n),
                    f"{group.observed.count} ({with_interval(group.observed)})",
                )
                for group in found.curve
            ),
        ),
    )


def _sureness_by_modality(raised: Sequence[Raised]) -> Table | None:
    """Return how sure signals were and how often so in each way of working, as far as told."""
    rows = []
    for claim, of_claim in by_claim(raised).items():
        known = [one for one in of_claim if one.resolved and one.probability is not None]
        if claim not in SURE_OF or sureness(known) is None:
            continue
        parts = told_parts(known, part_of=lambda one: one.groups.get("modality", ""), judge=_both)
        if len(parts) > 1 and any(one.judged for one in parts):
            rows += [(NAMES[claim], part_name(one.name), *_sureness_cells(one)) for one in parts]
    if not rows:
        return None
    return Table(
        caption="How sure, and how often so, by way of working",
        headings=(
            "Signal",
            "Way of working",
            "On average sure",
            "Confirmed (95 % interval)",
            "AUC (95 % interval)",
        ),
        rows=tuple(rows),
    )


def _both(known: Sequence[Raised]) -> tuple[Sureness, Precision] | None:
    found = sureness(known)
    return None if found is None else (found, precision(known))


def _sureness_cells(part: ToldPart[tuple[Sureness, Precision]]) -> tuple[str, str, str]:
    if part.judged is None:
        return (WHY_HIDDEN[part.hidden] if part.hidden else "", "–", "–")
    found, answered = part.judged
    auc, share = found.auc, answered.share
    parted = f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"
    return (
        f"{per_cent(found.told / found.n)} %",
        f"{share.count} of {share.n} ({with_interval(share)})",
        "too few for an interval" if math.isnan(auc.low) else parted,
    )


def _as_sure_as_right(found: Sureness, confirmed: Proportion) -> str:
    # Signals of a kind all state a probability; imported ones may not.
    same = confirmed.n == found.n
    share = confirmed if same else wilson(found.observed, found.n)
    said = found.told / found.n
    if said > share.high:
        verdict = "They were surer than they were right."
    elif said < share.low:
        verdict = "They were right more often than they were sure."
    else:
        verdict = "That may well be as sure as they were right."
    return (
        f"On average {per_cent(said)} % sure; {share.count} of {share.n} were confirmed"
        f" ({with_interval(share)}). {verdict}"
    )


def _parted(auc: AUC) -> str:
    if math.isnan(auc.low):
        return f"AUC {auc.value:.2f}, of too few clients for an interval: it tells nothing yet."
    if auc.low > _CHANCE:
        verdict = "surer signals were confirmed more often"
    elif auc.high < _CHANCE:
        verdict = "surer signals were confirmed less often"
    else:
        verdict = "whether surer signals are confirmed more often cannot be told"
    return (
        f"AUC {auc.value:.2f} (95 % interval {auc.low:.2f} to {auc.high:.2f}; 0.50 is no better"
        f" than chance): {verdict}."
    )


def _group_table(raised: Sequence[Raised], by: str, caption: str) -> Table | None:
    """Return one way of parting signals; nothing while there is nothing to part, or to show."""
    found = in_groups(raised, by)
    every = [one for parts in found.values() for one in parts]
    groups = sorted({one.group for one in every})
    if len(groups) < 2 or all(one.hidden for one in every):
        return None
    return Table(
        caption=caption,
        headings=("Signal", *(_group_name(by, group) for group in groups)),
        rows=tuple(
            (NAMES[claim], *(_cell(parts, group) for group in groups))
            for claim, parts in found.items()
        ),
    )


def _cell(parts: Sequence[GroupScore], group: str) -> str:
    one = next((part for part in parts if part.group == group), None)
    if one is None:
        return "none"
    if one.precision is None:
        return WHY_HIDDEN[one.hidden] if one.hidden else ""
    share = one.precision.share
    return f"{share.count} of {share.n} ({with_interval(share)})"


def _group_name(by: str, group: str) -> str:
    if by == "measure":
        return words_in(instrument(group).title, "en")
    return _GROUP_NAMES.get((by, group), group)
