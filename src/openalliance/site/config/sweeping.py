"""Sweeps away what is over: sign-ins, forms nobody came back for, sessions, counts of tries."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from openalliance.site.records.practice import devices, kept_forms


def sweep(*, now: datetime) -> None:
    """Remove it; looking first, so that a quiet site takes no lock for nothing."""
    devices.forget_old(now=now)
    kept_forms.forget_old(now=now)
    over = Session.objects.filter(expire_date__lt=now)
    if over.exists():
        over.delete()
    _forget_counts(now)


def _forget_counts(now: datetime) -> None:
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    before = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(f"select 1 from {table} where expires < %s limit 1", [before])  # noqa: S608 - our own table  # nosec B608
        if cursor.fetchone():
            cursor.execute(f"delete from {table} where expires < %s", [before])  # noqa: S608 - our own table  # nosec B608
