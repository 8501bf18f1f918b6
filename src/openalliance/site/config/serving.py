"""Who uses a data folder: a server shares it with nobody who would swap its database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from openalliance.core.errors import ConflictError

_LOCK = ".in-use"


def in_use(data_dir: Path) -> TextIO:
    """Say that the folder is being served, for as long as the file that is returned is open.

    Raises
    ------
    ConflictError
        Its database is being swapped just now.
    """
    lock = (data_dir / _LOCK).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise ConflictError("a backup is being restored here; wait until that is done") from None
    return lock


@contextmanager
def alone(data_dir: Path, what: str, *, force: bool = False) -> Iterator[bool]:
    """Have the folder to oneself; yields whether one has, which ``force`` does without.

    Raises
    ------
    ConflictError
        The practice is being served from it.
    """
    with (data_dir / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except BlockingIOError:
            is_alone = False
        if not is_alone and not force:
            raise ConflictError(
                f"the practice is being served from {data_dir}; stop that first, so that it can be"
                f" {what}"
            )
        yield is_alone
