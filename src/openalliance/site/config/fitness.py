"""Whether an installation is fit for real clients: each question, its answer, what to do."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from openalliance.site.config.backups.making import last_made
from openalliance.site.config.installation import find_installation, set_up
from openalliance.site.config.secrets import DATABASE_FILE
from openalliance.site.config.secrets import FILE as SECRETS_FILE

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Practice


BACKUP_LASTS = timedelta(days=2)
"""How old the newest backup may be."""


class Verdict(StrEnum):
    """Whether something is fit, could be better, or must be mended before real clients come."""

    FIT = "fit"
    ADVICE = "advice"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    verdict: Verdict
    found: str
    do: str = ""


def examine(data_dir: Path) -> tuple[Finding, ...]:
    """Look at an installation without changing it.

    Raises
    ------
    InputError
        There is no installation in the folder.
    """
    data_dir = find_installation(data_dir)
    if not (data_dir / SECRETS_FILE).exists():
        return (_unfit("Keys", "secrets.json is missing", "put it back from its backup"),)
    set_up(data_dir)
    return tuple(_all(data_dir))


def _all(data_dir: Path) -> Iterator[Finding]:
    from django.conf import settings

    yield _demonstration_flag(demonstration=settings.DEMONSTRATION)
    yield _keys(data_dir)
    yield _https(https=settings.HTTPS)
    yield _hosts(settings.ALLOWED_HOSTS)
    yield from _database()
    yield _recovery_sheet()
    yield _mail(is_set_up=settings.MAIL_IS_SET_UP)
    yield _backup(last_made(data_dir), datetime.now(UTC))
    yield from _practice()


def _backup(made_at: datetime | None, now: datetime) -> Finding:
    do = "openalliance backup DEST, every night; see docs/how-to/backup.md"
    if made_at is None:
        return _unfit("Backup", "none was ever made", do)
    if now - made_at > BACKUP_LASTS:
        return _unfit("Backup", f"the last one is of {made_at:%Y-%m-%d %H:%M} UTC", do)
    return _fit("Backup", f"{made_at:%Y-%m-%d %H:%M} UTC")


def _fit(about: str, found: str) -> Finding:
    return Finding(about=about, verdict=Verdict.FIT, found=found)


def _advice(about: str, found: str, do: str) -> Finding:
    return Finding(about=about, verdict=Verdict.ADVICE, found=found, do=do)


def _unfit(about: str, found: str, do: str) -> Finding:
    return Finding(about=about, verdict=Verdict.UNFIT, found=found, do=do)


def _demonstration_flag(*, demonstration: bool) -> Finding:
    if demonstration:
        return _unfit(
            "Demonstration",
            "anybody can sign in without a password",
            "remove OPENALLIANCE_DEMONSTRATION from the environment",
        )
    return _fit("Demonstration", "off")


def _keys(data_dir: Path) -> Finding:
    loose = [
        name
        for name in (".", SECRETS_FILE, DATABASE_FILE)
        if (data_dir / name).exists()
        and stat.S_IMODE((data_dir / name).stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if loose:
        return _unfit(
            "Keys",
            f"other accounts of this machine can read: {', '.join(loose)}",
            f"chmod -R go= {data_dir}",
        )
    return _advice(
        "Keys",
        "present, readable by one account only",
        f"keep a copy of {SECRETS_FILE} apart from the database’s backup: without it nothing"
        " opens, with both everything does",
    )


def _recovery_sheet() -> Finding:
    from django.db import DatabaseError

    from openalliance.site.records.trust.keys_rotation import master_states

    try:
        states = [one for one in master_states() if one.retired_at is None]
    except DatabaseError:
        return _advice("Recovery sheet", "cannot be looked up", "mend the database first")
    away = [one.id for one in states if not one.at_hand]
    if away:
        return _unfit(
            "Recovery sheet",
            f"a key is missing: {', '.join(away)}",
            "put secrets.json back, or type the sheet in: openalliance keys restore FILE",
        )
    without = [one.id for one in states if one.sheet_made_at is None]
    if without:
        return _unfit(
            "Recovery sheet",
            f"none of {', '.join(without)}: if this disk breaks, nothing can be read again",
            "openalliance keys sheet FILE, print it, and keep it away from this machine",
        )
    return _fit("Recovery sheet", "made" if states else "not needed yet")


def _https(*, https: bool) -> Finding:
    if https:
        return _fit("HTTPS", "on: cookies and forms are bound to it")
    return _unfit(
        "HTTPS",
        "off: whoever shares the network can read along",
        "put a web server with a certificate in front and set OPENALLIANCE_HTTPS=1"
        " (docs/how-to/https.md)",
    )


def _hosts(hosts: list[str]) -> Finding:
    if "*" in hosts:
        return _unfit(
            "Host names", "any name is answered", "name them in OPENALLIANCE_HOSTS, comma-separated"
        )
    own = [host for host in hosts if host not in {"localhost", "127.0.0.1", "[::1]"}]
    if not own:
        return _unfit(
            "Host names",
            "only this machine itself can open the pages",
            "set OPENALLIANCE_HOSTS to the name clients type, such as praxis.example",
        )
    return _fit("Host names", ", ".join(own))


def _database() -> Iterator[Finding]:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        with connection.cursor() as cursor:
            yield _durability(connection.vendor, cursor)
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as fault:
        yield _unfit(
            "Database",
            f"it cannot be reached ({type(fault).__name__})",
            "look at DATABASE_URL, and whether the database runs",
        )
        return
    if behind:
        yield _unfit(
            "Database version",
            "older than this program",
            "start “openalliance serve” once: it brings the database up to date",
        )
    else:
        yield _fit("Database version", "up to date")


def _durability(vendor: str, cursor: object) -> Finding:
    def pragma(question: str) -> str:
        cursor.execute(question)  # type: ignore[attr-defined]
        return str(cursor.fetchone()[0])  # type: ignore[attr-defined]

    if vendor == "postgresql":
        if pragma("show fsync") == "on" and pragma("show synchronous_commit") != "off":
            return _fit("Database", "PostgreSQL; what is confirmed survives a power cut")
        return _unfit(
            "Database",
            "PostgreSQL does not wait for the disk: a power cut loses answers",
            "set fsync = on and synchronous_commit = on in postgresql.conf",
        )
    if pragma("pragma journal_mode") == "wal" and pragma("pragma synchronous") == "2":
        return _fit("Database", "SQLite; what is confirmed survives a power cut")
    return _unfit(
        "Database",
        "SQLite cannot use its write-ahead log here: a power cut may lose answers",
        "keep the data folder on a local disk, not on a network drive",
    )


def _mail(*, is_set_up: bool) -> Finding:
    if is_set_up:
        return _fit("Mail", "set up")
    return _advice(
        "Mail",
        "not set up: invitations and new passwords are handed over as links",
        "set OPENALLIANCE_MAIL_URL to send them by mail",
    )


def _practice() -> Iterator[Finding]:
    from django.db import DatabaseError

    from openalliance.site.records.practice.access import public_practice

    try:
        practice = public_practice()
        if practice is None:
            yield _unfit("Practice", "not set up", "open /set-up with the code that “serve” prints")
            return
        yield from _practice_itself(practice)
        yield _administrators(practice)
        yield _sealed_fields()
    except DatabaseError as fault:
        yield _unfit(
            "Practice",
            f"its records cannot be read ({type(fault).__name__})",
            "mend the database first, then run this again",
        )


def _practice_itself(practice: Practice) -> Iterator[Finding]:
    if practice.is_demonstration:
        yield _unfit(
            "Practice",
            "this is a demonstration: everybody in it is invented",
            "set up a real practice in a data folder of its own",
        )
    if practice.time_zone == "UTC":
        yield _advice(
            "Time zone", "UTC", "choose the practice’s own, or sessions are shown at odd times"
        )
    else:
        yield _fit("Time zone", practice.time_zone)
    if any(sign.isdigit() for sign in practice.crisis_information):
        yield _fit("Crisis information", "names a number to call")
    else:
        yield _unfit(
            "Crisis information",
            "names no number that a client in danger could call",
            "add telephone numbers that answer day and night, under “Practice”",
        )


def _administrators(practice: Practice) -> Finding:
    from allauth.mfa.models import Authenticator

    from openalliance.site.records.practice.models import Person
    from openalliance.site.records.trust.actors import Role

    people = Person.objects.filter(
        practice=practice,
        is_active=True,
        grants__role=Role.ADMINISTRATOR,
        grants__ended_at=None,
    ).distinct()
    held = people.count()
    protected = (
        people.filter(authenticator__type=Authenticator.Type.TOTP).values("pk").distinct().count()
    )
    if held == 0:
        return _unfit("Administrator", "there is none", "restore the database from a backup")
    if protected < held:
        return _unfit(
            "Administrator",
            f"{held - protected} of {held} can sign in with a password alone",
            "let each sign in and connect an app for codes",
        )
    return _fit("Administrator", f"{held}, each with a second factor")


def _sealed_fields() -> Finding:
    """Open one sealed field, to see whether these keys belong to this database."""
    from openalliance.site.records.care.models import Client
    from openalliance.site.records.trust.cipher import UnreadableFieldError

    newest = Client.objects.order_by("-added_at").first()
    try:
        if newest is not None:
            _ = newest.name
    except UnreadableFieldError:
        return _unfit(
            "Sealed fields",
            "these keys do not open what is in the database",
            f"put the {SECRETS_FILE} that belongs to it back from its backup",
        )
    return _fit("Sealed fields", "open with these keys" if newest else "none yet")
