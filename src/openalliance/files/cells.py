"""Cells of tables that people open in spreadsheets, which take some words for formulas."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_MARK = "'"


def guarded(cell: object) -> object:
    """Return a cell that no spreadsheet computes: a mark goes before words that begin like that.

    Numbers stay what they are.
    """
    if isinstance(cell, str) and cell.startswith(_BEGINS) and not _is_number(cell):
        return _MARK + cell
    return cell


def guarded_row(cells: Iterable[object]) -> list[object]:
    """Return a row with each cell `guarded`."""
    return [guarded(cell) for cell in cells]


def unguarded(cell: str) -> str:
    """Return what a cell was before it was `guarded`."""
    return cell[1:] if cell.startswith(tuple(_MARK + one for one in _BEGINS)) else cell


def _is_number(cell: str) -> bool:
    try:
        return isfinite(float(cell))
    except ValueError:
        return False
