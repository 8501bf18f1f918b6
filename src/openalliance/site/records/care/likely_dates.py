"""Dates of sessions that can be meant: not the year 9999, nor 0026."""

from __future__ import annotations

from datetime import datetime, timedelta

from openalliance.core.errors import InputError

A_LIFETIME = timedelta(days=365 * 50)
"""Farther from today, the date of a session must be mistyped."""


def require_likely(starts_at: datetime, now: datetime) -> None:
    """Refuse a date that is a lifetime away."""
    if abs(starts_at - now) > A_LIFETIME:
        raise InputError("choose a date nearer to today", where="date")
