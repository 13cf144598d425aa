"""Who knocks: VAPID (RFC 8292), an ES256 token made with a key that is derived from the server's secret.

Like codes (decision 008): nothing to generate, keep or copy between servers. After the secret was changed, browsers
that subscribed before still expect the former key, so every subscription names its own.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from loyalty.push.encryption import bytes_of

LIFE: Final = timedelta(hours=12)  # RFC 8292 § 2 allows 24
# The order of P-256 (FIPS 186-4, D.1.2.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class VapidKey:
    """A key to knock with. ``public`` is what browsers call the ``applicationServerKey``."""

    private: ec.EllipticCurvePrivateKey
    public: bytes

    @property
    def text(self) -> str:
        """Return the public key in base64url."""
        return _base64(self.public)

    @property
    def name(self) -> str:
        """Return 8 characters that name the key."""
        return sha256(self.public).hexdigest()[:8]


@lru_cache(maxsize=8)
def vapid_key(secret_key: str) -> VapidKey:
    """Derive the key from the server's ``secret_key`` (32 random bytes or more)."""
    root = sha256(secret_key.encode()).digest()
    seed = blake2b(key=root, person=b"push-vapid", digest_size=32).digest()
    # 512 bits, so that the remainder favors no key that anybody could notice.
    number = int.from_bytes(hmac.digest(seed, b"P-256", "sha512"), "big") % (_ORDER - 1) + 1
    private = ec.derive_private_key(number, ec.SECP256R1())
    return VapidKey(private, bytes_of(private.public_key()))


def key_named(secrets: Sequence[str], name: str) -> VapidKey | None:
    """Return the key of this name among those of the server's secrets, or ``None``."""
    return next((key for key in map(vapid_key, secrets) if key.name == name), None)


def contact_of(public_url: str, mail_from: str) -> str:
    """Return how a push service reaches the operator: a page or a mail address."""
    return public_url if public_url.startswith("https://") else f"mailto:{parseaddr(mail_from)[1]}"


def authorization(key: VapidKey, endpoint: str, *, contact: str, now: datetime) -> str:
    """Return the header ``Authorization`` for one endpoint."""
    parts = urlsplit(endpoint)
    claims: dict[str, Any] = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + LIFE).timestamp()),
        "sub": contact,
    }
    return f"vapid t={jwt.encode(claims, key.private, 'ES256')}, k={key.text}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")
