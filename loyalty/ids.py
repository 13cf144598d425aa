"""Identifiers made in Python: UUID version 7, which sort by time and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import blake2b
from typing import Final
from uuid import UUID

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


def new_id(now: datetime) -> str:
    """Return a fresh UUIDv7 (RFC 9562 § 5.7) for the instant ``now``, as lower-case text with dashes."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | _VERSION | (secrets.randbits(12) << 64) | _VARIANT | secrets.randbits(62)
    return str(UUID(int=value))


def named_id(now: datetime, name: str) -> str:
    """Return the one identifier of this form that belongs to a name and an instant: made again, it is the same.

    For what is brought over from elsewhere; anybody can compute it.
    """
    moment = f"{int(now.timestamp() * 1000):012x}"
    digits = blake2b(name.encode(), digest_size=10).hexdigest()
    variant = "89ab"[int(digits[3], 16) & 3]
    return f"{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}"
