"""What comes in a passkey's place is an answer that was not right, never a fault of the program."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from passkeys import give_passkey

from openalliance.site.records.practice.models import Person

SignIn = Callable[[Browser, Person], Browser]
DEEP = 60_000


def _packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _answer(
    *, said: bytes = b'{"type":"webauthn.get","challenge":"AA","origin":"x"}',
    seen: bytes = bytes(32) + b"\x05" + bytes(4), **more: Any,
) -> str:  # fmt: skip
    response = {
        "clientDataJSON": _packed(said), "authenticatorData": _packed(seen), "signature": "AA",
        "attestationObject": _packed(seen), "userHandle": "AA",
    }  # fmt: skip
    whole = {"id": "AA", "rawId": "AA", "type": "public-key", "response": response, **more}
    return json.dumps(whole)


NESTED_CBOR = bytes(32) + b"\x85" + bytes(4) + b"\x81" * 20_000
ANSWERS = {
    "deep": "[" * DEEP,
    "deep inside": '{"id":' + "[" * DEEP,
    "long number": "1" * 50_000,
    "long number inside": '{"id":' + "1" * 50_000 + "}",
    "not a number": "NaN",
    "not a number inside": '{"id": NaN, "response": Infinity}',
    "a list": "[]",
    "a word": '"word"',
    "nothing": "null",
    "empty": "{}",
    "half a pair": '{"id": "\\ud800"}',
    "deep words": _answer(said=b"[" * DEEP),
    "words with a long number": _answer(said=b'{"type":' + b"1" * 9_000 + b"}"),
    "deep bytes": _answer(seen=NESTED_CBOR),
    "huge length": _answer(seen=bytes(32) + b"\x85" + bytes(4) + b"\x5b" + b"\xff" * 8),
    "no bytes": _answer(seen=b""),
    "plausible": _answer(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_signing_in_with_what_is_no_passkey(name: str, client: Browser) -> None:
    client.raise_request_exception = False
    client.get("/sign-in/passkey")
    answer = client.post("/sign-in/passkey", {"credential": ANSWERS[name]})
    assert answer.status_code in (200, 302), name
    assert "_auth_user_id" not in client.session


def test_adding_and_confirming_with_what_is_no_passkey(
    client: Browser, sign_in: SignIn, therapist: Person
) -> None:
    browser = sign_in(client, therapist)
    browser.raise_request_exception = False
    give_passkey(therapist)
    for name, given in ANSWERS.items():
        cache.clear()  # tries that are counted would be refused unread
        for address in ("/account/confirm/passkey", "/account/security/passkeys/new"):
            browser.get(address)
            answer = browser.post(address, {"credential": given, "name": "blue"})
            assert answer.status_code in (200, 302), (name, address)
