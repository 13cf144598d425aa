"""What is left of a limit on this occasion, and what the occasion uses of it.

A limit counts times, points or money of one member per period, or of everybody (a budget). Periods are the store's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from loyalty.rules.outcome import ByLine, LimitUse
from loyalty.rules.periods import Period, period_of
from loyalty.rules.specs import Limit

if TYPE_CHECKING:
    from loyalty.rules.facts import Used
    from loyalty.rules.program import Program
    from loyalty.rules.scene import Scene


@dataclass(slots=True)
class Ration:
    """What is left of one limit: ``times`` and ``amount`` (in the limit's unit; None: it does not count that)."""

    limit: Limit
    period: Period
    times: int | None
    amount: int | None

    @property
    def empty(self) -> bool:
        """Say whether nothing is left."""
        return self.times == 0 or self.amount == 0

    def take(self, wanted: int) -> int:
        """Take up to ``wanted`` of the amount; return how much there was."""
        if self.amount is None:
            return wanted
        taken = min(wanted, self.amount)
        self.amount -= taken
        return taken

    def take_time(self) -> None:
        """Count one time."""
        if self.times is not None:
            self.times -= 1


@dataclass(slots=True)
class Tally:
    """What one clause gave on this occasion: how often, and how many points and how much money, by line id."""

    times: int = 0
    points: dict[str, int] = field(default_factory=dict[str, int])
    money: dict[str, int] = field(default_factory=dict[str, int])
    points_milli: int = 0
    amount_minor: int = 0

    def add_points(self, total: int, by_line: ByLine) -> None:
        """Count points that were given."""
        self.points_milli += total
        _add(self.points, by_line)

    def add_money(self, total: int, by_line: ByLine) -> None:
        """Count money that was taken off, or that earned."""
        self.amount_minor += total
        _add(self.money, by_line)


def _add(parts: dict[str, int], by_line: ByLine) -> None:
    for line, amount in by_line:
        parts[line] = parts.get(line, 0) + amount


def ration_of(scene: Scene, limit: Limit) -> Ration:
    """Return what is left of a limit now; kept for the occasion, so that whoever takes of it leaves less."""
    found = scene.rations.get(limit.key)
    if found is None:
        found = scene.rations[limit.key] = _ration(scene, limit)
    return found


def _ration(scene: Scene, limit: Limit) -> Ration:
    amount = limit.points_milli if limit.points_milli is not None else limit.amount_minor
    period = current_period(limit, scene.occurred_at, scene.local)
    used = scene.member.used.get((limit.key, period.key)) if scene.member is not None else None
    if used is None or limit.per == "order":
        return Ration(limit, period, limit.times, amount)
    if limit.per == "hours":
        if not _open(used, scene.occurred_at):
            return Ration(limit, period, limit.times, amount)
        period = Period(period.key, used.since, used.until)
    return Ration(
        limit,
        period,
        None if limit.times is None else max(0, limit.times - used.times),
        None if amount is None else max(0, amount - used.amount),
    )


def _open(used: Used, occurred_at: datetime) -> bool:
    return used.since <= occurred_at and (used.until is None or occurred_at < used.until)


def current_period(limit: Limit, occurred_at: datetime, local: datetime) -> Period:
    """Return the period of a limit at an instant; ``local`` is the same instant on the store's clock."""
    zone = local.tzinfo
    if limit.per in ("hours", "order") or not isinstance(zone, ZoneInfo):
        return period_of(limit, occurred_at, zone)  # pyright: ignore[reportArgumentType]
    return _calendar_period(limit.per, local.date(), zone)


@lru_cache(maxsize=8192)
def _calendar_period(per: Any, day: date, zone: ZoneInfo) -> Period:
    """Return the period of any instant of a local day: all calendar periods change at midnight."""
    return period_of(Limit("", per), datetime(day.year, day.month, day.day, 12, tzinfo=zone), zone)


def limit_periods(
    program: Program, occurred_at: datetime, store: str | None
) -> tuple[tuple[Limit, Period], ...]:
    """Return every limit kept between occasions with its period now: what ``MemberFacts.used`` must hold.

    Counters are keyed ``(limit.key, period.key)``. A visit window has one key for ever (``12h``): hand in the counter
    as it is, its own ``since`` and ``until`` say whether it still counts.
    """
    local = program.local(occurred_at, store)
    return tuple(
        (limit, current_period(limit, occurred_at, local)) for limit in program.limits if limit.per != "order"
    )


def uses_of(limits: tuple[Limit, ...], tally: Tally, scene: Scene) -> list[LimitUse]:
    """Return what must be counted against the limits of a clause that gave something."""
    uses: list[LimitUse] = []
    for limit in limits:
        if limit.per == "order" or (scene.member is None and not limit.budget):
            continue
        period = ration_of(scene, limit).period
        amount, parts, maximum = 0, {}, None
        if limit.points_milli is not None:
            amount, parts, maximum = tally.points_milli, tally.points, limit.points_milli
        elif limit.amount_minor is not None:
            amount, parts, maximum = tally.amount_minor, tally.money, limit.amount_minor
        uses.append(
            LimitUse(
                limit=limit.key,
                period=period.key,
                since=period.since,
                until=period.until,
                times=tally.times,
                amount=amount,
                maximum_times=limit.times,
                maximum_amount=maximum,
                shared=limit.budget,
                by_line=tuple(parts.items()),
            )
        )
    return uses
