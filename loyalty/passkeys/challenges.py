"""Challenges that prove themselves: no row until they are answered, and no second answer.

A challenge is 64 bytes: a random nonce (24), the second it ends (8), and a MAC (32) over both, what it is for and for
whom. The browser sends it back inside what the authenticator signed, so the server keeps nothing meanwhile.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final, Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.passkeys.models import AnsweredChallenge

LIFE: Final = timedelta(minutes=5)
_NONCE: Final = 24
_TIME: Final = 8
_BYTES: Final = _NONCE + _TIME + 32

Purpose = Literal["register", "sign_in"]


@dataclass(frozen=True, slots=True)
class PasskeySecret:
    """The server's secret, split by purpose: challenges, and the handles members are known by."""

    challenge: bytes
    handle: bytes


@lru_cache(maxsize=8)
def passkey_secret(secret_key: str) -> PasskeySecret:
    """Derive the keys of this package from the server's ``secret_key`` (32 random bytes or more)."""
    root = sha256(secret_key.encode()).digest()
    return PasskeySecret(
        *(
            blake2b(key=root, person=b"passkey-" + use, digest_size=32).digest()
            for use in (b"challeng", b"handle")
        )
    )


def draw(secret: PasskeySecret, purpose: Purpose, subject: str, *, now: datetime) -> bytes:
    """Return a challenge for ``purpose`` that only ``subject`` may answer, within ``LIFE``."""
    body = secrets.token_bytes(_NONCE) + int((now + LIFE).timestamp()).to_bytes(_TIME, "big")
    return body + _mac(secret, purpose, subject, body)


def is_open(
    secret: PasskeySecret, purpose: Purpose, subject: str, challenge: bytes, *, now: datetime
) -> bool:
    """Tell whether a challenge is ours, for this purpose and subject, and its time is not over."""
    body, mac = challenge[: _NONCE + _TIME], challenge[_NONCE + _TIME :]
    genuine = hmac.compare_digest(mac, _mac(secret, purpose, subject, body))
    return genuine and len(challenge) == _BYTES and _ends(challenge) > now


def use(session: Session, challenge: bytes) -> bool:
    """Use a genuine challenge up; tell whether it was the first time."""
    used = session.execute(
        insert(AnsweredChallenge)
        .values(nonce=challenge[:_NONCE], expires_at=_ends(challenge))
        .on_conflict_do_nothing()
        .returning(AnsweredChallenge.nonce)
    )
    return used.first() is not None


def _ends(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(challenge[_NONCE : _NONCE + _TIME], "big"), UTC)


def _mac(secret: PasskeySecret, purpose: Purpose, subject: str, body: bytes) -> bytes:
    return hmac.digest(secret.challenge, f"{purpose}\0{subject}\0".encode() + body, "sha256")
