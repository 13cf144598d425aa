"""Work outside a request: old drafts and numbers are forgotten; orders that nobody picked up are closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.orders import order_queries, stages

KEPT: Final = timedelta(days=90)
"""As long as the change feed keeps tombstones."""


def purge_discarded_drafts(session: Session, *, now: datetime, limit: int = 1000) -> int:
    """Delete at most ``limit`` drafts that were discarded more than 90 days ago; return how many."""
    batch = Batch()
    batch.add(
        """DELETE FROM draft_order d USING (
               SELECT member_id, id FROM draft_order WHERE discarded_at < %(before)s
               ORDER BY discarded_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
           ) AS old WHERE d.member_id = old.member_id AND d.id = old.id RETURNING 1""",
        {"before": now - KEPT, "limit": limit},
    )
    (rows,) = batch.send(session)
    return len(rows)


def overdue_orders(session: Session, *, now: datetime, limit: int = 200) -> list[tuple[int, str]]:
    """Return (member, order) of open orders that nobody picked up: each is closed by ``expire`` on its own."""
    return order_queries.overdue(session, before=now - stages.EXPIRES_AFTER, limit=limit)


def purge_numbers(session: Session, *, now: datetime) -> int:
    """Forget the numbers of days long past; the orders keep theirs. Return how many went."""
    batch = Batch()
    for table in ("order_number", "order_day"):
        batch.add(f"DELETE FROM {table} WHERE day < %(before)s RETURNING 1", {"before": (now - KEPT).date()})
    return sum(len(rows) for rows in batch.send(session))
