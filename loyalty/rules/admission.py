"""May this member have what was asked for, here and now? Refusals of explicit claims: rewards and coupons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loyalty.rules.clauses import is_here
from loyalty.rules.limits import Ration, ration_of
from loyalty.rules.refusals import LimitReached, NotHere, NotNow, TierTooLow, UsedThisPeriod

if TYPE_CHECKING:
    from loyalty.errors import DomainError
    from loyalty.rules.clauses import Clause
    from loyalty.rules.scene import Scene

CALENDAR: Final = frozenset({"day", "week", "calendar_month", "year"})


def admit(scene: Scene, clause: Clause, otherwise: DomainError) -> None:
    """Raise why a claimed clause may not be had: tier, place, time, limits; ``otherwise`` for anything else.

    The points it costs and the lines it needs are not looked at. A condition that chooses lines is left to them.
    """
    who = clause.deal.who
    tier = scene.member.tier if scene.member is not None else None
    if who.tiers and tier not in who.tiers:
        raise TierTooLow(key=clause.key, tiers=", ".join(sorted(who.tiers)))
    if tier is None and not who.anybody:
        raise otherwise
    if not is_here(clause.deal, scene.channel, scene.store):
        raise NotHere(key=clause.key)
    for demand in clause.demands:
        if not demand.test(scene):
            raise NotNow(key=clause.key) if demand.reason == "time" else otherwise
    lines = scene.group(clause.bit)
    if not lines or (clause.condition is not None and scene.chosen(clause, lines) is None):
        raise otherwise
    for limit in clause.limits:
        ration = ration_of(scene, limit)
        if ration.empty:
            raise _used_up(clause, ration)


def _used_up(clause: Clause, ration: Ration) -> DomainError:
    period = ration.period
    until = None if period.until is None else period.until.isoformat()
    if ration.limit.per in CALENDAR:
        return UsedThisPeriod(key=clause.key, until=until)
    return LimitReached(key=clause.key, until=until)
