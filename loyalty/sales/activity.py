"""Points that live as long as their member comes back: every purchase and top-up moves their end. Pure.

That is the expiry ``inactivity``: so many full days after the last purchase or top-up, or after the earning itself. A
lot follows what its rule says, else what the member's tier says now, else the program.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from loyalty.ledger import LotState
from loyalty.rules import expiry
from loyalty.rules.outcome import Expiry
from loyalty.rules.program import Program
from loyalty.sales.consequences import Consequences
from loyalty.sales.state import State


def stay_alive(state: State, done: Consequences, *, at: datetime) -> None:
    """Move the end of what lives by activity to so many days after ``at``; a ledger transaction must be open."""
    books, standing = state.books, state.standing
    assert books is not None
    assert standing is not None
    dates: dict[int, datetime | None] = {}
    for lot in books.lots.values():
        end = _end(state.program, standing.tier, lot, last_activity=at)
        if end is not None and lot.expires_at is not None and at < lot.expires_at < end:
            dates[lot.lot] = end
    if dates:
        books.move_expiry(dates)
        done.note("activity", lots=sorted(dates))


def undo(state: State, lots: list[int], *, last_activity: datetime | None, now: datetime) -> None:
    """Give lots the end they have without a purchase that came back; ``last_activity`` is what remains.

    Points must not lapse by a return: where that end is over, they live for the days of grace.
    """
    books, standing = state.books, state.standing
    assert books is not None
    assert standing is not None
    grace = now + timedelta(days=state.program.settings.restored_points_grace_days)
    dates: dict[int, datetime | None] = {}
    for lot in (books.lots[number] for number in lots if number in books.lots):
        end = _end(state.program, standing.tier, lot, last_activity=last_activity)
        if end is not None and lot.expires_at is not None and end < lot.expires_at:
            dates[lot.lot] = end if end > now else min(grace, lot.expires_at)
    books.move_expiry(dates)


def _end(program: Program, tier: str, lot: LotState, *, last_activity: datetime | None) -> datetime | None:
    """Return when a lot that lives by activity ends; ``None`` for every other."""
    rule = _own(program, lot.rule) if lot.rule is not None else expiry.expiry_of(program, tier)
    if rule is None or rule.kind != "inactivity":
        return None
    return expiry.expires_at(program, rule, lot.earned_at, last_activity)


def _own(program: Program, key: str) -> Expiry | None:
    """Return how long the points of a rule, offer or coupon live, if it says so itself."""
    known = program.rules.get(key) or program.offers.get(key) or program.coupons.get(key)
    return None if known is None else known.expiry
