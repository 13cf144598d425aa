"""Signatures of webhooks in the form ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`` (Stripe's scheme)."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Final

from loyalty.wallet.gateway import SignatureInvalid

TOLERANCE_SECONDS: Final = 300


def signature(secret: str, body: bytes, *, now: datetime) -> str:
    """Return the header value that signs ``body`` at ``now``."""
    at = int(now.timestamp())
    return f"t={at},v1={_mac(secret, at, body)}"


def check(secret: str, header: str, body: bytes, *, now: datetime) -> None:
    """Raise ``SignatureInvalid`` unless one of the header's ``v1`` signs ``body`` within five minutes of ``now``.

    A window on both sides: a signature from the future is a wrong clock or a forgery kept for later.
    """
    pairs = [part.strip().split("=", 1) for part in header.split(",") if "=" in part]
    times = [value for name, value in pairs if name == "t"]
    given = [value for name, value in pairs if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise SignatureInvalid
    at = int(times[0])
    expected = _mac(secret, at, body)
    # Compared as bytes: a header may hold what is no ASCII, and compare_digest refuses such text.
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in given):
        raise SignatureInvalid
    if abs(now.timestamp() - at) > TOLERANCE_SECONDS:
        raise SignatureInvalid("The signature of this webhook is too old.")


def _mac(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
