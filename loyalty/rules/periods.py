"""The periods limits are counted in: the store-local day, ISO week, calendar month, year; a visit window; for ever.

The key of a period is part of the identity of a counter, so it must never change meaning: ``2026-05-10``, ``2026-W19``,
``2026-05``, ``2026``, ``12h``, ``life``, ``program``, ``order``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from loyalty.rules.specs import Limit

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A period in UTC: ``since`` included, ``until`` excluded (None: never ends)."""

    key: str
    since: datetime
    until: datetime | None


def period_of(limit: Limit, occurred_at: datetime, zone: ZoneInfo) -> Period:
    """Return the period of a limit that an instant falls into.

    A visit window (``hours``) has one key for ever; it is returned as it would be if it started now, and the counter's
    own ``since`` and ``until`` say whether an older window is still open.
    """
    if limit.per == "hours":
        assert limit.hours is not None
        return Period(f"{limit.hours}h", occurred_at, occurred_at + timedelta(hours=limit.hours))
    if limit.per in ("life", "program"):
        return Period(limit.per, EPOCH, None)
    if limit.per == "order":
        return Period("order", occurred_at, occurred_at)
    return _calendar(limit.per, occurred_at.astimezone(zone).date(), zone)


@lru_cache(maxsize=4096)
def _calendar(per: str, local: date, zone: ZoneInfo) -> Period:
    """Return the period that a local day is in; kept, because every sale of a day asks for the same few."""
    day = datetime(local.year, local.month, local.day, tzinfo=zone)
    if per == "day":
        return _period(f"{day:%Y-%m-%d}", day, day + timedelta(days=1))
    if per == "week":
        monday = day - timedelta(days=day.weekday())
        return _period(
            f"{day.isocalendar().year}-W{day.isocalendar().week:02d}", monday, monday + timedelta(days=7)
        )
    if per == "calendar_month":
        first = day.replace(day=1)
        return _period(f"{first:%Y-%m}", first, (first + timedelta(days=32)).replace(day=1))
    assert per == "year", per
    first = day.replace(month=1, day=1)
    return _period(f"{first:%Y}", first, first.replace(year=first.year + 1))


def _period(key: str, since: datetime, until: datetime) -> Period:
    return Period(key, since.astimezone(UTC), until.astimezone(UTC))
