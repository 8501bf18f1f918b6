"""Every address is sent what fits, what nearly fits and what nobody should send.

The same requests on every run; ``OPENALLIANCE_FUZZ_SEED`` chooses others, and
`benchmarks/fuzz.py` sends many more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from openalliance.site.config.wsgi import Site
from openalliance.site.records.trust.fields import EncryptedTextField
from tests.site.fuzz import visits
from tests.site.fuzz.checks import FindingError, must_hold
from tests.site.fuzz.nasty import MARK, encoded
from tests.site.fuzz.runs import Fuzz
from tests.site.fuzz.targets import simple
from tests.site.fuzz.visits import Shot, Visitors
from tests.site.fuzz.world import ANONYMOUS, CLIENT, PASSWORD, ROLES, build

SEED = int(os.environ.get("OPENALLIANCE_FUZZ_SEED", "20261123"))
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
UNREACHED = {"healthz", "static", "nowhere"}
"""What lies beside the addresses that views answer."""

WITHOUT_WORDS = {"answers", "obstacles"}
"""Sealed fields that hold numbers and choices: there is no room for a secret in them."""


@pytest.fixture(scope="module")
def fuzz(django_db_setup: None, django_db_blocker: Any) -> Iterator[Fuzz]:
    """Return one world for all tests here; every request is undone, and in the end all of it."""
    print(f"OPENALLIANCE_FUZZ_SEED={SEED}")
    with django_db_blocker.unblock(), transaction.atomic():
        visitors = Visitors(world=build())
        yield Fuzz(visitors=visitors)
        visitors.close()
        transaction.set_rollback(True)


def test_every_address_as_its_own_pages_lead_there(fuzz: Fuzz) -> None:
    for _name, job in fuzz.walk():
        job()


def test_whatever_can_be_sent_by_whomever(fuzz: Fuzz) -> None:
    for _name, job in chain(fuzz.tries(1, SEED), fuzz.journeys(6, SEED)):
        job()
    assert {one.name for one in fuzz.known.values() if not one.reached} == UNREACHED, (
        "nobody comes further than the door: give tests/site/fuzz/world.py what it takes"
    )


def test_every_field_with_what_does_not_belong_there(fuzz: Fuzz) -> None:
    for _name, job in fuzz.sweep(300, SEED):
        job()


def test_whatever_fails_at_whatever_moment_tells_nobodys_words(fuzz: Fuzz, capfd: Any) -> None:
    for _name, job in fuzz.failures(SEED):
        job()
    assert {200, 302, 409, 500, 503} <= set(fuzz.failed)
    told = capfd.readouterr()
    for word in (MARK, *fuzz.world.secrets.values()):
        assert word not in told.out + told.err


@pytest.mark.parametrize("name", ["account_login", "client:code"])
def test_whoever_tries_too_often_is_told_so_and_nothing_else(fuzz: Fuzz, name: str) -> None:
    asked = simple(fuzz.known[name], fuzz.world, ANONYMOUS, "POST", typed=MARK)
    wrong = asked.body.replace(fuzz.world.codes["noor"].encode(), b"000000")
    wrong = wrong.replace(encoded(PASSWORD).encode(), MARK.encode())
    with fuzz.visitors.undone():
        answers = [fuzz.visitors.send(replace(asked, body=wrong)) for _ in range(12)]
    for answer in answers:
        must_hold(answer, fuzz.world)
    assert any(answer.status == 429 or b"Too many" in answer.body for answer in answers)


def test_over_https_every_answer_tells_browsers_to_stay(
    fuzz: Fuzz, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    monkeypatch.setattr(visits, "application", Site())
    for role, target in product(ROLES, fuzz.known.values()):
        asked = simple(target, fuzz.world, role, "GET")
        with fuzz.visitors.undone():
            answer = fuzz.visitors.send(replace(asked, headers=(("X-Forwarded-Proto", "https"),)))
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", asked


def test_every_field_that_is_sealed_holds_words_that_are_looked_for(fuzz: Fuzz) -> None:
    for model in apps.get_models():
        for one in model._meta.fields:
            if isinstance(one, EncryptedTextField) and one.name not in WITHOUT_WORDS:
                kept = [str(getattr(row, one.attname)) for row in model._default_manager.all()]
                assert any(word in text for word in fuzz.world.secrets.values() for text in kept), (
                    f"put a secret of tests/site/fuzz/world.py into {model.__name__}.{one.name}"
                )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"status": 500}, "status 500"),
        ({"body": b"<p>Traceback (most recent"}, "the program's inside"),
        ({"body": f"<b id={MARK}>".encode()}, "comes back as markup"),
        ({"logged": (f"WARNING no such {MARK}",)}, "somebody typed is in the log"),
        ({"mailed": (f"Dear {MARK}",)}, "somebody typed is in a mail"),
        ({"headers": {}}, "does not say"),
    ],
)
def test_what_must_never_be_is_found(fuzz: Fuzz, changed: dict[str, Any], said: str) -> None:
    answer = fuzz.visitors.send(Shot(role=ANONYMOUS, method="GET", path="/"))
    must_hold(answer, fuzz.world)
    with pytest.raises(FindingError, match=said):
        must_hold(replace(answer, **changed), fuzz.world)


def test_a_word_shown_to_whom_it_is_not_for_is_found(fuzz: Fuzz) -> None:
    answer = fuzz.visitors.send(Shot(role=CLIENT, method="GET", path="/"))
    for whose, word in fuzz.world.kept_from(CLIENT).items():
        with pytest.raises(FindingError, match=f"shown {whose}"):
            must_hold(replace(answer, body=word.encode()), fuzz.world)
