"""The rotating number: ``7``, the account number, and an 8-digit TOTP (RFC 6238, SHA-1, 30 seconds).

For third-party tills and 1-D scanners. Eight digits can be guessed, so wrong ones are counted under a lock
(``admission``), and the fifth in a row locks the number and changes its secret.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from loyalty.codes.parsing import NumberCode
from loyalty.codes.pay import Use, Verified, require_same_check
from loyalty.codes.refusals import NumberWrong
from loyalty.codes.secrecy import CodeSecret

DIGITS: Final = 8
STEP_SECONDS: Final = 30
TRIES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Provision:
    """What the app needs to show the number. ``secret`` is base32 (RFC 4648), as authenticator apps take it."""

    account_number: str
    secret: str
    digits: int = DIGITS
    step_seconds: int = STEP_SECONDS
    algorithm: str = "SHA1"


def number_secret(secret: CodeSecret, member_id: int, account_number: str, rotation: int) -> bytes:
    """Return the 20-byte TOTP secret of a member's account number after ``rotation`` changes."""
    return hmac.digest(secret.number, f"{member_id}:{account_number}:{rotation}".encode("ascii"), "sha256")[
        :20
    ]


def provision(secret: CodeSecret, member_id: int, account_number: str, rotation: int) -> Provision:
    """Return what the member's own app is told."""
    key = number_secret(secret, member_id, account_number, rotation)
    return Provision(account_number, b32encode(key).decode("ascii"))


def password_at(key: bytes, step: int) -> str:
    """Return the password of one time step (RFC 4226 § 5.3)."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    value = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{value % 10**DIGITS:0{DIGITS}d}"


def draw_number(key: bytes, account_number: str, *, now: datetime) -> str:
    """Return the 19 digits that the app shows at ``now``."""
    return f"7{account_number}{password_at(key, int(now.timestamp()) // STEP_SECONDS)}"


def number_matches(key: bytes, password: str, *, now: datetime) -> bool:
    """Tell whether ``password`` is that of this step or a neighbor's (RFC 6238 § 5.2), in constant time."""
    step = int(now.timestamp()) // STEP_SECONDS
    found = False
    for each in (step - 1, step, step + 1):
        found |= hmac.compare_digest(password_at(key, each), password)
    return found


def verify_admitted_number(
    code: NumberCode, member_id: int, *, use: Use | None, reference: str | None, now: datetime
) -> Verified:
    """Accept a number that ``admit_number`` has bound to this check; raise ``NumberWrong`` or ``CodeAlreadyUsed``.

    ``use`` is the row of ``code_use`` for ``code.use_key``: it is there only if the number was right.
    """
    if use is None:
        raise NumberWrong
    require_same_check(use, reference, now)
    return Verified(member_id, "capped", use_key=code.use_key, first_seen=False)
