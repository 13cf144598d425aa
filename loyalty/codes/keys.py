"""P-256 keys of devices: reading a JWK, checking an ES256 signature fast, and signing where Python plays the phone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from loyalty.codes.parsing import decoded, encode
from loyalty.codes.refusals import CodeInvalid
from loyalty.errors import Flaw, Invalid

COORDINATE_BYTES: Final = 32
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


class KeyInvalid(Invalid):
    """What a device wants to register is not the public half of a P-256 key."""

    code = "key_invalid"
    text = "The key is not a public P-256 key."


@dataclass(frozen=True, slots=True)
class DeviceKeyState:
    """One device's key as its row says: ``status`` is active, suspended or revoked; ``counter`` the highest used."""

    member_id: int
    device_id: str
    kid: str
    public_key: Mapping[str, Any]
    counter: int
    status: str


def new_kid() -> str:
    """Return 8 random characters of base64url."""
    return secrets.token_urlsafe(6)


def clean_jwk(jwk: Mapping[str, Any]) -> dict[str, str]:
    """Return the four members of a public P-256 JWK (RFC 7518 § 6.2.1), proven to be a point of the curve.

    Members that a browser adds (``ext``, ``key_ops``) are left out. Raise ``KeyInvalid``, with a pointer to the
    member that is wrong; a private key is refused, since it should never have left its device.
    """
    if "d" in jwk:
        raise KeyInvalid(flaws=(Flaw("/d", "A private key must not be sent."),))
    if jwk.get("kty") != "EC":
        raise KeyInvalid(flaws=(Flaw("/kty", 'Must be "EC".'),))
    if jwk.get("crv") != "P-256":
        raise KeyInvalid(flaws=(Flaw("/crv", 'Must be "P-256".'),))
    clean = {"kty": "EC", "crv": "P-256", "x": _coordinate(jwk, "x"), "y": _coordinate(jwk, "y")}
    try:
        _public_key(clean["x"], clean["y"])
    except ValueError:
        raise KeyInvalid(flaws=(Flaw("/x", "Not a point of the curve."),)) from None
    return clean


def _coordinate(jwk: Mapping[str, Any], name: str) -> str:
    value = jwk.get(name)
    try:
        if isinstance(value, str) and len(value) <= 64 and len(decoded(value)) == COORDINATE_BYTES:
            return value
    except CodeInvalid:
        pass
    raise KeyInvalid(flaws=(Flaw(f"/{name}", "Must be 32 bytes in base64url without padding."),))


@lru_cache(maxsize=32_768)
def _public_key(x: str, y: str) -> ec.EllipticCurvePublicKey:
    """Return the key of a point; kept, because building one costs more than half of a verification."""
    left, up = (int.from_bytes(decoded(each), "big") for each in (x, y))
    return ec.EllipticCurvePublicNumbers(left, up, ec.SECP256R1()).public_key()


def signed_by(jwk: Mapping[str, Any], signature: bytes, message: bytes) -> bool:
    """Tell whether ``signature`` (r ‖ s, 64 bytes, RFC 7518 § 3.4) is this key's over ``message``."""
    if len(signature) != 2 * COORDINATE_BYTES:
        return False
    r, s = (
        int.from_bytes(half, "big") for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:])
    )
    try:
        _public_key(jwk["x"], jwk["y"]).verify(encode_dss_signature(r, s), message, _ECDSA)
    except InvalidSignature:
        return False
    return True


def sign(private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Return the ES256 signature (r ‖ s) over ``message``, as WebCrypto makes it on a phone."""
    r, s = decode_dss_signature(private_key.sign(message, _ECDSA))
    return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key: for the demo and for tests; a real device makes its own."""
    return ec.generate_private_key(ec.SECP256R1())


def jwk_of(private_key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """Return the public half as a JWK."""
    numbers = private_key.public_key().public_numbers()
    x, y = (encode(each.to_bytes(COORDINATE_BYTES, "big")) for each in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
