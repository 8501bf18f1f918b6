"""One door to clinical data: screens have no other, and without its log entry it stays shut."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openalliance.core.errors import ConflictError, NotFoundError, RefusedError
from openalliance.site import screens
from openalliance.site.records.trust.models import AccessEntry
from tests.site.access.callers import ASKED, Both, NothingHeldError, arguments, make

SCREENS = sorted(
    path for path in Path(screens.__file__).parent.rglob("*.py") if path.name != "urls.py"
)
QUERIES = frozenset({
    "objects", "_default_manager", "_base_manager", "filter", "exclude", "save", "delete", "raw",
    "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "aggregate",
    "annotate", "select_related", "prefetch_related", "values_list", "order_by", "exists",
    "select_for_update",
})  # fmt: skip
"""What asks the database, by a manager of a model or from one row to its relations."""

LOGGED = frozenset({
    "care.episode_for", "care.latest_episode_for", "care.own_episode_for", "care.session_for",
    "checkins.hard_to_say_of",
    "conversations.caseload_for", "conversations.topics_for", "emergency.episode_in_emergency",
    "emergency.opening_for", "endings.wishes_for", "intake.request_for", "intake.requests_for",
    "plans.plan_version_for", "conversations.rupture_for", "endings.wishes_left_behind",
})  # fmt: skip
"""The functions that open something and write that they did."""


def _asked_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in QUERIES:
            yield f"{path.name}:{node.lineno}: .{node.attr}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db"):
            yield f"{path.name}:{node.lineno}: import of {node.module}"


def test_no_screen_asks_the_database() -> None:
    """The import contract keeps models out of screens; this keeps out what rows lead to."""
    assert len(SCREENS) > 50
    assert [found for path in SCREENS for found in _asked_in(path)] == []


@pytest.fixture(scope="module")
def both(django_db_setup: None, django_db_blocker: Any) -> Iterator[Both]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.slow
def test_what_is_read_is_logged_or_not_read(both: Both) -> None:
    """The same call twice: once the log works, once it fails; what logged must then be refused."""
    logged = {name for name in sorted(ASKED) if _refused_without_log(name, both)}
    assert logged == LOGGED


def _refused_without_log(name: str, both: Both) -> bool:
    """Whether the function logs, having seen that it then returns nothing without its entry."""
    logged = []

    # Few of those drawn may open what is asked for: it is tried until some have.
    tries = 400 if name in LOGGED else 3

    @settings(max_examples=tries, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def holds(data: Any) -> None:
        practice_id = data.draw(st.sampled_from(list(both.ids)))
        by = data.draw(both.actors[practice_id])
        before = AccessEntry.objects.count()
        try:
            call = arguments(ASKED[name], both, by, data)
            if len(logged) >= 3:
                return
            with transaction.atomic():
                call()
                wrote = AccessEntry.objects.count() > before
                transaction.set_rollback(True)
        except (NotFoundError, RefusedError, ConflictError, NothingHeldError):
            return
        if wrote:
            logged.append(name)
            failing = patch.object(AccessEntry.objects, "bulk_create", side_effect=DatabaseError)
            with pytest.raises(DatabaseError), transaction.atomic(), failing:
                call()

    holds()
    return bool(logged)
