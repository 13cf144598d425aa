"""The claim code: a receipt's link, signed by the server, with which a member earns afterwards."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Final

from loyalty.codes.parsing import CLAIM_PREFIX, MAC_BYTES, ClaimCode, encode
from loyalty.codes.refusals import ClaimExpired, CodeForged
from loyalty.codes.secrecy import CodeSecret

CLAIM_HOURS: Final = 48
REFERENCE_MAX: Final = 200


def draw_claim(secret: CodeSecret, reference: str, *, issued_at: datetime) -> str:
    """Return the claim code of a receipt (``reference``: the sale's id, printable ASCII, ≤ 200 characters)."""
    if not (reference.isascii() and reference.isprintable() and 0 < len(reference) <= REFERENCE_MAX):
        raise ValueError("a receipt's reference is 1 to 200 printable ASCII characters")
    signed = int(issued_at.timestamp()).to_bytes(4, "big") + reference.encode("ascii")
    return CLAIM_PREFIX + encode(signed + _mac(secret, signed))


def verify_claim(
    secret: CodeSecret, code: ClaimCode, *, now: datetime, claim_hours: int = CLAIM_HOURS
) -> str:
    """Return the receipt that a claim code is for; raise ``CodeForged`` or ``ClaimExpired``."""
    if not hmac.compare_digest(_mac(secret, code.signed), code.mac):
        raise CodeForged
    if now - code.issued_at > timedelta(hours=claim_hours):
        raise ClaimExpired
    return code.reference


def _mac(secret: CodeSecret, signed: bytes) -> bytes:
    return hmac.digest(secret.claim, signed, "sha256")[:MAC_BYTES]
