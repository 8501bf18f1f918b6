"""What came after signals, in words: the end of episodes, repair and leaving."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from openalliance.core.course.claims import LEAST_CLIENTS
from openalliance.core.course.endings import (
    LANDMARK,
    Ended,
    Fate,
    Followed,
    TrackRecord,
    fates_of,
    landmark_auc,
    off_track_record,
    rupture_record,
)
from openalliance.core.course.told_parts import ToldPart, told_parts
from openalliance.core.estimation.proportions import Proportion
from openalliance.site.screens.modality_figures import WHY_HIDDEN, part_name
from openalliance.site.screens.tables import Table
from openalliance.site.screens.track_words import with_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One signal against what came; there is no table while there is too little."""

    title: str
    lead: str
    table: Table | None
    notes: tuple[str, ...]
    too_few: str
    by_modality: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What came after signals."""

    records: tuple[Record, ...]
    fates: tuple[tuple[str, str, str], ...]
    too_few_fates: str


def outcomes_of(episodes: Sequence[Followed]) -> Outcomes:
    """Return what came after signals in a practice."""
    return Outcomes(
        records=(_off_track(episodes), _ruptures(episodes)),
        fates=_fates(episodes),
        too_few_fates=f"Fewer than {LEAST_CLIENTS} clients had such a signal.",
    )


def _off_track(episodes: Sequence[Followed]) -> Record:
    record = off_track_record(episodes)
    auc = landmark_auc(episodes)
    notes = ["A signal at the very last check-in foretold nothing and is not counted."]
    if min(auc.n_cases, auc.n_controls) >= LEAST_CLIENTS and math.isfinite(auc.se):
        notes.append(
            f"At check-in {LANDMARK}, how far a course lay below its expectation parted those who"
            f" ended without improvement from those who improved with AUC {auc.value:.2f}"
            f" (95 % interval {auc.low:.2f} to {auc.high:.2f}; 0.50 is no better than chance)."
        )
    return Record(
        title="“Slower than hoped” against the end",
        lead="Ended episodes: did a course called slower than hoped end without reliable"
        " improvement?",
        table=_table(
            "“Slower than hoped” against the end",
            record,
            ("ended without improvement", "improved", "with such a signal", "without one"),
        ),
        notes=tuple(notes),
        too_few=_too_few(record),
        by_modality=_by_modality(
            "“Slower than hoped” against the end, by way of working",
            [one for one in episodes if one.verdict is not None],
            off_track_record,
        )
        if record.is_told
        else None,
    )


def _ruptures(episodes: Sequence[Followed]) -> Record:
    record = rupture_record(episodes)
    return Record(
        title="“Something got difficult” against leaving",
        lead="Ended episodes: did therapies with such a signal from the client’s ratings end"
        " unplanned?",
        table=_table(
            "“Something got difficult” against leaving",
            record,
            ("ended unplanned", "ended as planned", "with such a signal", "without one"),
        ),
        notes=(
            (
                "A long therapy has more occasions for such a signal than one that was broken off"
                " early. Few signals before leaving are no proof that nothing was wrong."
            ),
        ),
        too_few=_too_few(record),
        by_modality=_by_modality(
            "“Something got difficult” against leaving, by way of working",
            [one for one in episodes if one.ended is not Ended.RUNNING],
            rupture_record,
        )
        if record.is_told
        else None,
    )


def _by_modality(
    caption: str, episodes: Sequence[Followed], judged: Callable[[Iterable[Followed]], TrackRecord]
) -> Table | None:
    """Return one signal against what came in each way of working; nothing while none is told."""

    def judge(of_part: Sequence[Followed]) -> TrackRecord | None:
        record = judged(of_part)
        return record if record.is_told else None

    parts = told_parts(episodes, part_of=lambda one: one.modality, judge=judge)
    if len(parts) < 2 or not any(one.judged for one in parts):
        return None
    return Table(
        caption=caption,
        headings=(
            "Way of working", "Sensitivity", "Specificity", "Positive predictive value",
            "Negative predictive value",
        ),
        rows=tuple((part_name(one.name), *_cells(one)) for one in parts),
    )  # fmt: skip


def _cells(part: ToldPart[TrackRecord]) -> tuple[str, ...]:
    if part.judged is None:
        return (WHY_HIDDEN[part.hidden] if part.hidden else "", "–", "–", "–")
    values = part.judged.values
    return tuple(
        _share(one) for one in (values.sensitivity, values.specificity, values.ppv, values.npv)
    )


def _table(caption: str, record: TrackRecord, names: tuple[str, str, str, str]) -> Table | None:
    if not record.is_told:
        return None
    values, (event, other, flagged, unflagged) = record.values, names
    rows = (
        ("Sensitivity", f"of those who {event}, had had such a signal", _share(values.sensitivity)),
        ("Specificity", f"of those who {other}, had had none", _share(values.specificity)),
        ("Positive predictive value", f"of those {flagged}, {event}", _share(values.ppv)),
        ("Negative predictive value", f"of those {unflagged}, {other}", _share(values.npv)),
        ("How common", f"of all, {event}", _share(values.base_rate)),
    )
    headings = ("Measure", "What it says", "Here (95 % interval)")
    return Table(caption=caption, headings=headings, rows=rows)


def _share(share: Proportion) -> str:
    return f"{share.count} of {share.n} ({with_interval(share)})"


def _too_few(record: TrackRecord) -> str:
    if record.is_told:
        return ""
    return (
        f"Not enough yet: at least {LEAST_CLIENTS} ended episodes are needed with and without such"
        " a signal, and with each kind of end."
    )


def _fates(episodes: Sequence[Followed]) -> tuple[tuple[str, str, str], ...]:
    ruptured = [one for one in episodes if one.fates]
    if len({one.client for one in ruptured}) < LEAST_CLIENTS:
        return ()
    counted = fates_of(ruptured)
    total = sum(counted.values())
    names = {
        Fate.REPAIRED: "repaired",
        Fate.LEFT: "left unplanned while it was open",
        Fate.ENDED_OPEN: "ended as planned, still open",
        Fate.STILL_OPEN: "open now, or handed over open",
    }
    return tuple((names[fate], str(counted[fate]), f"of {total}") for fate in Fate)
