"""``openalliance analyse reliability``: internal consistency of the items of a scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from openalliance.cli.delivery import Result, column, confidence, delivered, file_argument
from openalliance.core.errors import InputError, TableError

if TYPE_CHECKING:
    from rich.console import Console

    from openalliance.core.evidence.reliability import Reliability
    from openalliance.files.frame import Frame, Label

_EXAMPLES = """\b
Examples:
  openalliance analyse reliability items.csv --items q1,q2,q3,q4
  openalliance analyse reliability items.csv --items q1,q2,q3,q4 --reverse q2,q4 --range 1,5
  openalliance analyse reliability items.csv --items q1,q2,q3 --group site \\
      --missing prorate --json --plot items.svg
"""

Range = tuple[float, float]


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (value or "").split(",") if name.strip())


def _range(_: click.Context, __: click.Parameter, value: str | None) -> Range | None:
    if value is None:
        return None
    try:
        low, high = (float(number) for number in value.split(","))
    except ValueError:
        raise click.BadParameter("write two numbers with a comma between: 1,5") from None
    if not low < high or not math.isfinite(high - low):
        raise click.BadParameter("the first must be below the second")
    return low, high


@click.command(epilog=_EXAMPLES)
@file_argument
@click.option(
    "--items", metavar="COL,COL", required=True, callback=_names,
    help="Columns of the items; one row per form.",
)  # fmt: skip
@click.option(
    "--reverse", metavar="COL,COL", callback=_names,
    help="Items that are turned round before anything else; needs --range.",
)  # fmt: skip
@click.option(
    "--range", "limits", metavar="LOW,HIGH", callback=_range,
    help="Lowest and highest possible response; others are refused.",
)  # fmt: skip
@click.option(
    "--missing", type=click.Choice(["complete", "prorate"]), default="complete", show_default=True,
    help="Use complete forms only, or fill gaps with the form’s own mean if at least half is "
    "answered.",
)  # fmt: skip
@column("--group", required=False, help="Also for each group of forms.")
@confidence("Level of alpha’s interval and of the reliable change.")
@delivered
def command(
    *,
    file: str,
    items: tuple[str, ...],
    reverse: tuple[str, ...],
    limits: Range | None,
    missing: str,
    group: str | None,
    confidence: float,
) -> Result:
    """Say how consistently items measure one thing, and the error of their sum.

    The score is the sum of the items.
    """
    from openalliance.core.evidence.reliability import reliability
    from openalliance.files.frame import read_frame

    _check_names(items, reverse, limits)
    frame = read_frame(file)
    responses = _responses(frame, items, reverse, limits)
    forms, kept = _forms(responses, prorate=missing == "prorate")
    try:
        found = reliability(forms, items=items, confidence=confidence)
    except InputError as fault:
        raise TableError(fault.what, file=frame.file) from None
    notes = list(found.notes)
    left_out = frame.rows - int(kept.sum())
    if left_out:
        rule = "with fewer than half of the items" if missing == "prorate" else "with a gap"
        notes.insert(0, f"{left_out} of {frame.rows} forms {rule} are left out.")
    if missing == "prorate" and np.isnan(responses[kept]).any():
        notes.append("Gaps filled with the form’s own mean make items look somewhat more alike.")
    groups = []
    if group is not None:
        labels = frame.labels(group)
        parts = {name: forms[labels.codes[kept] == code] for code, name in enumerate(labels.names)}
        groups = _groups(parts, items, confidence, notes)
    rows = _item_rows(found)
    return Result(
        title="Reliability",
        document=_document(found) | ({} if group is None else {"groups": groups}),
        tables={"items": rows},
        text=lambda console: _say(console, found, groups),
        chart=lambda: _chart(found),
        notes=notes,
    )


def _check_names(items: tuple[str, ...], reverse: tuple[str, ...], limits: Range | None) -> None:
    if len(set(items)) < len(items):
        raise click.UsageError("an item is named twice in --items")
    strangers = [name for name in reverse if name not in items]
    if strangers:
        raise click.UsageError(f"--reverse names {', '.join(strangers)}, not among --items")
    if reverse and limits is None:
        raise click.UsageError("--reverse needs --range, the lowest and highest possible response")


def _responses(
    frame: Frame, items: tuple[str, ...], reverse: tuple[str, ...], limits: Range | None
) -> NDArray[np.float64]:
    columns = []
    for name in items:
        values = frame.numbers(name)
        if limits is not None:
            low, high = limits
            outside = (values < low) | (values > high)
            frame.refuse(name, outside, f"a response lies outside of {low:g} to {high:g}")
            values = low + high - values if name in reverse else values
        columns.append(values)
    return np.column_stack(columns)


def _forms(
    responses: NDArray[np.float64], *, prorate: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    from openalliance.core.evidence.reliability import prorated

    if prorate:
        return prorated(responses)
    kept = np.asarray(np.isfinite(responses).all(axis=1))
    return responses[kept], kept


def _groups(
    parts: Mapping[Label, NDArray[np.float64]],
    items: tuple[str, ...],
    confidence: float,
    notes: list[str],
) -> list[dict[str, Any]]:
    from openalliance.core.evidence.reliability import reliability

    found = []
    for name, forms in parts.items():
        try:
            one = reliability(forms, items=items, confidence=confidence)
        except InputError as fault:
            notes.append(f"Group {name}: {fault.what}.")
            continue
        found.append({"group": name} | _document(one))
    return found


def _item_rows(found: Reliability) -> list[dict[str, Any]]:
    return [
        {
            "item": one.item,
            "mean": one.mean,
            "sd": one.sd,
            "item_rest": one.item_rest,
            "alpha_if_dropped": one.alpha_if_dropped,
            "loading": one.loading,
        }
        for one in found.items
    ]


def _document(found: Reliability) -> dict[str, Any]:
    return {
        "n": found.n,
        "n_items": found.n_items,
        "alpha": found.alpha,
        "alpha_ci": [found.alpha_low, found.alpha_high],
        "alpha_standardised": found.alpha_standardised,
        "mean_inter_item": found.mean_correlation,
        "omega_total": found.omega_total,
        "split_half_odd_even": found.split_half,
        "mean": found.mean,
        "sd": found.sd,
        "sem": found.sem,
        "reliable_change": found.reliable_change,
        "confidence": found.confidence,
        "items": _item_rows(found),
    }


def _say(console: Console, found: Reliability, groups: list[dict[str, Any]]) -> None:
    from rich.table import Table

    console.print(
        f"Alpha {found.alpha:.3f} [{found.alpha_low:.3f}, {found.alpha_high:.3f}], "
        f"omega {_number(found.omega_total)}, split-half {_number(found.split_half)}: "
        f"{found.n_items} items, {found.n:,} forms.",
        markup=False,
    )
    console.print(
        f"Sum score: mean {found.mean:.2f}, SD {found.sd:.2f}. Error of measurement (SEM) "
        f"{found.sem:.2f} points; two scores must differ by more than {found.reliable_change:.1f} "
        f"to speak of change ({found.confidence:.0%})."
    )
    grid = Table(box=None, pad_edge=False)
    grid.add_column("Item")
    for name in ("Mean", "SD", "With the rest", "Alpha without"):
        grid.add_column(name, justify="right")
    for one in found.items:
        grid.add_row(
            one.item, f"{one.mean:.2f}", f"{one.sd:.2f}", _number(one.item_rest),
            _number(one.alpha_if_dropped),
        )  # fmt: skip
    console.print(grid, markup=False)
    for part in groups:
        low, high = part["alpha_ci"]
        console.print(
            f"{part['group']}: alpha {part['alpha']:.3f} [{low:.3f}, {high:.3f}], SEM "
            f"{part['sem']:.2f}, {part['n']:,} forms.",
            markup=False,
        )


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def _chart(found: Reliability) -> dict[str, Any]:
    from openalliance.charts.reliability import reliability_chart

    return reliability_chart(found)
