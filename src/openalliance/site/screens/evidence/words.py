"""Faults of files and models, and figures, as the pages write them."""

from __future__ import annotations

import math

from openalliance.core.errors import ConflictError, InputError, TableError


def told(fault: InputError | ConflictError) -> str:
    """Return what is wrong, with its row and column where there is one."""
    what = str(fault) if isinstance(fault, ConflictError) else fault.what
    place = []
    if isinstance(fault, TableError):
        if fault.row is not None:
            place.append(f"row {fault.row:,}")
        if fault.column is not None:
            place.append(f"column “{fault.column}”")
    said = f"{', '.join(place)}: {what}" if place else what
    if not place and what.startswith(("is ", "has ", "holds ")):
        said = f"the file {what}"
    return f"{said[:1].upper()}{said[1:]}."


def number(value: float | None) -> str:
    """Return a figure with the digits worth reading."""
    if value is None or math.isnan(value):
        return "–"
    shown = f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"
    return shown.replace("-", "−")


def probability(value: float | None) -> str:
    """Return a p value."""
    if value is None or math.isnan(value):
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".lstrip("0")
