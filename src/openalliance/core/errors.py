"""The errors OpenAlliance raises on purpose.

::

    OpenAllianceError
    ├── InputError            something given from outside is wrong; the giver can mend it
    │   ├── InstrumentError   an instrument file or a response does not fit (``path``, ``reason``)
    │   └── TableError        a cell of a table is wrong (``file``, ``column``, ``row``)
    ├── RefusedError          the person may not do this
    ├── NotFoundError         there is no such thing, or it is not this person's to see
    └── ConflictError         what was to be changed has moved on meanwhile

Messages say what, where and what to do. They never contain an answer or a name, because
messages reach logs.
"""

from __future__ import annotations


class OpenAllianceError(Exception):
    """Anything OpenAlliance refuses or cannot do."""


class InputError(OpenAllianceError):
    """Something given from outside is wrong.

    Parameters
    ----------
    what
        The fault and what to do about it.
    where
        The place: a file, a field, a JSON path.
    """

    def __init__(self, what: str, *, where: str | None = None) -> None:
        self.what = what
        self.where = where
        super().__init__(what if where is None else f"{where}: {what}")


class InstrumentError(InputError):
    """An instrument or a response to it does not fit its definition."""

    def __init__(self, reason: str, *, path: str = "$") -> None:
        self.path = path
        self.reason = reason
        super().__init__(reason, where=path)


class TableError(InputError):
    """A table from a file cannot be used.

    ``row`` counts data rows from 1, without the header.
    """

    def __init__(
        self, what: str, *, file: str, column: str | None = None, row: int | None = None
    ) -> None:
        self.file = file
        self.column = column
        self.row = row
        place = [file]
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column “{column}”")
        super().__init__(what, where=", ".join(place))


class RefusedError(OpenAllianceError):
    """The person who asks may not do this."""


class NotFoundError(OpenAllianceError):
    """There is no such thing, or it is not this person's to see; the two look the same."""


class ConflictError(OpenAllianceError):
    """What was to be changed has moved on meanwhile; look again, then decide."""
