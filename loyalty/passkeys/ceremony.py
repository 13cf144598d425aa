"""The two ceremonies of WebAuthn Level 3 (https://www.w3.org/TR/webauthn-3/), checked by the library ``webauthn``.

What the library leaves to us: frames of other sites (``crossOrigin``), and the signature counter, which is looked at
after the signature so that only the passkey's holder learns about it.
"""

from __future__ import annotations

from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from loyalty.passkeys.models import Passkey

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
CREDENTIAL_MAX: Final = 1023  # WebAuthn § 4, credential ID
TIMEOUT_MILLISECONDS: Final = 300_000
_PORTS: Final = {"http": 80, "https": 443}


class NotGenuine(Exception):
    """What came from the browser does not pass the ceremony. The reason is for the log, never for an answer."""


@dataclass(frozen=True, slots=True)
class Party:
    """The relying party: the domain that passkeys are bound to, and the origin of its pages."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A genuine registration."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def party_of(public_url: str) -> Party:
    """Return the relying party of the server's public address.

    An address of this machine is ``localhost``: an IP address can be no relying party (WebAuthn § 5.1.2), and browsers
    allow ``localhost`` without TLS.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or "localhost"
    if host in LOOPBACK:
        host = "localhost"
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return Party(host, f"{parts.scheme}://{host}{port}")


def creation_options(
    *,
    party: Party,
    brand: str,
    challenge: bytes,
    handle: bytes,
    account: str,
    person: str,
    known: Iterable[Passkey],
) -> dict[str, Any]:
    """Return what ``PublicKeyCredential.parseCreationOptionsFromJSON`` takes: one found without a name."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=brand,
        user_id=handle,
        user_name=account,
        user_display_name=person,
        challenge=challenge,
        timeout=TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(each.credential_id, transports=_transports(each.transports))
            for each in known
        ],
    )
    return options_to_json_dict(options)


def request_options(*, party: Party, challenge: bytes) -> dict[str, Any]:
    """Return what ``PublicKeyCredential.parseRequestOptionsFromJSON`` takes: any passkey of this site."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT_MILLISECONDS,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def _transports(names: Iterable[str]) -> list[AuthenticatorTransport]:
    known = {each.value: each for each in AuthenticatorTransport}
    return [known[name] for name in names if name in known]


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """Return the challenge that the browser says it answers; raise ``NotGenuine``."""
    try:
        client_data = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    except Exception as error:
        # Whatever a stranger's bytes make a parser raise: they are not genuine.
        raise NotGenuine("clientDataJSON") from error
    if client_data.cross_origin:
        raise NotGenuine("in a frame of another site")
    return client_data.challenge


def bytes_of(text: str | None) -> bytes:
    """Return the bytes of a base64url text; raise ``NotGenuine``."""
    try:
        return base64url_to_bytes(text or "")
    except (NotBase64, ValueError) as error:
        raise NotGenuine("base64url") from error


def check_registration(credential: Mapping[str, Any], *, challenge: bytes, party: Party) -> Registered:
    """Check a new passkey (§ 7.1); attestation is not asked for, any authenticator may be used."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except Exception as error:
        raise NotGenuine(str(error)) from error
    if len(found.credential_id) > CREDENTIAL_MAX:
        raise NotGenuine("credential id too long")
    return Registered(found.credential_id, found.credential_public_key, found.sign_count)


def check_assertion(
    credential: Mapping[str, Any], *, challenge: bytes, party: Party, public_key: bytes
) -> int:
    """Check that the holder of a passkey signs in (§ 7.2); return its signature counter."""
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
    except Exception as error:
        raise NotGenuine(str(error)) from error
    return found.new_sign_count


def counter_went_back(stored: int, told: int) -> bool:
    """Tell whether the counter says that there are two of this passkey (§ 6.1.1); some authenticators never count."""
    return (stored > 0 or told > 0) and told <= stored
