"""Time windows written as RRULEs: is a store-local instant inside an occurrence, and when are the next ones?

An occurrence is a whole day, an hour where the rule has BYHOUR, a minute where it has BYMINUTE too. Which days
belong to a rule is computed by dateutil, once per rule and year; asking is then one look into a set.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS", "WKST"}
)
_TIME_PARTS: Final = {"BYHOUR": 23, "BYMINUTE": 59}
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# A rule that says no start counts its weeks, months and intervals from here: a Monday, the first of a year.
ANCHOR: Final = date(2024, 1, 1)


class Window:
    """One RRULE, answered as a predicate on store-local instants."""

    __slots__ = ("_anchor", "_day_rule", "_free", "_years", "hours", "minutes", "text")

    def __init__(self, text: str, anchor: date | None = None) -> None:
        """Read an RRULE such as ``FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15``.

        ``anchor`` is the day the rule starts (DTSTART), by default 2024-01-01. Raise ValueError with what was
        expected.
        """
        parts = parts_of(text)
        self.text = text
        self.hours = _numbers(parts, "BYHOUR")
        self.minutes = _numbers(parts, "BYMINUTE")
        if self.minutes and not self.hours:
            raise ValueError("expected BYHOUR beside BYMINUTE")
        self._anchor = anchor or ANCHOR
        self._free = parts.get("INTERVAL", "1") == "1"
        self._day_rule = ";".join(f"{key}={value}" for key, value in _dated(parts, self._anchor).items())
        self._years: dict[int, frozenset[date]] = {}
        try:
            self._years[self._anchor.year] = self._days_of(self._anchor.year)
        except (ValueError, IndexError):
            raise ValueError(
                "expected an RRULE such as FREQ=MONTHLY;BYDAY=1MO or FREQ=YEARLY;BYMONTH=6,7"
            ) from None

    def __contains__(self, local: datetime) -> bool:
        """Say whether a store-local instant lies inside an occurrence."""
        if self.hours and local.hour not in self.hours:
            return False
        if self.minutes and local.minute not in self.minutes:
            return False
        return self.has_day(local.date())

    def has_day(self, day: date) -> bool:
        """Say whether the rule has an occurrence on that day, at whatever hour."""
        days = self._years.get(day.year)
        if days is None:
            days = self._years[day.year] = self._days_of(day.year)
        return day in days

    def occurrences(self, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the starts of the occurrences in ``(after, until]``, as UTC instants, earliest first.

        A time that the zone skips happens when the clocks have jumped; one that it repeats happens the first time.
        """
        day = after.astimezone(zone).date() - timedelta(days=1)
        last = until.astimezone(zone).date()
        while day <= last:
            if self.has_day(day):
                yield from self._of_day(day, zone, after, until)
            day += timedelta(days=1)

    def _of_day(self, day: date, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
        for hour in sorted(self.hours) or [0]:
            for minute in sorted(self.minutes) or [0]:
                start = datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                if after < start <= until:
                    yield start

    def _days_of(self, year: int) -> frozenset[date]:
        """Return the days of a year; a rule that counts no intervals is read as if it had always been there."""
        rule = self._rule(date(year, 1, 1) if self._free else self._anchor, year)
        return frozenset(each.date() for each in rule if each.year == year)

    def _rule(self, start: date, year: int) -> rrule:
        """Return dateutil's rule up to the end of a year: one without end would search for 30 February for ever."""
        read = rrulestr(f"{self._day_rule};UNTIL={year}1231T235959", dtstart=datetime.combine(start, time()))
        assert isinstance(read, rrule)
        return read


def parts_of(text: str) -> dict[str, str]:
    """Take an RRULE apart. Raise ValueError with what was expected."""
    parts: dict[str, str] = {}
    for item in text.upper().removeprefix("RRULE:").split(";"):
        key, equals, value = item.partition("=")
        if not equals or not value or key in parts:
            raise ValueError("expected an RRULE such as FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=14,15")
        if key not in _DAY_PARTS and key not in _TIME_PARTS:
            raise ValueError(f"expected no {key} in a time window; use 'valid' for its first and last day")
        parts[key] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError(f"expected FREQ to be one of {', '.join(FREQUENCIES)}")
    if not 1 <= _number(parts.get("INTERVAL", "1"), "INTERVAL") <= 1000:
        raise ValueError("expected INTERVAL from 1 to 1000")
    return parts


def _numbers(parts: dict[str, str], key: str) -> frozenset[int]:
    if key not in parts:
        return frozenset()
    high = _TIME_PARTS[key]
    numbers = frozenset(_number(each, key) for each in parts[key].split(","))
    if not all(0 <= each <= high for each in numbers):
        raise ValueError(f"expected {key} to be numbers from 0 to {high}")
    return numbers


def _number(text: str, key: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise ValueError(f"expected {key} to be whole numbers")
    return int(text)


def _dated(parts: dict[str, str], anchor: date) -> dict[str, str]:
    """Return the parts that choose days, with what RFC 5545 takes from the start day said explicitly."""
    days = {key: value for key, value in parts.items() if key in _DAY_PARTS}
    chosen = days.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
    if days["FREQ"] == "WEEKLY" and not chosen:
        days["BYDAY"] = _WEEKDAYS[anchor.weekday()]
    elif days["FREQ"] == "MONTHLY" and not chosen:
        days["BYMONTHDAY"] = str(anchor.day)
    elif days["FREQ"] == "YEARLY" and not chosen:
        days.setdefault("BYMONTH", str(anchor.month))
        days["BYMONTHDAY"] = str(anchor.day)
    return days


@lru_cache(maxsize=4096)
def window(text: str, anchor: date | None = None) -> Window:
    """Return the window of an RRULE; the same text gives the same object, with the years it knows already."""
    return Window(text, anchor)


def last_day_of_month(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return monthrange(year, month)[1]
