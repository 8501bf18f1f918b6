"""Addresses that the environment gives, with passwords in them: read, and never repeated."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import dj_database_url

from openalliance.core.errors import InputError

# Statements asked often are planned once for each connection: half of PostgreSQL's own work.
_PREPARED = {"server_side_binding": True, "prepare_threshold": 2}
_ENCODE = "; letters such as / # @ in a password are written %2F %23 %40"


class MailServer(NamedTuple):
    """Where mail is handed over."""

    host: str
    port: int
    user: str
    password: str
    encrypted: bool


def database(url: str) -> dict[str, Any]:
    """Return Django's settings of a database.

    Raises
    ------
    InputError
        It is no address of one.
    """
    try:
        found: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
        )
    except ValueError:
        raise InputError(
            f"write postgres://user:password@host:port/name{_ENCODE}", where="DATABASE_URL"
        ) from None
    if "postgresql" in found["ENGINE"]:
        found["OPTIONS"] = {**_PREPARED, **found.get("OPTIONS", {})}
    return found


def mail_server(url: str) -> MailServer | None:
    """Return the mail server of an address; none for an empty one.

    Raises
    ------
    InputError
        It is no address of one.
    """
    if not url.strip():
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 587
    except ValueError:
        host, port = None, 0
    if host is None or parts.scheme not in {"smtp", "smtp+plain"}:
        raise InputError(
            f"write smtp://user:password@host:port{_ENCODE}", where="OPENALLIANCE_MAIL_URL"
        )
    return MailServer(
        host=host, port=port, encrypted=parts.scheme == "smtp",
        user=unquote(parts.username or ""), password=unquote(parts.password or ""),
    )  # fmt: skip


def gateway(url: str) -> str:
    """Return the address of a gateway for text messages; empty where there is none.

    Raises
    ------
    InputError
        It is neither HTTPS nor on this machine: texts would cross the network in the open.
    """
    if not url.strip():
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    here = host in {"127.0.0.1", "localhost", "::1"}
    if host is None or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise InputError(
            "write https://host/path, or http:// on this machine alone",
            where="OPENALLIANCE_TEXT_URL",
        )
    return url


def public_address(url: str, *, host: str, https: bool) -> str:
    """Return the address clients reach the site at, without a final slash.

    Without one it is made of the first host name, which is right for a site on the usual port.

    Raises
    ------
    InputError
        It is no address.
    """
    if not url.strip():
        return f"{'https' if https else 'http'}://{host}"
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise InputError("write https://name-of-the-site", where="OPENALLIANCE_ADDRESS")
    return url.strip().rstrip("/")
