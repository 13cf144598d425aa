"""Rewards held in the app whose sale arrives late: a hold that was alive when the goods were handed out is honored.

An offline till hands in what happened an hour ago. Meanwhile the hold's time may be over, its points back with the
member and spent again. The sale is in the past, so it takes them all the same; what is not there any more is dealt with
as ``negative_points`` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import Books, HoldState, chart
from loyalty.rules.facts import RewardClaim
from loyalty.rules.outcome import Discount
from loyalty.sales.state import State

# Among the lots that a reward used: what the member did not have and owes since.
OWED: Final = 0
# Holds that ended after this moment without being captured.
ENDED_SINCE: Final = """
    SELECT id, amount, until, pins, purpose FROM hold h
    WHERE member_id = %(member_id)s AND id = ANY(%(holds)s) AND unit = 'points'
      AND state IN ('expired', 'released') AND until > %(at)s
      AND NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.member_id = h.member_id AND t.kind = 'release'
                      AND t.reference = 'hold:' || h.id AND t.occurred_at <= %(at)s)
"""


def bring_back(session: Session, loaded: State, claims: Iterable[RewardClaim], *, at: datetime) -> None:
    """Let the books of a late sale know the claimed holds that were alive ``at`` that moment and have ended since."""
    books = loaded.books
    if books is None:
        return
    missing = sorted({claim.hold for claim in claims if claim.hold and claim.hold not in books.holds})
    if not missing:
        return
    batch = Batch()
    batch.add(ENDED_SINCE, {"member_id": loaded.member_id, "holds": missing, "at": at})
    for hold_id, amount, until, pins, purpose in batch.send(session)[0]:
        pinned = [(lot, milli) for lot, milli in pins]
        books.holds[hold_id] = HoldState(hold_id, "points", amount, until, pinned, purpose, state="expired")


def capture(
    books: Books, discount: Discount, *, at: datetime, shortfall: Literal["owe", "floor", "refuse"]
) -> list[tuple[int, int]]:
    """Take what a held reward costs out of its hold, as of ``at``; return the lots used.

    Raise ``HoldMissing``, ``HoldTooSmall``, and ``InsufficientPoints`` where nothing may be owed.
    """
    assert discount.hold is not None
    hold = books.holds.get(discount.hold)
    ended_since = hold is not None and hold.state == "expired" and hold.until > at
    if hold is None or not ended_since or discount.points_milli > hold.amount:
        return books.capture_hold(
            discount.hold, discount.points_milli, now=at, rule=discount.key, why=discount.why
        )
    had = {number: lot.free_milli for number, lot in books.lots.items()}
    books.take_back(
        discount.points_milli,
        source=chart.REDEEMED,
        own=[number for number, _ in hold.pins],
        shortfall=shortfall,
        rule=discount.key,
        why=discount.why,
    )
    hold.state, hold.captured = "captured", discount.points_milli
    books.changed_holds.add(hold.id)
    uses = [
        (n, had[n] - lot.free_milli) for n, lot in books.lots.items() if n in had and had[n] > lot.free_milli
    ]
    owed = discount.points_milli - sum(milli for _, milli in uses)
    return [*uses, (OWED, owed)] if owed and shortfall == "owe" else uses
