"""Liveness says that the process works; readiness that it may be given work."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client as Browser

from openalliance.site.config import health


def test_alive_touches_no_database_whoever_asks(client: Browser) -> None:
    client.cookies["oa_session"] = "stale"
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_once_the_database_answers_and_is_up_to_date(client: Browser, db: None) -> None:
    assert client.get("/readyz").status_code == 200


def test_not_ready_while_the_database_is_away(client: Browser, db: None) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fails):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert answer.content == b"not ready"


def test_not_ready_while_migrations_are_missing(
    client: Browser, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind(*_: Any) -> list[str]:
        return ["something"]

    health._require_migrations.cache_clear()
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", behind)
    assert client.get("/readyz").status_code == 503
