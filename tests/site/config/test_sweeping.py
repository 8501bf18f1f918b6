"""What is over is swept away, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

from openalliance.site.config.jobs import tidy
from openalliance.site.records.practice import devices, kept_forms
from openalliance.site.records.practice.models import Device, KeptForm, Person

pytestmark = pytest.mark.django_db


def _counts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_cache")
        return int(cursor.fetchone()[0])


def test_what_is_over_goes_and_what_is_not_stays(therapist: Person) -> None:
    now = datetime.now(UTC)
    SessionStore().save(must_create=True)
    devices.sign_in(therapist, browser="", now=now)
    kept_forms.keep(
        "/x", [("a", "b")], owner_id=therapist.pk, practice_id=therapist.practice_id, now=now
    )
    cache.set("a-count", [1.0], 3600)
    for days, left in ((0, 1), (5, 0)):
        tidy(now=now + timedelta(days=days))
        there = (Session.objects.count(), Device.objects.count(), KeptForm.objects.count())
        assert (*there, _counts()) == (left,) * 4
