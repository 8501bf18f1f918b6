"""What may reach a log: what happened and where; no link's secret, nothing anybody wrote."""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

_SECRET_IN_PATH = re.compile(r"(/(?:c|invitation|key)/)[^\s/?\"']+")


class Discreet(logging.Filter):
    """Masks secrets in paths, and strips exceptions of their messages and values."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; nothing is ever dropped."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_named, record.args))
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info:
            kind, fault, trace = record.exc_info
            if fault is not None and (said := str(fault)):
                record.msg = record.msg.replace(said, type(fault).__name__)
            record.exc_info = None
            record.exc_text = without_values(kind, trace)
        record.stack_info = None
        return True


def _named(told: object) -> object:
    """Return what is told; of a fault only its kind, as its words may be somebody's."""
    return type(told).__name__ if isinstance(told, BaseException) else told


def masked(text: str) -> str:
    """Return ``text`` with the secret part of every personal link, invitation and reset hidden."""
    return _SECRET_IN_PATH.sub(r"\1…", text)


def without_values(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    """Return a traceback of places and our own source lines, without the exception's message."""
    name = "unknown" if kind is None else kind.__qualname__
    return "".join(traceback.format_tb(trace)) + name


def places(fault: BaseException) -> str:
    """Return file, line and function of the innermost calls: no source, no values."""
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    return " < ".join(f"{one.filename}:{one.lineno} {one.name}" for one in reversed(frames))
