"""The words beside what is known and what is true here: rows of the pictures, and their reading.

For the pages of a practice's staff and for the command line. What clients read is worded for them
on their own page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openalliance.charts.known import Kind, KnownRow, Measured
from openalliance.core.course.phases import SEVERAL
from openalliance.core.evidence.own.clients import EARLY_SESSIONS
from openalliance.core.evidence.own.pooling import Pooled, Prior
from openalliance.core.evidence.own.questions import (
    LEAST_CLIENTS_HERE,
    LEAST_PAIRS,
    Here,
    Lacking,
    Row,
    Slope,
    Within,
)
from openalliance.core.evidence.own.relation import Contrast, Relation, of_hundred
from openalliance.core.evidence.published import Finding

OWN, TOGETHER = "This practice", "Both together"
AXIS = Measured(title="Correlation of alliance and later outcome")
AXIS_WITHIN = Measured(title="Standard deviations of the next session, for one of this session")
_ONE_ALONE = "Not told: it would be of one therapist alone, or leave those of one."
NAMES = {
    "client": "As clients rate it",
    "therapist": "As therapists rate it",
    "early": f"Sessions 1 to {EARLY_SESSIONS}",
    "late": f"Session {EARLY_SESSIONS + 1} and later",
    SEVERAL: "Several, one after another",
    "alliance-to-outcome": "Alliance, then how life is",
    "outcome-to-alliance": "How life is, then alliance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One question: its picture's rows, empty where nothing of the practice is told."""

    key: str
    title: str
    axis: Measured
    rows: tuple[KnownRow, ...]
    reading: tuple[str, ...]


def questions(here: Here, findings: Sequence[Finding], used: Finding) -> tuple[Told, ...]:
    """Return the questions in their order.

    Parameters
    ----------
    here
        The practice's own answers.
    findings
        Published correlations that stand beside the first question.
    used
        The finding that the practice's own figures were taken together with.
    """
    return (
        _overall(here, findings, used),
        _within(here.within, here.level),
        _parts(
            "modality", "Ways of working", here.modalities, used, here,
            ("Ways of working were not given out by chance: differences ask a question, no more.",),
        ),
        _parts(
            "rater", "Who rates the alliance", here.raters, used, here,
            _apart(here.rater_contrast, "clients", "therapists", "ratings"),
        ),
        _parts(
            "time", "Early and late", here.times, used, here,
            _apart(
                here.time_contrast, NAMES["early"].lower(), NAMES["late"].lower(), "the same"
                " clients’ ratings",
            ),
        ),
    )  # fmt: skip


def legend(rows: Sequence[KnownRow]) -> str:
    """Return which shape is whose, of the shapes that are there."""
    shapes = {
        Kind.PUBLISHED: "Square: published.",
        Kind.OWN: "Circle: this practice.",
        Kind.TOGETHER: "Diamond: both together.",
    }
    there = {row.kind for row in rows}
    return " ".join(words for kind, words in shapes.items() if kind in there)


def number(value: float) -> str:
    """Return a correlation as it is written: two places, no nought before the point."""
    text = f"{abs(value):.2f}"
    text = text.removeprefix("0")
    return f"−{text}" if value < 0.0 and text != ".00" else text


def span(low: float, high: float) -> str:
    """Return an interval."""
    return f"{number(low)} to {number(high)}"


def published_words(finding: Finding) -> str:
    """Return a published correlation with what it rests on."""
    interval = ""
    if finding.interval is not None:
        low, high = (_exact(end) for end in finding.interval)
        interval = f" ({low} to {high})"
    return f"{_exact(finding.estimate)}{interval}"


def _exact(value: float) -> str:
    """Return a published figure as its source gives it."""
    text = f"{abs(value):.3f}".removeprefix("0").removesuffix("0")
    return f"−{text}" if value < 0.0 else text


def weights(row: Row, prior: Prior) -> str:
    """Return who weighs how much, where there is something to weigh."""
    if row.together is None:
        return ""
    share = round(100.0 * row.together.own_weight)
    return (
        f"Together: {_r(row.together)}. This practice’s own {row.clients} clients weigh"
        f" {share} % in it. What is published weighs {100 - share} %, as {prior.worth} clients of"
        " this practice would."
    )


def _overall(here: Here, findings: Sequence[Finding], used: Finding) -> Told:
    row = here.overall
    published = [
        KnownRow(
            label=_source(one, used),
            words=f"{published_words(one)}, {one.k} studies",
            kind=Kind.PUBLISHED,
            value=one.estimate,
            low=one.interval[0] if one.interval else None,
            high=one.interval[1] if one.interval else None,
        )
        for one in findings
    ]
    known = f"Published: r = {published_words(used)} over {used.k} studies ({used.source})."
    reading = [known, _found(row.own)] if row.own else [known, missing(row)]
    if row.own and row.together:
        reading += [
            weights(row, here.prior),
            (
                f"In plain numbers: of 100 clients with the better alliance, about"
                f" {of_hundred(row.together.r)} have the better outcome; without any relation, 50."
            ),
            (
                "Which of the two comes first, this picture cannot tell, and nothing of it is about"
                " the next client."
            ),
        ]
    return Told(
        key="overall",
        title="Do clients with a better alliance fare better?",
        axis=AXIS,
        rows=(*published, *_rows((row,), ({"client": OWN}, {"client": TOGETHER}))),
        reading=tuple(reading),
    )


def _within(within: Within, level: float) -> Told:
    if within.hidden is not None:
        reading: tuple[str, ...] = (_ONE_ALONE,)
    elif within.lacking is not None:
        reading = (
            f"Not told yet: it needs {LEAST_CLIENTS_HERE} clients and {LEAST_PAIRS} pairs of"
            f" sessions in a row with both ratings; now {within.clients} clients and"
            f" {within.pairs} pairs."
            if within.lacking is not Lacking.SPREAD
            else "Not told: with these sessions the equations have no solution that makes sense.",
        )
    else:
        reading = (
            _slope_words(within.slopes[0], "a session that felt better than this client’s usual",
                         "a better time until the next"),
            _slope_words(within.slopes[1], "a time that went better than usual",
                         "a next session that feels better"),
            (
                f"From {within.pairs} pairs of sessions in a row of {within.clients} clients,"
                f" few sessions allowed for; {level:.0%} intervals. No published size is bundled,"
                " so nothing is taken together."
            ),
        )  # fmt: skip
    return Told(
        key="within",
        title="Within one client: does a better session come before a better time?",
        axis=AXIS_WITHIN,
        rows=tuple(
            KnownRow(
                label=NAMES[one.name],
                words=f"{number(one.estimate)} ({span(one.low, one.high)})",
                kind=Kind.OWN, value=one.estimate, low=one.low, high=one.high,
            )
            for one in within.slopes
        ),
        reading=reading,
    )  # fmt: skip


def _slope_words(one: Slope, earlier: str, later: str) -> str:
    size = f"{number(one.estimate)} SD ({span(one.low, one.high)})"
    if one.low > 0.0:
        return f"{earlier[0].upper()}{earlier[1:]} comes before {later}: {size}."
    if one.high < 0.0:
        return f"Other than expected, {earlier} does not come before {later}: {size}."
    return f"Whether {earlier} comes before {later} is open: {size}."


def _parts(
    key: str, title: str, rows: Sequence[Row], used: Finding, here: Here, after: Iterable[str]
) -> Told:
    told = [row for row in rows if row.own is not None]
    names = [row.name for row in rows]
    own = {name: NAMES.get(name, name[:1].upper() + name[1:]) for name in names}
    both = {name: f"{own[name]}, with what is known" for name in names}
    why = [f"{own[row.name]}. {missing(row)}" for row in rows if row.own is None and not row.hidden]
    hidden = [own[row.name] for row in rows if row.hidden]
    if hidden:
        why.append(
            f"Hidden, because few people or one therapist alone could be made out, or there is too"
            f" little yet: {', '.join(hidden)}."
        )
    if not rows:
        why = [missing(here.overall)]
    said = [f"{own[row.name]}: {_r(row.own)}, {row.clients} clients." for row in told if row.own]
    published = KnownRow(
        label=f"Published ({used.source})",
        words=published_words(used),
        kind=Kind.PUBLISHED,
        value=used.estimate,
        low=used.interval[0] if used.interval else None,
        high=used.interval[1] if used.interval else None,
    )
    return Told(
        key=key,
        title=title,
        axis=AXIS,
        rows=(published, *_rows(told, (own, both))) if told else (),
        reading=(*said, *why, *(after if told else ())),
    )


def _rows(rows: Iterable[Row], names: tuple[dict[str, str], dict[str, str]]) -> list[KnownRow]:
    made = []
    for row in rows:
        pairs = ((Kind.OWN, names[0], row.own), (Kind.TOGETHER, names[1], row.together))
        made += [
            KnownRow(
                label=name[row.name],
                words=f"{number(one.r)} ({span(one.low, one.high)})",
                kind=kind, value=one.r, low=one.low, high=one.high,
            )
            for kind, name, one in pairs
            if one is not None
        ]  # fmt: skip
    return made


def _source(one: Finding, used: Finding) -> str:
    """Return a finding's source, with whom it is about where that differs from the one used."""
    if one.population == used.population:
        return one.source
    return f"{one.source}: {one.population.removesuffix(' psychotherapy').lower()}"


def _found(own: Relation) -> str:
    said = f"{_r(own)}; {own.clients} clients"
    if own.low > 0.0:
        return (
            "Here, of clients who began alike, those with the better alliance fared better"
            f" afterwards: {said}."
        )
    if own.high < 0.0:
        return (
            "Here, of clients who began alike, those with the better alliance fared worse"
            f" afterwards: {said}. That is not what is known; look at how and whom you ask."
        )
    return f"From this practice’s clients alone, it is open: {said}, and 0 lies within."


def _apart(found: Contrast | None, first: str, second: str, what: str) -> tuple[str, ...]:
    if found is None:
        return ()
    size = f"{number(found.difference)} ({span(found.low, found.high)}; {found.clients} clients)"
    if found.low > 0.0 or found.high < 0.0:
        higher = first if found.difference > 0.0 else second
        return (f"The relation is the closer one with {what} of {higher}: difference {size}.",)
    return (f"Whether the two differ cannot be told: difference {size}.",)


def _r(one: Relation | Pooled) -> str:
    return f"r = {number(one.r)} (interval {span(one.low, one.high)})"


def missing(row: Row) -> str:
    """Return what is missing before a row can be told."""
    if row.lacking is Lacking.SPREAD:
        return "Not told: the ratings do not differ between clients."
    if row.hidden is not None:
        return _ONE_ALONE
    return (
        f"Not told yet: it needs {LEAST_CLIENTS_HERE} clients who have three scores, and two"
        f" ratings before the last of them; now {row.clients}."
    )
