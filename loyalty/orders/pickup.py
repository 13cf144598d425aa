"""When an order can be picked up: the times of a store's day, and the soonest one. Pure.

Times are instants; a store's day, its hours and what is "today" are on the store's clock. A time is taken by the
orders that fall between it and the next one, those "as soon as possible" included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from loyalty.rules.specs import OrderAhead

Reason = Literal["closed", "past", "full", "too_far"]
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which orders can be picked up; ``left`` is how many more, None: as many as come."""

    at: datetime
    left: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a store: its times, those that are past or full included, and until when each may be chosen."""

    day: date
    slots: tuple[Slot, ...]
    ends: Mapping[datetime, datetime]


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day on the store's clock."""
    return moment.astimezone(zone).date()


def spans_of(ahead: OrderAhead, zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """Return the spans of a day in which orders can be picked up, as instants: from, until (excluded)."""
    if day in ahead.closed_days:
        return []
    spans = [
        (_instant(day, start, zone), _instant(day, end, zone)) for start, end in ahead.hours[day.weekday()]
    ]
    return [(start, end) for start, end in spans if start < end]


def times_of(ahead: OrderAhead, zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """Return every pick-up time of a day with its end: the next time, or the end of the span."""
    step = ahead.every_minutes * _MINUTE
    found: list[tuple[datetime, datetime]] = []
    for start, end in spans_of(ahead, zone, day):
        at = max(start, found[-1][1]) if found else start
        while at < end:
            found.append((at, min(at + step, end)))
            at += step
    return found


def day_with(ahead: OrderAhead, zone: ZoneInfo, day: date, taken: Iterable[datetime]) -> Day:
    """Return a day with what is left of each time, given when the orders of the day are to be picked up."""
    times = times_of(ahead, zone, day)
    starts = [start for start, _ in times]
    counts: Counter[int] = Counter(bisect_right(starts, at) - 1 for at in taken)
    most = ahead.most_per_slot
    slots = tuple(
        Slot(start, None if most is None else max(most - counts[place], 0))
        for place, start in enumerate(starts)
    )
    return Day(day, slots, dict(times))


def free_slots(day: Day, ahead: OrderAhead, now: datetime) -> list[Slot]:
    """Return the times that can still be chosen: far enough ahead, and not full."""
    earliest = now + ahead.lead_minutes * _MINUTE
    return [slot for slot in day.slots if slot.at >= earliest and slot.left != 0]


def soonest(day: Day, ahead: OrderAhead, now: datetime) -> datetime | None:
    """Return when an order would be ready that is placed now, to the minute; None: not on this day any more."""
    earliest = _whole_minute(now + ahead.lead_minutes * _MINUTE)
    for slot in day.slots:
        if slot.left != 0 and day.ends[slot.at] > earliest:
            return max(slot.at, earliest)
    return None


def why_not(day: Day, ahead: OrderAhead, zone: ZoneInfo, at: datetime, now: datetime) -> Reason | None:
    """Return why a pick-up time cannot be chosen; None: it can."""
    if not 0 <= (day.day - day_of(now, zone)).days <= ahead.days_ahead:
        return "too_far" if at > now else "past"
    slot = next((slot for slot in day.slots if slot.at == at), None)
    if slot is None:
        return "closed"
    if at < now + ahead.lead_minutes * _MINUTE:
        return "past"
    return "full" if slot.left == 0 else None


def _whole_minute(moment: datetime) -> datetime:
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + _MINUTE


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which the store's clock shows so many minutes after midnight.

    What the clock shows twice is meant the first time; what it skips is meant as it would have come.
    """
    wall = datetime.combine(day, time(), zone) + minutes * _MINUTE
    return wall.astimezone(UTC)
