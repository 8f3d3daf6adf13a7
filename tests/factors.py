"""People who have a second factor, and what a passkey says."""

import json
import re
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from tests.authenticator import SECRET, code_of

ADD_PASSKEY = "/accounts/2fa/webauthn/add/"
LOGIN_WITH_PASSKEY = "/accounts/2fa/webauthn/login/"


def give_app(user: User) -> Authenticator:
    """An authenticator app with `SECRET`, and recovery codes."""
    RecoveryCodes.activate(user)
    return auth.TOTP.activate(user, SECRET).instance


def recovery_codes_of(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def log_in(client: Client, name: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password})


def log_in_with_app(client: Client, name: str, password: str) -> None:
    """Password and code; what was limited or shown before is forgotten, so that one code does for several."""
    cache.clear()
    log_in(client, name, password)
    client.post("/accounts/2fa/authenticate/", {"code": code_of()})


def show_code(client: Client) -> None:
    """What changes the second factor asks for."""
    cache.clear()
    client.post("/accounts/2fa/reauthenticate/", {"code": code_of()})


def show_password(client: Client, password: str) -> None:
    client.post("/accounts/reauthenticate/", {"password": password})


class Passkey:
    """What keeps a key and signs with it, as a browser hands it on. What it must not say can be chosen too."""

    def __init__(self, origin: str = "http://localhost") -> None:
        self.origin = origin
        self.handle = ""
        self._id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, client: Client, **fields: Any) -> Any:
        """Post it as a new one; the person has just shown who they are."""
        asked = question(client.get(ADD_PASSKEY).text)
        self.handle = asked["user"]["id"]
        kept = AttestedCredentialData.create(b"\0" * 16, self._id, ES256.from_cryptography_key(self._key.public_key()))
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self._site(), flags, 0, kept)
        answer = {
            "clientDataJSON": self._client_data("webauthn.create", asked["challenge"]),
            "attestationObject": AttestationObject.create("none", data, {}),
        }
        return client.post(ADD_PASSKEY, {"name": "Phone", "credential": self._said(answer)} | fields)

    def show(self, asked: dict[str, Any], *, is_verified: bool = True, handle: str | None = None) -> str:
        """What is posted to the question `asked`."""
        flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if is_verified else 0)
        data = AuthenticatorData.create(self._site(), flags, 1)
        client_data = self._client_data("webauthn.get", asked["challenge"])
        answer = {
            "clientDataJSON": client_data,
            "authenticatorData": data,
            "signature": self._key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256())),
            "userHandle": handle or self.handle,
        }
        return self._said(answer)

    def _site(self) -> bytes:
        return sha256(b"localhost").digest()

    def _client_data(self, kind: str, challenge: Any) -> bytes:
        return CollectedClientData.create(type=kind, challenge=challenge, origin=self.origin)

    def _said(self, answer: dict[str, Any]) -> str:
        name = encoded(self._id)
        said = {key: value if isinstance(value, str) else encoded(value) for key, value in answer.items()}
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": said, "clientExtensionResults": {}}
        )


def question(page: str) -> dict[str, Any]:
    """What the page asks of a passkey."""
    (found,) = re.findall(r'<script id="passkey-options" type="application/json">(.*?)</script>', page)
    return dict(json.loads(found)["publicKey"])


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
