"""What only the member's browser can read: RFC 8291 (aes128gcm of RFC 8188, one record).

Thirty lines instead of ``pywebpush``: that one sends by itself, follows redirects and looks names up on its own, and we
must know which machine we talk to (``gateway``). The RFC's own example is among the tests.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD: Final = 4096  # what every push service takes (RFC 8030 § 7.2)
LONGEST: Final = RECORD - 86 - 17  # less the header, the tag and the delimiter
_CURVE: Final = ec.SECP256R1()


def point_of(data: bytes) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key of an uncompressed point of 65 bytes; raise ``ValueError``."""
    if len(data) != 65 or data[0] != 4:
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, data)


def bytes_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the uncompressed point of a key: 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plain: bytes,
    *,
    public_key: bytes,
    auth_secret: bytes,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body of a push message of at most ``LONGEST`` bytes. ``own`` and ``salt``: for tests only."""
    if len(plain) > LONGEST:
        raise ValueError("too long for one record")
    own = own or ec.generate_private_key(_CURVE)
    salt = salt or secrets.token_bytes(16)
    sender = bytes_of(own.public_key())
    shared = own.exchange(ec.ECDH(), point_of(public_key))
    input_key = _expand(_extract(auth_secret, shared), b"WebPush: info\0" + public_key + sender, 32)
    pseudorandom = _extract(salt, input_key)
    key = _expand(pseudorandom, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(pseudorandom, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return header + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def _extract(salt: bytes, key: bytes) -> bytes:
    return hmac.digest(salt, key, "sha256")


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.digest(key, info + b"\x01", "sha256")[:length]
