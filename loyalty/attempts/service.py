"""Counting a try, and forgetting old ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

_COUNT: Final = text("""
    INSERT INTO rate_limit (bucket, key_hash, window_start, count, expires_at)
    VALUES (:bucket, :key_hash, :window_start, 1, :expires_at)
    ON CONFLICT (bucket, key_hash, window_start) DO UPDATE SET count = rate_limit.count + 1
    RETURNING count
""")
_SWEEP: Final = text("""
    DELETE FROM rate_limit
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM rate_limit WHERE expires_at < :now LIMIT :at_most))
""")


def count(
    connection: Session | Connection, *, bucket: str, key_hash: bytes, seconds: int, now: datetime
) -> tuple[int, datetime]:
    """Count one try; return how many there were in this fixed window of ``seconds``, and when the window ends."""
    start = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    end = start + timedelta(seconds=seconds)
    values = {"bucket": bucket, "key_hash": key_hash, "window_start": start, "expires_at": end}
    counted: int = connection.execute(_COUNT, values).scalar_one()
    return counted, end


def sweep(session: Session, *, now: datetime, at_most: int = 10_000) -> int:
    """Delete counters of windows that are over, at most ``at_most``; return how many."""
    result = session.connection().execute(_SWEEP, {"now": now, "at_most": at_most})
    return result.rowcount
