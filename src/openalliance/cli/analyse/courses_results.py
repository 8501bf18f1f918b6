"""Courses of a cohort as a table, a document, a text and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from openalliance.cli.delivery import Result
from openalliance.core.course.batch import NO_VERDICT, AllianceCourses, OutcomeCourses
from openalliance.core.course.change import CRITICAL_VALUE, VERDICTS
from openalliance.core.instruments import Rater

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.core.course import CourseSettings

_TRACK = ("off_track", "times_off_track")
"""Known only where a course was expected and there are two scores or more."""

_PREFIX = {Rater.CLIENT: "", Rater.THERAPIST: "therapist_"}


class _Rows:
    """Rows of a table as dictionaries, made only when they are asked for."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def tolist(self) -> list[dict[str, Any]]:
        return self.table.to_dicts()


def client_table(
    clients: pl.Series, outcome: OutcomeCourses | None, alliance: Mapping[Rater, AllianceCourses]
) -> pl.DataFrame:
    """Return one row per client, as compact as the arrays are."""
    columns: dict[str, Any] = {"client": clients}
    if outcome is not None:
        columns |= {
            "scores": outcome.scores,
            "first": outcome.first,
            "last": outcome.last,
            "change": outcome.change,
            "rci": outcome.rci,
            "verdict": outcome.verdict,
            "off_track": outcome.off_track,
            "times_off_track": outcome.times_off_track,
            "share_doing_better": outcome.share,
        }
    for rater, found in alliance.items():
        columns |= {
            f"{_PREFIX[rater]}{name}": values
            for name, values in (
                ("ratings", found.ratings),
                ("level", found.level),
                ("level_se", found.se),
                ("ruptures", found.ruptures),
                ("repairs", found.repairs),
                ("in_rupture", found.in_rupture),
                ("rupture_probability", found.probability),
            )
        }
    return pl.DataFrame(columns)


def result(
    parts: list[pl.DataFrame], rows: int, settings: CourseSettings, time_unit: str
) -> Result:
    """Return what is handed over, from the clients' tables of all pieces."""
    table = _readable(pl.concat(parts, rechunk=True))
    summary = _summary(table, settings)
    document = {
        "n_rows": rows,
        "n_clients": table.height,
        "settings": _settings(table, settings, time_unit),
        "summary": summary,
        "clients": _Rows(table),
    }
    notes = _notes(table, settings)
    return Result(
        title="Courses",
        document=document,
        tables={"clients": table},
        text=lambda console: _text(console, table.height, rows, summary),
        chart=(lambda: _chart(table, settings)) if "rci" in table.columns else None,
        notes=notes,
    )


def _readable(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with words for verdicts and empty cells for what is undefined."""
    clients = _as_numbers(table["client"])
    table = table.with_columns(pl.col(pl.Float64).fill_nan(None)).with_columns(client=clients)
    if "verdict" not in table.columns:
        return table
    words = {code: verdict.value for code, verdict in VERDICTS.items()}
    kind = pl.Enum(list(words.values()))
    verdict = pl.col("verdict").replace_strict({**words, NO_VERDICT: None}, return_dtype=kind)
    known = pl.col("share_doing_better").is_not_null()
    track = [pl.when(known).then(pl.col(name)).alias(name) for name in _TRACK]
    return table.with_columns(verdict, *track)


def _as_numbers(clients: pl.Series) -> pl.Series:
    """Return names that are all whole numbers as numbers, as every analysis does."""
    whole = clients.dtype.is_float() and (clients == clients.round(0)).all()
    if clients.dtype == pl.String:
        whole = clients.str.contains(r"^(0|-?[1-9]\d{0,17})$").all()
    return clients.cast(pl.Int64) if whole else clients


def _summary(table: pl.DataFrame, settings: CourseSettings) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    if "verdict" in table.columns:
        judged = int(table["verdict"].is_not_null().sum())
        summary |= {"with_change": judged, "without_change": table.height - judged}
        for verdict in VERDICTS.values():
            summary[verdict.value] = int((table["verdict"] == verdict.value).sum())
        if settings.trajectory is not None:
            summary["off_track_at_last"] = int(table["off_track"].sum())
            summary["ever_off_track"] = int((table["times_off_track"] > 0).sum())
    for prefix in _PREFIX.values():
        if f"{prefix}ruptures" in table.columns:
            ruptures = int(table[f"{prefix}ruptures"].sum())
            repaired = int(table[f"{prefix}repairs"].sum())
            summary |= {
                f"{prefix}clients_with_rupture": int((table[f"{prefix}ruptures"] > 0).sum()),
                f"{prefix}ruptures": ruptures,
                f"{prefix}repaired": repaired,
                f"{prefix}repair_rate": repaired / ruptures if ruptures else None,
            }
    return summary


def _settings(table: pl.DataFrame, settings: CourseSettings, time_unit: str) -> dict[str, Any]:
    made: dict[str, Any] = {"time_unit": time_unit}
    if "rci" in table.columns:
        outcome, expected = settings.outcome, settings.trajectory
        made |= {
            "better": outcome.better.value,
            "range": [outcome.minimum, outcome.maximum],
            "sem": outcome.sem,
            "reliable_change": outcome.reliable_change,
            "limit": _limit(settings),
            "expected": None if expected is None else expected.source,
            "band_level": None if expected is None else expected.level,
        }
    for rater, prefix in _PREFIX.items():
        if f"{prefix}level" in table.columns:
            measure = settings.alliance[rater]
            made |= {
                "alliance_range": [measure.minimum, measure.maximum],
                "alliance_sem": measure.sem,
                "level_sd": measure.level_sd,
                "false_alarm_rate": settings.rupture.false_alarm_rate,
                "slow_share": settings.rupture.slow_share,
                "repair_probability": settings.rupture.repair_probability,
            }
    return made


def _limit(settings: CourseSettings) -> float:
    published = settings.outcome.reliable_change
    return CRITICAL_VALUE * 2.0**0.5 * settings.outcome.sem if published is None else published


def _notes(table: pl.DataFrame, settings: CourseSettings) -> list[str]:
    notes = []
    if "verdict" in table.columns:
        single = table["verdict"].null_count()
        if single:
            notes.append(
                f"Without change or verdict, because there are fewer than two scores: {single:,} "
                f"of {table.height:,} clients."
            )
        if settings.trajectory is None:
            notes.append("No expected course was given, so who is off track is not known.")
        else:
            notes.append(f"Expected course: {settings.trajectory.source}")
    return notes


def _text(console: Console, clients: int, rows: int, summary: Mapping[str, Any]) -> None:
    from rich.table import Table

    console.print(f"{clients:,} clients, {rows:,} rows.", markup=False)
    if "with_change" in summary:
        n = summary["with_change"]
        shown = Table("Change since the first score", "Clients", "Share")
        for verdict in VERDICTS.values():
            shown.add_row(verdict.value, f"{summary[verdict.value]:,}", _share(summary, verdict, n))
        if "off_track_at_last" in summary:
            for key, words in (
                ("off_track_at_last", "off track at the last score"),
                ("ever_off_track", "ever off track"),
            ):
                shown.add_row(words, f"{summary[key]:,}", _share(summary, key, n))
        console.print(shown)
    for rater, prefix in _PREFIX.items():
        if f"{prefix}ruptures" not in summary:
            continue
        console.print(
            f"Alliance as the {rater.value} sees it: {summary[f'{prefix}ruptures']:,} ruptures in "
            f"{summary[f'{prefix}clients_with_rupture']:,} clients, "
            f"{summary[f'{prefix}repaired']:,} of them repaired.",
            markup=False,
        )


def _share(summary: Mapping[str, Any], key: str, n: int) -> str:
    return f"{summary[key] / n:.1%}" if n else "–"


def _chart(table: pl.DataFrame, settings: CourseSettings) -> dict[str, Any]:
    from openalliance.charts.cohort_change import cohort_change_chart

    return cohort_change_chart(
        table["change"].drop_nulls().to_numpy(),
        limit=_limit(settings),
        better=settings.outcome.better,
    )
