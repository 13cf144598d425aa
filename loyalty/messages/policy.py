"""When a failed message is tried again, and when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

LEASE: Final = timedelta(minutes=2)
"""How long a worker keeps what it took; much longer than any single attempt may last."""

ATTEMPTS: Final = 12
KEPT: Final = timedelta(days=14)
ERROR_LENGTH: Final = 500
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

_FIRST: Final = timedelta(seconds=5)
_LONGEST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a failed attempt: due again at ``due_at``, or parked until somebody looks."""

    due_at: datetime
    parked: bool


def after_failure(
    attempts: int, *, now: datetime, permanent: bool = False, wait: timedelta | None = None
) -> Verdict:
    """Decide after the ``attempts``-th failure: 5 s, 10 s, 20 s, … up to 6 h, and parked after the twelfth.

    ``permanent`` failures (the recipient does not exist) are parked at once. Who was asked to ``wait`` waits at least
    so long.
    """
    if permanent or attempts >= ATTEMPTS:
        return Verdict(NEVER, parked=True)
    backoff = min(_FIRST * 2 ** (attempts - 1), _LONGEST)
    return Verdict(now + max(backoff, wait or backoff), parked=False)
