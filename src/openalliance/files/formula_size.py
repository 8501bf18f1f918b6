"""How many columns a formula can come to, known before any of them is made.

A short formula can mean more columns than there is memory for (``a * b * c …``, ``(a + b) ** 9``,
categories times categories), and a number to a power inside of a function more digits than there is
time for. Both are refused before anything is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from openalliance.core.errors import InputError

MOST_COLUMNS = 2_000
LARGEST_POWER = 9
COLUMN = "`"
_POWER = "**"


def columns_at_most(tokens: Sequence[str], of: Callable[[str], int]) -> int:
    """Return a number that the columns of a formula do not exceed, with its intercept.

    Parameters
    ----------
    tokens
        Its words and signs, in order; names of columns begin with “`”, other words are functions.
    of
        How many columns a column of the table becomes: its categories, or 1.

    Raises
    ------
    InputError
        It comes to more than `MOST_COLUMNS`, or a power is not of a column or a bracket.
    """
    return _Counting(tokens, of).whole()


class _Counting:
    def __init__(self, tokens: Sequence[str], of: Callable[[str], int]) -> None:
        self._left, self._of = list(tokens)[::-1], of

    def whole(self) -> int:
        count = 1 + self._sum()
        return _bounded(count + len(self._left))  # what is left over is for others to refuse

    def _next(self) -> str:
        return self._left[-1] if self._left else ""

    def _sum(self) -> int:
        count = 0
        while self._next() and self._next() != ")":
            if self._next() in {"+", "-"}:
                self._left.pop()
                continue
            count = _bounded(count + self._product())
        return count

    def _product(self) -> int:
        count = self._power()
        while self._next() and self._next() not in {"+", "-", ")"}:
            if self._next() in {"*", ":", "/"}:
                self._left.pop()
            count = _bounded((count + 1) * (self._power() + 1))
        return count

    def _power(self) -> int:
        count = self._one()
        while self._next() == _POWER:
            self._left.pop()
            count = _bounded((count + 1) ** _power_of(self._left.pop() if self._left else ""))
        return count

    def _one(self) -> int:
        if not self._left or self._next() == ")":
            return 0
        word = self._left.pop()
        if word == "(":
            count = self._sum()
            self._close()
            return count
        if word.startswith(COLUMN):
            return self._of(word[1:])
        return self._within(categories=word == "C") if word.isidentifier() else 1

    def _within(self, *, categories: bool) -> int:
        """Pass over what a function is given: one column, or the categories of those in it."""
        count, before = 1, ""
        named = [False]  # whether a column stands in each of the brackets that are open
        closed = False
        while self._left and (len(named) > 1 or not before or self._next() == "("):
            word = self._left.pop()
            if word == "(":
                named.append(False)
            elif word == ")" and len(named) > 1:
                closed = named.pop()
                named[-1] |= closed
            elif word.startswith(COLUMN):
                named[-1] = True
                count = _bounded(count * max(1, self._of(word[1:]))) if categories else count
            elif word == _POWER:
                if not (before.startswith(COLUMN) or (before == ")" and closed)):
                    raise InputError("a power is of a column or a bracket", where="formula")
                _power_of(self._next())
            before = word
        return count

    def _close(self) -> None:
        if self._next() == ")":
            self._left.pop()


def _power_of(word: str) -> int:
    try:
        found = float(word)
    except ValueError:
        found = LARGEST_POWER + 1.0
    if not 0 <= found <= LARGEST_POWER:
        raise InputError(f"powers are numbers up to {LARGEST_POWER}", where="formula")
    return int(found) + 1 if found % 1 else int(found)


def _bounded(count: int) -> int:
    if count > MOST_COLUMNS:
        raise InputError(
            f"comes to more than {MOST_COLUMNS:,} columns; leave out products or categories",
            where="formula",
        )
    return count
