"""Identifiers made in Python: UUID version 7, which sort by time and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


def new_id(now: datetime) -> str:
    """Return a fresh UUIDv7 (RFC 9562 § 5.7) for the instant ``now``, as lower-case text with dashes."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | _VERSION | (secrets.randbits(12) << 64) | _VARIANT | secrets.randbits(62)
    return str(UUID(int=value))
