"""What goes wrong becomes a calm page of the right status, and leaks nothing."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection
from django.template import loader
from django.test import Client as Browser

from openalliance.site.config import faults
from openalliance.site.records.practice.models import Person, Practice
from tests.site.intake.messages import written

CANARY = "what-somebody-wrote-7f3a"
ERRORS = ("400", "403", "403_csrf", "404", "405", "409", "410", "413", "429", "500", "503")


@pytest.fixture
def visitor() -> Browser:
    """Return a browser that gets the page a real one would get."""
    return Browser(raise_request_exception=False)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_has_a_page_that_needs_nothing(name: str) -> None:
    page = loader.render_to_string(f"{name}.html")
    assert "<h1>" in page
    assert "emergency" in page


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("not-found", 404),
        ("refused", 403),
        ("conflict", 409),
        ("input", 400),
        ("locked", 503),
        ("denied", 403),
        ("suspicious", 400),
        ("broken", 500),
    ],
)
def test_a_fault_has_its_status_and_shows_and_logs_no_word_of_what_was_written(
    visitor: Browser,
    practice: Practice,
    failing_pages: None,
    caplog: pytest.LogCaptureFixture,
    what: str,
    status: int,
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = visitor.get(f"/fails/{what}", {"planted": CANARY})
    assert answer.status_code == status
    page = answer.content.decode()
    assert CANARY not in page
    assert "Traceback" not in page
    ours = [record for record in caplog.records if record.name.startswith("openalliance")]
    assert not any(CANARY in record.getMessage() or record.exc_info for record in ours)
    if status >= 500:
        assert any(
            "OperationalError" in r.getMessage() or "ValueError" in r.getMessage() for r in ours
        )


@pytest.mark.parametrize("name", ["django.request", "django.security", "axes"])
def test_logs_of_the_framework_that_repeat_what_was_sent_go_nowhere(name: str) -> None:
    assert not logging.getLogger(name).propagate
    assert settings.LOGGING["loggers"][name] == {"handlers": ["nowhere"], "propagate": False}


def test_the_second_of_two_at_the_same_moment_is_told_that_it_came_too_late(
    visitor: Browser,
    practice: Practice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise IntegrityError(CANARY)

    monkeypatch.setattr("openalliance.site.screens.public.contact.keep_request", fails)
    answer = visitor.post("/contact", written(message="hello"))
    assert answer.status_code == 409
    assert CANARY not in answer.content.decode()
    ours = [record for record in caplog.records if record.name == "openalliance.faults"]
    assert any("refused a change" in record.getMessage() for record in ours)
    assert not any(CANARY in record.getMessage() for record in ours)


@pytest.mark.parametrize("message", ["database is locked", "database or disk is full"])
def test_a_database_that_is_locked_or_full_asks_to_come_back(
    visitor: Browser, practice: Practice, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OperationalError(message)

    monkeypatch.setattr("openalliance.site.records.intake.services.ask_for_contact", fails)
    answer = visitor.post("/contact", written(message=CANARY))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert CANARY in answer.content.decode()  # their own words come back to who wrote them
    assert message not in answer.content.decode()


def test_a_database_that_fails_before_any_page_is_reached_is_no_different(
    visitor: Browser, administrator: Person, sign_in: Callable[[Browser, Person], Browser]
) -> None:
    sign_in(visitor, administrator)

    def fails(*_: object) -> None:
        raise OperationalError("database is locked")

    with connection.execute_wrapper(fails):
        answer = visitor.get("/home")
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_ten_megabytes_are_refused_calmly_and_nothing_is_kept(
    visitor: Browser, practice: Practice
) -> None:
    from openalliance.site.records.intake.models import ContactRequest

    answer = visitor.post("/contact", written(message="x" * 10_000_000))
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()
    assert not ContactRequest.objects.exists()


def test_too_many_fields_are_refused(
    visitor: Browser, practice: Practice, failing_pages: None
) -> None:
    answer = visitor.post("/read", {f"field{n}": "x" for n in range(300)})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "OPTIONS"])
def test_a_method_no_page_knows_is_refused_calmly(
    visitor: Browser, practice: Practice, method: str
) -> None:
    answer = visitor.generic(method, "/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"
    assert b"<h1>" in answer.content


def test_a_page_that_takes_only_forms_says_so(
    visitor: Browser, practice: Practice, failing_pages: None
) -> None:
    answer = visitor.get("/only-post")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert b"<h1>" in answer.content


def test_a_form_from_elsewhere_is_refused(practice: Practice) -> None:
    strict = Browser(enforce_csrf_checks=True)
    answer = strict.post("/set-up", {"code": "555"})
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b", "[::1"])
def test_another_host_name_is_refused_and_not_repeated(
    visitor: Browser, practice: Practice, settings: Any, host: str
) -> None:
    settings.ALLOWED_HOSTS = ["harbour.example"]
    answer = visitor.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert host not in answer.content.decode()


def test_a_forwarded_host_name_is_not_believed(
    visitor: Browser, administrator: Person, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["harbour.example"]
    answer = visitor.get(
        "/home", headers={"host": "harbour.example", "x-forwarded-host": "evil.example"}
    )
    assert answer["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "address",
    ["/nowhere", "/c/guessed/", "/invitation/guessed", "/%00", "/../etc/passwd", "/therapist/x"],
)
def test_what_does_not_exist_is_not_found_whatever_the_address(
    visitor: Browser, practice: Practice, address: str
) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 404
    assert "guessed" not in answer.content.decode()


def test_the_handlers_are_where_django_looks_for_them() -> None:
    urls = importlib.import_module("openalliance.site.config.urls")
    assert urls.handler500 is faults.broken
    assert urls.handler429 is faults.too_many
