"""How often somebody may try: counters in PostgreSQL where it matters, a bucket in the process everywhere else.

``Limits.count`` is for sign-in, PIN, codes, enrollment: exact over all processes, one round trip, in a
transaction of its own, so that a request that is refused afterwards still counts. Keys are kept as keyed hashes: the
table names nobody. ``Limits.admit`` is the general limit of every client: a token bucket in memory, so that a
sale pays no round trip for it; with N processes a client has at most N times the rate.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Index, Table, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from loyalty.db import Base, db
from loyalty.errors import TooMany
from loyalty.web.tokens import derived

_MAX_BUCKETS: Final = 20_000


class RateLimited(TooMany):
    """Too many requests in too short a time."""

    code = "rate_limited"
    text = "Too many requests. Try again in {retry_after_seconds} seconds."


class RateCount(Base):
    """How often a key was counted in a window. Unlogged: after a crash of the database counting starts again."""

    __tablename__ = "rate_limit"
    __table_args__ = (Index(None, "expires_at"), {"prefixes": ["UNLOGGED"]})

    bucket: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in each window of ``seconds``, counted under the name ``bucket``."""

    bucket: str
    times: int
    seconds: int


class Limits:
    """Counts. ``rate`` (per second) and ``burst`` are those of the general limit of one client in one process."""

    def __init__(self, secret: str, *, enabled: bool = True, rate: float = 50, burst: int = 200) -> None:
        self._key = derived(secret, "limit")
        self._enabled = enabled
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()

    def count(self, limit: Limit, key: str, *, now: datetime) -> None:
        """Count one try of ``key`` (an address, an identity; kept only as a hash); raise ``RateLimited``."""
        if not self._enabled:
            return
        start = datetime.fromtimestamp(int(now.timestamp()) // limit.seconds * limit.seconds, UTC)
        end = start + timedelta(seconds=limit.seconds)
        counted = self._add(limit.bucket, self._hash(limit.bucket, key), start, end)
        if counted > limit.times:
            raise RateLimited(retry_after_seconds=max(1, int((end - now).total_seconds()) + 1))

    def admit(self, client: str, *, now: datetime) -> None:
        """Take one token of this client's bucket; raise ``RateLimited`` when it is empty."""
        if not self._enabled:
            return
        moment = now.timestamp()
        with self._guard:
            tokens, at = self._buckets.pop(client, (float(self._burst), moment))
            tokens = min(self._burst, tokens + max(0.0, moment - at) * self._rate)
            self._buckets[client] = (max(0.0, tokens - 1), moment)
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
        if tokens < 1:
            raise RateLimited(retry_after_seconds=max(1, int(1 / self._rate)))

    def _hash(self, bucket: str, key: str) -> bytes:
        return hmac.digest(self._key, f"{bucket}\0{key}".encode(), "sha256")[:16]

    @staticmethod
    def _add(bucket: str, key_hash: bytes, start: datetime, end: datetime) -> int:
        statement = insert(RateCount).values(
            bucket=bucket, key_hash=key_hash, window_start=start, count=1, expires_at=end
        )
        upsert = statement.on_conflict_do_update(
            index_elements=["bucket", "key_hash", "window_start"], set_={"count": RateCount.count + 1}
        ).returning(RateCount.count)
        # Autocommit: one round trip, and nothing that happens to the request takes it back.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.execute(upsert).scalar_one()


def sweep(session: Session, *, now: datetime, at_most: int = 10_000) -> int:
    """Delete counters whose window is over; return how many. Called by a periodic job."""
    table = RateCount.__table__
    assert isinstance(table, Table)
    over = text(
        "ctid = any(array(SELECT ctid FROM rate_limit WHERE expires_at < :now LIMIT :at_most))"
    ).bindparams(now=now, at_most=at_most)
    return len(session.execute(delete(table).where(over).returning(table.c.bucket)).all())
