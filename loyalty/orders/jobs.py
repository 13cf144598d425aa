"""Work outside a request: discarded drafts are forgotten once no device can bring them back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch

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
