"""When points end: from what the program says (``months_end``, ``days``, …) to one instant, fixed when they are earned.

Every end is a midnight in the program's zone, so that a member reads one date everywhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from loyalty.rules.outcome import Expiry
    from loyalty.rules.program import Program


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """Return the same day some months later (or earlier); the last of the month where there is no such day."""
    place = day.year * 12 + day.month - 1 + months
    first = date(place // 12, place % 12 + 1, 1)
    following = date((place + 1) // 12, (place + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def expires_at(
    program: Program, expiry: Expiry, earned_at: datetime, last_activity: datetime | None = None
) -> datetime | None:
    """Return the instant from which points are gone; None if they never end.

    ``days`` are full days after the day they were earned, ``months_end`` whole calendar months after that month, and
    ``inactivity`` full days after ``last_activity`` (the earning itself unless later activity is named).
    """
    if expiry.kind == "never":
        return None
    start = earned_at
    if expiry.kind == "inactivity" and last_activity is not None and last_activity > earned_at:
        start = last_activity
    day = start.astimezone(program.zone).date()
    if expiry.kind == "months_end":
        return midnight(add_months(day.replace(day=1), expiry.count + 1), program.zone)
    return midnight(day + timedelta(days=expiry.count + 1), program.zone)


def extended(program: Program, until: datetime, months: int) -> datetime:
    """Return an end moved by some calendar months; the last midnight of a month stays one."""
    day = until.astimezone(program.zone).date()
    return midnight(add_months(day, months), program.zone)


def expiry_of(program: Program, tier: str, own: Expiry | None = None) -> Expiry:
    """Return how long points live that a member of a tier earns: by the rule, else by the tier, else by the program."""
    if own is not None:
        return own
    known = program.tiers.get(tier)
    return known.expiry if known is not None and known.expiry is not None else program.expiry
