"""What time it is: read once at the edge (route, command, job) and passed down as ``now``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload


@overload
def rfc3339(moment: datetime) -> str: ...
@overload
def rfc3339(moment: datetime | None) -> str | None: ...
def rfc3339(moment: datetime | None) -> str | None:
    """Write an aware instant as RFC 3339 in UTC, ending in ``Z``; None stays None."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:-6] + "Z"


class Clock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)


class SetClock(Clock):
    """A clock that stands still until it is told otherwise: scenarios, replays and tests run on it."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self._now

    def set(self, now: datetime) -> None:
        """Move the clock to ``now``, forward or back."""
        self._now = now.astimezone(UTC)

    def advance(self, **delta: float) -> None:
        """Move the clock by ``timedelta(**delta)``."""
        self._now += timedelta(**delta)
