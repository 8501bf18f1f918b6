"""Whether what is kept is whole: the database, the access log's chains, the encrypted fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING
from uuid import UUID

from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from django.db import models

    from openalliance.site.records.trust.chain import ChainReport, Head
    from openalliance.site.records.trust.fields import EncryptedTextField

SEALED_WITHIN = timedelta(hours=1)
"""A working site seals entries at once, or within a minute of its next start."""

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, and what is wrong with it (nothing, if empty)."""

    about: str
    looked_at: int
    found: str
    faults: tuple[str, ...] = ()


def verify_database() -> Check:
    """Ask the database whether its pages, indexes and references are whole."""
    from django.db import connection

    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if connection.vendor != "sqlite":
            rows = 0
            for table in tables:
                name = connection.ops.quote_name(table)
                cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - our own table  # nosec B608
                rows += cursor.fetchone()[0]
            return Check(about="Database", looked_at=rows, found=f"every row of {len(tables)} read")
        cursor.execute("PRAGMA integrity_check(20)")
        faults = [row[0] for row in cursor.fetchall() if row[0] != "ok"]
        cursor.execute("PRAGMA foreign_key_check")
        broken = cursor.fetchall()
    faults += [f"table {row[0]}, row {row[1]} refers to what is not there" for row in broken[:20]]
    return Check(
        about="Database", looked_at=len(tables), found=f"{len(tables)} tables", faults=tuple(faults)
    )


def verify_chains(anchors: Mapping[UUID, Head], *, now: datetime | None = None) -> Iterator[Check]:
    """Look at the access log of each practice from its first entry."""
    from openalliance.site.records.practice.access import practices
    from openalliance.site.records.trust.chain import examine_chains

    at = now or datetime.now(UTC)
    here = {practice.pk for practice in practices()}
    for report in examine_chains(anchors, expected=here):
        yield Check(
            about=f"Access log of practice {report.practice_id}",
            looked_at=report.entries,
            found=_chain_words(report),
            faults=tuple(_chain_faults(report, at)),
        )


def verify_fields(advance: Advance = lambda _more: None) -> Iterator[Check]:
    """Open every encrypted field with the keys at hand; nothing of it is kept or shown."""
    from django.apps import apps

    from openalliance.site.records.trust.fields import EncryptedTextField

    for model in sorted(apps.get_models(), key=lambda one: one._meta.db_table):
        fields = [one for one in model._meta.fields if isinstance(one, EncryptedTextField)]
        if fields:
            yield _opened(model, fields, advance)


def count_fields() -> int:
    """Return how many rows `verify_fields` will look at."""
    from django.apps import apps

    from openalliance.site.records.trust.fields import EncryptedTextField

    return sum(
        model._default_manager.count()
        for model in apps.get_models()
        if any(isinstance(one, EncryptedTextField) for one in model._meta.fields)
    )


def read_anchor(text: str, file: str) -> dict[UUID, Head]:
    """Read heads that `anchor_text` wrote.

    Raises
    ------
    InputError
        A line is none of ours; which one is said.
    """
    from openalliance.site.records.trust.chain import Head

    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts or parts[0].startswith("#"):
            continue
        try:
            practice, seq, seal = UUID(parts[0]), int(parts[1]), parts[2]
        except (ValueError, IndexError):
            raise InputError(
                "is no head of an access log; write “practice number seal”, as verify --head does",
                where=f"{file}, line {number}",
            ) from None
        found[practice] = Head(practice_id=practice, seq=seq, seal=seal)
    return found


def anchor_text(now: datetime) -> str:
    """Return the heads of all chains, to be printed or mailed and kept elsewhere."""
    from openalliance.site.records.trust.chain import heads

    lines = [f"# Access log, {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC: practice, entries, seal"]
    lines += [f"{one.practice_id} {one.seq} {one.seal}" for one in heads()]
    return "\n".join(lines)


def mail_anchor(address: str, *, now: datetime) -> None:
    """Mail the heads of all chains to somebody who keeps them elsewhere.

    Raises
    ------
    InputError
        Mail is not set up, the address is none, or the mail server does not take the letter.
    """
    from django.conf import settings
    from django.core.exceptions import ValidationError
    from django.core.mail import send_mail
    from django.core.validators import validate_email

    if not settings.MAIL_IS_SET_UP:
        raise InputError("mail is not set up; set OPENALLIANCE_MAIL_URL")
    try:
        validate_email(address)
    except ValidationError:
        raise InputError("is no e-mail address", where=address) from None
    text = f"{anchor_text(now)}\n\nPlease keep this letter. It holds no words about anybody.\n"
    try:
        send_mail(f"Access log, {now:%Y-%m-%d}", text, None, [address])
    except (OSError, SMTPException) as fault:
        raise InputError(
            f"the mail server did not take the letter ({type(fault).__name__})", where=address
        ) from None


def _chain_words(report: ChainReport) -> str:
    words = f"{report.entries:,} entries follow from each other"
    return words + (f", {report.unsealed} wait for their seal" if report.unsealed else "")


def _chain_faults(report: ChainReport, now: datetime) -> Iterator[str]:
    if report.fault:
        when = f" ({report.fault_at:%Y-%m-%d %H:%M} UTC)" if report.fault_at else ""
        yield f"entry {report.fault_seq}{when}: {report.fault}"
    if report.oldest_unsealed is not None and now - report.oldest_unsealed > SEALED_WITHIN:
        yield (
            f"{report.unsealed} entries were never sealed, the oldest of "
            f"{report.oldest_unsealed:%Y-%m-%d %H:%M} UTC; start the site once and verify again"
        )


def _opened(model: type[models.Model], fields: list[EncryptedTextField], advance: Advance) -> Check:
    from openalliance.site.records.trust import cipher

    table, opened, erased, faults = model._meta.db_table, 0, 0, []
    columns = [field.attname for field in fields]
    for pk, *values in (
        model._default_manager.order_by("pk").values_list("pk", *columns).iterator(chunk_size=500)
    ):
        for field, value in zip(fields, values, strict=True):
            if value is None:
                continue
            try:
                cipher.decrypt(value, place=f"{table}.{field.column}.{pk}")
            except cipher.ErasedFieldError:
                erased += 1
            except cipher.UnreadableFieldError as fault:
                faults.append(f"{table}.{field.column}, row {pk}: {fault}")
            opened += 1
        advance(1)
    kept = tuple(faults[:20])
    if len(faults) > len(kept):
        kept += (f"and {len(faults) - len(kept)} more in {table}",)
    return Check(
        about=f"Encrypted fields of {table}",
        looked_at=opened,
        found=f"{opened - erased - len(faults):,} of {opened:,} open"
        + (f", {erased:,} were erased" if erased else ""),
        faults=kept,
    )
