"""SQLite where writers wait for their turn.

A writer that finds SQLite locked asks again after a while, and longer each time. With some writers
at once the lock then stands free while all of them sleep, and who came first is served last. Here a
transaction first takes its turn, in a file beside the database: the system wakes who waits as soon
as the one before has ended, or was killed. That only orders them; what keeps the data whole are
SQLite's own locks.
"""

from __future__ import annotations

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, whose transactions begin and end with a turn."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        if self._turn is not None or self.is_in_memory_db():
            return
        try:
            path = f"{self.settings_dict['NAME']}-turn"
            self._turn = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        except OSError:
            # A disk that is full or cannot be written: SQLite will say so in its own words.
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None
