"""A passkey as a browser would make it, without a browser: enough to be listed and asked for."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

_PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


def give_passkey(person: Any, *, name: str = "Blue key") -> Authenticator:
    """Give ``person`` a passkey whose private key nobody keeps."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    public = ES256.from_cryptography_key(key)  # type: ignore[no-untyped-call]
    made = AttestedCredentialData.create(Aaguid.NONE, person.pk.bytes, public)
    data = AuthenticatorData.create(
        b"\0" * 32, _PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT, 0, made
    )
    answer = {
        "clientDataJSON": websafe_encode(
            CollectedClientData.create("webauthn.create", b"challenge", "http://testserver")
        ),
        "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
    }
    credential = {
        "id": websafe_encode(person.pk.bytes),
        "rawId": websafe_encode(person.pk.bytes),
        "type": "public-key",
        "response": answer,
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    passkey: Authenticator = Authenticator.objects.create(
        user=person,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": name, "credential": credential},
    )
    return passkey
