"""The database itself refuses to change or remove entries of the access log.

It keeps honest programs honest and slows others down; what it cannot stop, the chain shows. The
triggers are made after every migration, as one that rebuilds the table takes them with it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections

TABLE = "trust_accessentry"
_SAYS = "the access log is only ever added to"
_KEPT = (
    "id", "practice_id", "at", "actor_kind", "actor_id", "action", "subject", "subject_id",
    "client_id",
)  # fmt: skip


def guard_log(using: str, **_: Any) -> None:
    """Make the triggers, unless the settings leave the log unguarded (tests empty their tables)."""
    if settings.ACCESS_LOG_GUARDED:
        make_triggers(using)


def make_triggers(using: str = "default") -> None:
    """Refuse to delete entries, and to change anything but a seal that is still missing."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


_CHANGED_SQLITE = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT)
_CHANGED_POSTGRESQL = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)
_SQLITE = (
    "DROP TRIGGER IF EXISTS access_entry_stays",
    f"""CREATE TRIGGER access_entry_stays BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END""",
    "DROP TRIGGER IF EXISTS access_entry_is_kept",
    f"""CREATE TRIGGER access_entry_is_kept BEFORE UPDATE ON {TABLE}
        WHEN OLD.seq IS NOT NULL OR {_CHANGED_SQLITE}
        BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END""",
)
_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION access_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'restrict_violation'; END $$""",
    f"DROP TRIGGER IF EXISTS access_entry_stays ON {TABLE}",
    f"""CREATE TRIGGER access_entry_stays BEFORE DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION access_entry_refuse()""",
    f"DROP TRIGGER IF EXISTS access_entry_is_kept ON {TABLE}",
    f"""CREATE TRIGGER access_entry_is_kept BEFORE UPDATE ON {TABLE} FOR EACH ROW
        WHEN (OLD.seq IS NOT NULL OR {_CHANGED_POSTGRESQL})
        EXECUTE FUNCTION access_entry_refuse()""",
    f"DROP TRIGGER IF EXISTS access_log_stays ON {TABLE}",
    f"""CREATE TRIGGER access_log_stays BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION access_entry_refuse()""",
)
