"""Tiers as policy: what tier points reach, how long it lasts, what follows, and when a birthday is.

Pure functions of the program; whoever calls them keeps the tier points and the dates.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from loyalty.rules.expiry import add_months, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty.rules.program import Program, RuleSpec


def tier_after(program: Program, tier: str, tier_points_milli: int) -> str:
    """Return the tier of a member who now has so many tier points: promotion is at once, demotion never here."""
    reached = program.tier_for(tier_points_milli)
    return reached.key if reached.rank > program.tier_rank(tier) else tier


def valid_until(program: Program, since: datetime, months: int | None = None) -> datetime | None:
    """Return the instant from which a tier reached at ``since`` is no longer valid, ``months`` as the policy says."""
    count = program.tier_policy.valid_months if months is None else months
    return midnight(add_months(since.astimezone(program.zone).date(), count), program.zone)


def demotion_at(program: Program, tier_until: datetime) -> datetime:
    """Return when a tier that is valid until ``tier_until`` is taken away: after the days of grace."""
    day = tier_until.astimezone(program.zone).date() + timedelta(days=program.tier_policy.grace_days)
    return midnight(day, program.zone) if program.tier_policy.grace_days else tier_until


def demotion(program: Program, tier: str, tier_points_milli: int) -> str:
    """Return the tier that follows when the validity of ``tier`` has ended, by the tier points in the window.

    ``full`` goes down to what the points reach, ``one_step`` at most one tier, ``none`` nowhere. Points that reach the
    same tier again, or a higher one, keep or raise it.
    """
    reached, rank = program.tier_for(tier_points_milli), program.tier_rank(tier)
    if reached.rank >= rank:
        return reached.key
    if program.tier_policy.demotion == "none":
        return tier
    if program.tier_policy.demotion == "one_step" and reached.rank < rank - 1:
        return next(each.key for each in program.tiers.values() if each.rank == rank - 1)
    return reached.key


def tier_window(program: Program, at: datetime, joined_at: datetime) -> datetime:
    """Return the first instant whose tier points count at ``at``: rolling months, this calendar year, or the year since
    the day of joining.
    """
    policy, zone = program.tier_policy, program.zone
    today = at.astimezone(zone).date()
    if policy.window == "calendar_year":
        return midnight(date(today.year, 1, 1), zone)
    if policy.window == "rolling_months":
        return midnight(add_months(today, -policy.window_months), zone)
    joined = joined_at.astimezone(zone).date()
    years = today.year - joined.year
    start = add_months(joined, 12 * years)
    return midnight(start if start <= today else add_months(joined, 12 * (years - 1)), zone)


def birthday_on(program: Program, birthday: date, year: int) -> date:
    """Return the day a birthday is kept in a year: 29 February as the setting ``leap_birthday`` says."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28) if program.settings.leap_birthday == "feb_28" else date(year, 3, 1)


def scheduled(program: Program, after: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield when the rules with ``when: schedule`` are due in ``(after, until]``: UTC instants and rule keys, in order.

    The occasion of such a moment names its rule in ``data["rule"]``.
    """
    due: set[tuple[datetime, str]] = set()
    for rule in program.once(_scheduled_rules):
        for window in rule.valid.windows:
            for instant in window.occurrences(program.zone, after, until):
                if rule.valid.covers(instant.astimezone(program.zone)):
                    due.add((instant.astimezone(UTC), rule.key))
    yield from sorted(due)


def _scheduled_rules(program: Program) -> tuple[RuleSpec, ...]:
    return tuple(rule for rule in program.rules.values() if "schedule" in rule.when)
