"""What arrives before any page is reached, and cannot be read, is refused as calmly as the rest."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections

from openalliance.site.config.wsgi import application

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _inside_the_tests_transaction() -> Iterator[None]:
    """Keep a request from dropping the connection that the test's own transaction is on."""
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)


def _status(**changed: str) -> int:
    told: list[str] = []
    body = b"login=sam&password=hello"
    environment: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/sign-in", "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM,
        "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
        **changed,
    }  # fmt: skip
    answer = application(environment, lambda status, _headers: told.append(status))
    b"".join(answer)
    return int(told[0][:3])


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["abc", "-5", "9" * 30, "1_000", "٣", "1.5"])
def test_a_length_that_cannot_be_is_refused(length: str) -> None:
    assert _status(CONTENT_LENGTH=length) == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind",
    [f"{FORM}; charset=nowhere", f"{FORM}; charset=utf-16", f"{FORM}; a*=nowhere''%FF", "é;\x00"],
)
def test_a_charset_of_ones_own_breaks_nothing(kind: str) -> None:
    assert _status(CONTENT_TYPE=kind) == 403  # for want of the form's own token
