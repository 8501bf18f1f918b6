"""What reaches a log says what happened and where, and nothing else."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from openalliance.site.config.logs import Discreet, masked

SECRET = "Zm9vYmFy-secret_token"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Discreet())
    logger = logging.getLogger("test.discreet")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, written
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "path",
    [
        f"/c/{SECRET}/",
        f"/c/{SECRET}/form/1",
        f"/invitation/{SECRET}",
        f"/account/password/key/{SECRET}",
        f"https://praxis.example/c/{SECRET}?x=1",
        f"'/c/{SECRET}'",
    ],
)
def test_a_links_secret_is_masked(path: str) -> None:
    assert SECRET not in masked(f"Error handling request GET {path}")


def test_other_paths_stay_readable() -> None:
    assert masked("at /therapist/clients/") == "at /therapist/clients/"


def test_an_exceptions_words_are_left_out_but_its_place_is_kept(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, written = log
    answer = "a quiet word"
    try:
        raise ValueError(answer)
    except ValueError:
        logger.exception("failed at %s", f"/c/{SECRET}/")
    text = written.getvalue()
    assert answer not in text
    assert SECRET not in text
    assert "ValueError" in text
    assert "test_logs.py" in text


def test_a_fault_that_is_told_as_an_argument_or_inside_the_message_is_named_only(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, written = log
    answer = ValueError("a quiet word")
    logger.error("failed at %s (%s)", 7, answer)
    try:
        raise answer
    except ValueError as fault:
        logger.exception(f"failed: {fault}")
    assert "a quiet word" not in written.getvalue()
    assert "failed at 7 (ValueError)" in written.getvalue()
    assert "failed: ValueError" in written.getvalue()
