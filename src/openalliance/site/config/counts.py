"""Where counts of tries are kept: in the database, and never silently not."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, connections, router, transaction


class Counts(DatabaseCache):
    """Django's cache in the database, that says when the database could not keep something.

    Django answers “not added” then, as it does for what is there already. Whoever counts tries
    would take that for one try too many.
    """

    def _base_set(
        self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT
    ) -> bool:
        faults: list[DatabaseError] = []

        def noted(execute: Any, *what: Any) -> Any:
            try:
                return execute(*what)
            except IntegrityError:
                raise  # somebody else has just added it
            except DatabaseError as fault:
                faults.append(fault)
                raise

        database = router.db_for_write(self.cache_model_class)
        # The outer transaction: a commit that fails is no longer Django's to be silent about.
        with transaction.atomic(using=database), connections[database].execute_wrapper(noted):
            done: bool = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
            if faults:
                raise faults[0]
        return done
