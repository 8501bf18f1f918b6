"""From a formula over a table's columns to the columns of a regression.

The formula is the right-hand side in Wilkinson's notation: ``a + b * c``. Columns are named as in
the file, dots and spaces included; functions are the few listed in `FUNCTIONS`. Columns without a
number in them are categories with treatment coding: the first category in the alphabet is the
reference.

References
----------
Wilkinson, G. N., & Rogers, C. E. (1973). Symbolic description of factorial models for analysis of
variance. *Applied Statistics, 22*, 392-399. https://doi.org/10.2307/2346786
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError, TableError
from openalliance.files.formula_size import COLUMN, columns_at_most

if TYPE_CHECKING:
    from openalliance.files.frame import Frame

Column = NDArray[np.float64] | NDArray[np.str_]

FUNCTIONS = ("log", "log1p", "log10", "sqrt", "exp", "abs", "I", "C")

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>`[^`]+`)|(?P<number>\d+(?:\.\d*)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<operator>\*\*|[-+*/:^()]))"
)
SMALLEST_PIVOT = 1e-7
"""Share of a column's length that must be left after the columns before it are taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Columns of a regression.

    Parameters
    ----------
    matrix
        Shape ``(rows kept, terms)``.
    terms
        ``Intercept``, column names, ``a:b``; ``column[T.category]`` for categories.
    kept
        Which rows of the table have all that the formula needs, shape ``(rows,)``.
    columns
        The whole columns that the formula uses, by name.
    rule
        How the matrix was made from them: the formula with the categories found; ``None`` for an
        intercept alone.
    """

    matrix: NDArray[np.float64]
    terms: tuple[str, ...]
    kept: NDArray[np.bool_]
    columns: Mapping[str, Column]
    rule: Any

    def like(
        self, rows: NDArray[np.int64], given: Mapping[str, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return the columns of the regression for rows of the table with some columns replaced.

        Parameters
        ----------
        rows
            Which rows of the table, shape ``(n,)``; they must have all that the formula needs.
        given
            What replaces their cells, shape ``(n,)`` each.
        """
        if self.rule is None:
            return np.ones((rows.size, 1))
        import pandas as pd

        taken = {name: given.get(name, column[rows]) for name, column in self.columns.items()}
        made = self.rule.get_model_matrix(pd.DataFrame(taken), context=_functions())
        return np.asarray(made, dtype=np.float64)


def design_of(
    frame: Frame,
    formula: str,
    *,
    given: Mapping[str, NDArray[np.float64]] | None = None,
    rows: NDArray[np.bool_] | None = None,
) -> Design:
    """Return the columns that a formula describes.

    Parameters
    ----------
    frame
        The table.
    formula
        Right-hand side; an intercept is included unless ``0 +`` or ``- 1`` takes it out.
    given
        Columns that replace or add to those of the table, with one number per row of it.
    rows
        Rows that may be used, shape ``(rows,)``; by default all.

    Raises
    ------
    TableError
        A name is no column, a cell that should be a number is none, no row has all columns, or a
        term follows from the terms before it.
    InputError
        The formula cannot be read.
    """
    given = given or {}
    tokens, signs = _read(formula, [*given, *frame.columns], frame)
    used = _columns_in(signs)
    columns = {name: given[name] if name in given else _column(frame, name) for name in used}
    columns_at_most(signs, lambda name: _width(columns[name], signs))
    kept = np.ones(frame.rows, dtype=bool) if rows is None else rows.copy()
    for column in columns.values():
        kept &= np.isfinite(column) if column.dtype.kind == "f" else column != ""
    if not kept.any():
        raise TableError("no row has a value in every column of the formula", file=frame.file)
    rule = None
    if columns:
        taken = {name: column[kept] for name, column in columns.items()}
        matrix, terms, rule = _matrix(tokens, taken)
    elif tokens in {"", "1"}:
        matrix, terms = np.ones((int(kept.sum()), 1)), ("Intercept",)
    else:
        raise InputError("names no column", where="formula")
    refuse_dependent(matrix, terms, frame.file)
    return Design(matrix=matrix, terms=terms, kept=kept, columns=columns, rule=rule)


def width_of(frame: Frame, formula: str) -> int:
    """Return a number that the columns of a formula do not exceed, without making them.

    Raises
    ------
    TableError, InputError
        As `design_of`, as far as that shows before.
    """
    _, signs = _read(formula, frame.columns, frame)
    columns = {name: _column(frame, name) for name in _columns_in(signs)}
    return columns_at_most(signs, lambda name: _width(columns[name], signs))


def additive(columns: Sequence[str]) -> str:
    """Return the formula that adds up columns, whatever their names."""
    return " + ".join(f"`{column}`" for column in columns)


def refuse_dependent(matrix: NDArray[np.float64], terms: Sequence[str], file: str) -> None:
    """Raise a `TableError` that names the first term that follows from those before it."""
    if matrix.shape[0] < matrix.shape[1]:
        raise TableError(f"has too few complete rows for {matrix.shape[1]} terms", file=file)
    lengths = np.sqrt(np.sum(matrix**2, axis=0))
    pivots = np.abs(np.diag(np.linalg.qr(matrix, mode="r")))
    for term in np.flatnonzero(~(pivots > SMALLEST_PIVOT * lengths)).tolist():
        raise TableError(
            f"the term “{terms[term]}” is constant or follows from the terms before it; leave it"
            " out",
            file=file,
        )


def _columns_in(signs: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(one[1:] for one in signs if one.startswith(COLUMN)))


def _width(column: Column, signs: Sequence[str]) -> int:
    """Return how many columns a column of the table becomes at most."""
    return 1 if column.dtype.kind == "f" and "C" not in signs else len(np.unique(column))


def _read(formula: str, known: Sequence[str], frame: Frame) -> tuple[str, list[str]]:
    """Return the formula with every column quoted, and its parts, columns marked as such."""
    odd = [name for name in known if not re.fullmatch(r"[^\W\d]\w*", name) and "`" not in name]
    for name in sorted(odd, key=len, reverse=True):
        formula = re.sub(rf"(?<![\w.`]){re.escape(name)}(?![\w.`])", f"`{name}`", formula)
    parts, signs, at = [], [], 0
    text = formula.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise InputError(f"cannot be read at “{text[at : at + 12]}”", where="formula")
        at = found.end()
        word = found.group().strip()
        name = word.strip("`")
        if found["name"] and text[at:].lstrip().startswith("("):
            if name not in FUNCTIONS:
                raise InputError(
                    f"“{name}” is no function here; there are {', '.join(FUNCTIONS)}",
                    where="formula",
                )
            parts.append(word)
            signs.append(word)
        elif found["name"] or found["quoted"]:
            if name not in known:
                there = ", ".join(f"“{column}”" for column in frame.columns)
                raise TableError(
                    f"there is no such column; the file has {there}", file=frame.file, column=name
                )
            signs.append(COLUMN + name)
            parts.append(name if name.isidentifier() else f"`{name}`")
        else:
            parts.append("**" if word == "^" else word)  # “^” is no power inside of I()
            signs.append(parts[-1])
    text = " ".join(parts)
    return re.sub(r"(\w) \( ", r"\1(", text).replace(" )", ")"), signs


def _column(frame: Frame, name: str) -> Column:
    """Numbers, or categories if no cell is a number; a stray text among numbers is refused."""
    try:
        return frame.numbers(name)
    except TableError:
        texts = np.array(frame.texts(name))
        if any(_is_number(text) for text in np.unique(texts)):
            raise
        return texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _matrix(
    formula: str, columns: Mapping[str, Column]
) -> tuple[NDArray[np.float64], tuple[str, ...], Any]:
    import formulaic
    import pandas as pd

    try:
        with np.errstate(all="ignore"):
            made = formulaic.model_matrix(
                formula, pd.DataFrame(dict(columns)), context=_functions(), na_action="ignore"
            )
    except (formulaic.errors.FormulaicError, ValueError, TypeError):
        raise InputError("cannot be read; write it like “a + b * c”", where="formula") from None
    matrix = np.asarray(made, dtype=np.float64)
    terms = tuple(_named(str(name)) for name in made.columns)
    bad = ~np.isfinite(matrix).all(axis=0)
    if bad.any():
        raise InputError(
            f"“{terms[int(np.argmax(bad))]}” is not a finite number in every row",
            where="formula",
        )
    return matrix, terms, made.model_spec


def _named(term: str) -> str:
    """Return a term as the file's columns and categories are written: ``C(arm)[T.2]``."""
    return re.sub(r"\[(T\.)?(-?\d+)\.0\]", r"[\1\2]", term.replace("`", ""))


def _functions() -> dict[str, Any]:
    return {
        "log1p": np.log1p,
        "sqrt": np.sqrt,
        "abs": np.abs,
        "log": np.log,
        "log10": np.log10,
        "exp": np.exp,
    }
