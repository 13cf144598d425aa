"""Do orders and sales agree? For ``regulars audit``, beside those of the ledger and the sales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import Finding

_ORDERS: Final = """
    SELECT o.member_id, o.id, o.state, s.state, o.total_minor, s.total_minor, o.store, s.store
    FROM customer_order o LEFT JOIN sale s ON s.member_id = o.member_id AND s.id = o.sale_id
    WHERE (%(members)s::bigint[] IS NULL OR o.member_id = ANY(%(members)s))
      AND (s.id IS NULL OR o.total_minor <> s.total_minor OR o.store IS DISTINCT FROM s.store
           OR (o.state = 'cancelled' AND s.state NOT IN ('voided', 'returned'))
           OR (o.state IN ('placed', 'started', 'ready') AND s.state <> 'settled'))
    ORDER BY 1, 2
"""
_TWICE: Final = """
    SELECT member_id, sale_id, count(*) FROM customer_order
    WHERE %(members)s::bigint[] IS NULL OR member_id = ANY(%(members)s)
    GROUP BY member_id, sale_id HAVING count(*) > 1 ORDER BY 1, 2
"""


def audit(session: Session, *, members: Sequence[int] | None = None) -> Iterator[Finding]:
    """Yield what does not agree: every order has a sale of its own, given back if, and only if, it is cancelled."""
    batch = Batch()
    for statement in (_ORDERS, _TWICE):
        batch.add(statement, {"members": None if members is None else list(members)})
    orders, twice = batch.send(session)
    for member_id, order, state, sale, said, total, store, sold_at in orders:
        if sale is None:
            yield Finding(member_id, f"order:{order} has no sale")
        elif said != total or store != sold_at:
            yield Finding(member_id, f"order:{order} says {said} at {store}, its sale {total} at {sold_at}")
        else:
            yield Finding(member_id, f"order:{order} is {state}, its sale is {sale}")
    for member_id, sale, times in twice:
        yield Finding(member_id, f"sale:{sale} has {times} orders")
