"""Do the sales and the ledger agree? For ``regulars audit``, beside the ledger's own.

Each sale is booked once, under its own reference, with the points and the stored value that its row says; nothing is
booked for a sale that does not exist; lines add up to their sale, returns to what is returned. (After a merge the books
stay with the old number and the sale has moved: the reference alone joins them, ids are unique.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import Finding, chart

_MINE: Final = "(%(members)s::bigint[] IS NULL OR member_id = ANY(%(members)s))"
# One row per sale or booking that is not as it should be.
_BOOKINGS: Final = f"""
    WITH booking AS (
      SELECT t.member_id, t.reference, t.seq,
             coalesce(sum(p.amount) FILTER (
               WHERE p.credit IN ({chart.POINTS}, {chart.POINTS_OWED})
                 AND p.debit IN ({chart.ISSUED_PURCHASE}, {chart.ISSUED_BONUS})), 0) AS earned,
             coalesce(sum(p.amount) FILTER (WHERE p.credit = {chart.REDEEMED}), 0) AS spent,
             coalesce(sum(p.amount) FILTER (WHERE p.credit = {chart.SPENT}), 0) AS paid
      FROM (SELECT * FROM ledger_transaction WHERE kind = 'sale' AND {_MINE}) t
      LEFT JOIN posting p ON p.member_id = t.member_id AND p.seq = t.seq
      GROUP BY t.member_id, t.reference, t.seq
    ), sold AS (
      SELECT member_id, id, 'sale:' || id AS reference, earned_milli, spent_milli, effects ? 'claimed' AS claimed,
             (SELECT coalesce(sum((tender ->> 'amount_minor')::bigint), 0) FROM jsonb_array_elements(tenders) tender
              WHERE tender ->> 'kind' = 'wallet') AS wallet
      FROM sale WHERE member_id <> 0 AND {_MINE}
    )
    SELECT coalesce(s.member_id, b.member_id), coalesce(s.reference, b.reference), s.id IS NULL, count(b.seq),
           max(s.earned_milli), max(s.spent_milli), max(s.wallet), coalesce(bool_or(s.claimed), false),
           coalesce(sum(b.earned), 0)::bigint, coalesce(sum(b.spent), 0)::bigint, coalesce(sum(b.paid), 0)::bigint
    FROM sold s FULL JOIN booking b USING (reference)
    GROUP BY s.member_id, s.id, s.reference, b.member_id, b.reference
    HAVING s.id IS NULL OR count(b.seq) > 1
        OR max(s.earned_milli) <> coalesce(sum(b.earned), 0) OR max(s.spent_milli) <> coalesce(sum(b.spent), 0)
        OR max(s.wallet) <> coalesce(sum(b.paid), 0)
    ORDER BY 1, 2
"""
# What happens once has a name of its own, and that name stands once in the books.
_TWICE: Final = f"""
    SELECT member_id, kind, reference, count(*) FROM ledger_transaction
    WHERE kind IN ('sale', 'top_up', 'void', 'gift_card') AND reference IS NOT NULL AND {_MINE}
    GROUP BY member_id, kind, reference HAVING count(*) > 1 ORDER BY 1, 3
"""
_LINES: Final = f"""
    SELECT s.member_id, s.id, s.total_minor, s.discount_minor,
           coalesce(sum(l.net_minor), 0)::bigint, coalesce(sum(l.discount_minor), 0)::bigint
    FROM (SELECT * FROM sale WHERE {_MINE}) s
    LEFT JOIN sale_line l ON l.member_id = s.member_id AND l.sale_id = s.id
    GROUP BY s.member_id, s.id, s.total_minor, s.discount_minor
    HAVING coalesce(sum(l.net_minor), 0) <> s.total_minor OR coalesce(sum(l.discount_minor), 0) <> s.discount_minor
    ORDER BY 1, 2
"""
_RETURNS: Final = f"""
    SELECT s.member_id, s.id, s.returned_minor, coalesce(sum(r.amount_minor), 0)::bigint
    FROM (SELECT * FROM sale WHERE {_MINE}) s
    LEFT JOIN sale_return r ON r.member_id = s.member_id AND r.sale_id = s.id
    GROUP BY s.member_id, s.id, s.returned_minor
    HAVING coalesce(sum(r.amount_minor), 0) <> s.returned_minor
    ORDER BY 1, 2
"""


def audit(session: Session, *, members: Sequence[int] | None = None) -> Iterator[Finding]:
    """Yield what does not agree between sales and ledger, of everybody or of these members."""
    batch = Batch()
    for statement in (_BOOKINGS, _TWICE, _LINES, _RETURNS):
        batch.add(statement, {"members": None if members is None else list(members)})
    bookings, twice, lines, returns = batch.send(session)
    for row in bookings:
        yield Finding(row[0], _booking(row))
    for member_id, kind, reference, times in twice:
        if kind != "sale":  # those are among the bookings
            yield Finding(member_id, f"{reference} is booked {times} times as {kind}")
    for member_id, sale, total, discount, net, off in lines:
        said = f"lines of {net} with {off} off, the sale says {total} with {discount} off"
        yield Finding(member_id or None, f"sale:{sale} has {said}")
    for member_id, sale, returned, given in returns:
        yield Finding(
            member_id or None, f"sale:{sale} says {returned} were returned, its returns say {given}"
        )


def _booking(row: Sequence[Any]) -> str:
    _, reference, orphan, times, earned, spent, wallet, claimed, *booked = row
    if orphan:
        return f"{reference} is booked, and there is no such sale"
    if times > 1:
        return f"{reference} is booked {times} times"
    pairs = zip(
        ("points earned", "points spent", "from the wallet"), (earned, spent, wallet), booked, strict=True
    )
    wrong = [f"{name}: the sale says {said}, the ledger {had}" for name, said, had in pairs if said != had]
    return f"{reference}{' (claimed)' if claimed else ''} {'; '.join(wrong)}"
