"""One expected value against the one that came, in the units and on the clock of the step. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from loyalty.scenarios.values import Unreadable, milli_of, minor_of, shown


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met; ``key`` with the member's name before it where that was said."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Measure:
    """In which units and where the step's values are written: the currency's decimals, and the zone."""

    digits: int
    zone: ZoneInfo

    def points(self, milli: int) -> str:
        """Return thousandths as points."""
        return shown(milli, 3)

    def money(self, minor: int) -> str:
        """Return minor units as an amount."""
        return shown(minor, self.digits)

    def local(self, instant: datetime | None) -> str:
        """Return an instant on the local clock."""
        return "none" if instant is None else f"{instant.astimezone(self.zone):%Y-%m-%dT%H:%M}"


Found = Iterator[Difference]


def number_differs(key: str, wanted: Decimal, got: int | None, unit: str, measure: Measure) -> Found:
    """Yield the difference between an expected number of ``points`` or ``money`` and the integer that came."""
    if got is None:
        yield Difference(key, str(wanted), "nothing: this step has no such value")
        return
    try:
        expected = milli_of(wanted) if unit == "points" else minor_of(wanted, measure.digits)
    except Unreadable as error:
        yield Difference(key, str(wanted), str(error))
        return
    if expected != got:
        tell = measure.points if unit == "points" else measure.money
        yield Difference(key, tell(expected), tell(got))
