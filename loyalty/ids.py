"""Identifiers made in Python: UUID version 7, which sort by time and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_LOW: Final = (1 << 62) - 1


def new_id(now: datetime) -> str:
    """Return a fresh UUIDv7 (RFC 9562 § 5.7) for the instant ``now``, as lower-case text with dashes."""
    return _id(now, secrets.randbits(74))


def named_id(now: datetime, name: str) -> str:
    """Return the one identifier of this form that belongs to a name and an instant: made again, it is the same.

    For what is brought over from elsewhere; anybody can compute it.
    """
    return _id(now, int.from_bytes(blake2b(name.encode(), digest_size=10).digest(), "big") >> 6)


def _id(now: datetime, bits: int) -> str:
    """Return the UUIDv7 of an instant and 74 other bits."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | _VERSION | (bits >> 62 << 64) | _VARIANT | (bits & _LOW)
    return str(UUID(int=value))
