"""Amounts, points and moments as people write them in a scenario, and as the program counts them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
LARGEST: Final = Decimal(10) ** 12


class Unreadable(ValueError):
    """A value is not what it should be; the text says what was expected."""


def decimal_of(value: Any) -> Decimal:
    """Return a number or the text of one, exactly as it is written; raise ``Unreadable``."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Unreadable('expected a number such as 25 or "11.25"')
    text = str(value).strip()
    try:
        if isinstance(value, str) and not _NUMBER.fullmatch(text):
            raise InvalidOperation
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable(f'expected a number such as 25 or "11.25", not {text!r}') from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise Unreadable(f"expected a number up to {LARGEST:f}")
    return number


def milli_of(points: Decimal) -> int:
    """Return points in thousandths; raise ``Unreadable`` for what is finer."""
    return _scaled(points, 3, "points have three decimals at most")


def minor_of(amount: Decimal, exponent: int) -> int:
    """Return money in minor units of a currency; raise ``Unreadable`` for what is finer."""
    return _scaled(amount, exponent, f"an amount in this currency has {exponent} decimals at most")


def _scaled(number: Decimal, exponent: int, expected: str) -> int:
    scaled = number.scaleb(exponent)
    if scaled != scaled.to_integral_value(ROUND_HALF_EVEN):
        raise Unreadable(f"expected less decimals: {expected}")
    return int(scaled)


def shown(scaled: int, exponent: int) -> str:
    """Return an integer in thousandths or minor units as people write it."""
    return f"{Decimal(scaled).scaleb(-exponent):f}" if exponent else str(scaled)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or a moment as it was written: local to the store unless an offset was given."""

    value: datetime
    is_day: bool = False

    def instant(self, zone: ZoneInfo) -> datetime:
        """Return the instant; of a day, its beginning."""
        local = self.value if self.value.tzinfo else self.value.replace(tzinfo=zone)
        return local.astimezone(UTC)

    def end(self, zone: ZoneInfo) -> datetime:
        """Return the instant at which something ends that ends with this: of a day, the midnight after it.

        The first of a month is its beginning: that is how the ends of points are written ("gone 2026-10-01").
        """
        if not self.is_day or self.value.day == 1:
            return self.instant(zone)
        return self.after(zone)

    def after(self, zone: ZoneInfo) -> datetime:
        """Return the midnight after this day."""
        return midnight(self.value.date() + timedelta(days=1), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def moment_of(value: Any) -> Moment:
    """Return a day or moment from ISO 8601 text or what a YAML reader made of it; raise ``Unreadable``."""
    if isinstance(value, datetime):
        return Moment(value)
    if isinstance(value, date):
        return Moment(datetime.combine(value, time()), is_day=True)
    expected = "expected 2026-05-10, 2026-05-10T09:00 or 2026-05-10T09:00:00-04:00"
    if not isinstance(value, str):
        raise Unreadable(expected)
    text = value.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return Moment(datetime.combine(date.fromisoformat(text), time()), is_day=True)
        return Moment(datetime.fromisoformat(text))
    except ValueError:
        raise Unreadable(f"{expected}, not {text!r}") from None


def day_of(value: Any) -> date:
    """Return a day; raise ``Unreadable``."""
    moment = moment_of(value)
    if not moment.is_day:
        raise Unreadable("expected a day such as 1990-02-28")
    return moment.value.date()
