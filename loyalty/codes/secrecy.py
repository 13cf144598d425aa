"""What codes derive from the server's secret: epochs, the secrets of numbers, the signature of claim codes.

Nothing derived is stored, so a copy of the database lets nobody make a code.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final

EPOCH_LIFE: Final = timedelta(hours=48)
_DAY: Final = timedelta(days=1)
_START: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CodeSecret:
    """The server's secret, split by purpose so that one use can never stand in for another."""

    epoch: bytes
    number: bytes
    claim: bytes
    pickup: bytes


@lru_cache(maxsize=8)
def code_secret(secret_key: str) -> CodeSecret:
    """Derive the keys of this package from the server's ``secret_key`` (32 random bytes or more)."""
    root = sha256(secret_key.encode()).digest()
    return CodeSecret(
        *(
            blake2b(key=root, person=b"regulars-" + use, digest_size=32).digest()
            for use in (b"epoch", b"number", b"claim", b"pickup")
        )
    )


@dataclass(frozen=True, slots=True)
class Epoch:
    """A number that a phone writes into its codes to prove that it was online lately.

    Drawn anew each UTC day and accepted for 48 hours, so at any moment two are accepted.
    """

    value: int
    valid_from: datetime
    valid_until: datetime


def epoch_of(secret: CodeSecret, day: int) -> Epoch:
    """Return the epoch of the ``day``-th day since 2020-01-01 UTC: seven digits that nobody outside can foretell."""
    digest = hmac.digest(secret.epoch, day.to_bytes(4, "big"), "sha256")
    value = 1_000_000 + int.from_bytes(digest[:8], "big") % 9_000_000
    start = _START + day * _DAY
    return Epoch(value, start, start + EPOCH_LIFE)


@lru_cache(maxsize=4096)
def _epochs(secret: CodeSecret, day: int) -> tuple[Epoch, Epoch]:
    return epoch_of(secret, day), epoch_of(secret, day - 1)


def epochs_at(secret: CodeSecret, now: datetime) -> tuple[Epoch, Epoch]:
    """Return the epochs accepted at ``now``: today's, which phones shall use, then yesterday's."""
    return _epochs(secret, (now - _START) // _DAY)


def coming_epoch(secret: CodeSecret, now: datetime) -> Epoch:
    """Return tomorrow's epoch: for tills, which may be offline when it begins, and never for phones."""
    return epoch_of(secret, (now - _START) // _DAY + 1)
