"""Whether this process may be given work."""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse


class _NotMigratedError(Exception):
    """The database lacks what this version needs."""


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the database can be reached and is up to date, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        _require_migrations()
    except (DatabaseError, _NotMigratedError):
        return HttpResponse(
            "not ready", status=503, content_type="text/plain", headers={"Retry-After": "5"}
        )
    return HttpResponse("ready", content_type="text/plain")


@cache
def _require_migrations() -> None:
    """Look once: what is applied stays applied while this process lives."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotMigratedError
