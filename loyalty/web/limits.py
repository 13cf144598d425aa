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
from datetime import datetime
from typing import Final

from loyalty import attempts
from loyalty.db import db
from loyalty.errors import TooMany
from loyalty.web.tokens import derived

_MAX_BUCKETS: Final = 20_000


class RateLimited(TooMany):
    """Too many requests in too short a time."""

    code = "rate_limited"
    text = "Too many requests. Try again in {retry_after_seconds} seconds."


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
        key_hash = hmac.digest(self._key, f"{limit.bucket}\0{key}".encode(), "sha256")[:16]
        # Autocommit: one round trip, and nothing that happens to the request takes it back.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            counted, end = attempts.count(
                connection, bucket=limit.bucket, key_hash=key_hash, seconds=limit.seconds, now=now
            )
        if counted > limit.times:
            raise RateLimited(retry_after_seconds=int((end - now).total_seconds()) + 1)

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
