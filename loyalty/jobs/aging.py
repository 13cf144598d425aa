"""What time alone changes of a member: lapsed points, holds and tiers. Sales see to it themselves; this is for the
members who do not come."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import text

from loyalty import sales
from loyalty.db import transaction
from loyalty.errors import Busy
from loyalty.jobs.work import Work

BATCH: Final = 200

_DUE: Final = text(
    """
    SELECT member_id FROM (
      (SELECT member_id FROM lot WHERE NOT closed AND expires_at <= :now LIMIT :limit)
      UNION (SELECT member_id FROM hold WHERE state = 'open' AND until <= :now LIMIT :limit)
      UNION (SELECT member_id FROM standing WHERE tier_until <= :now LIMIT :limit)
    ) AS due LIMIT :limit
    """
)
_log = structlog.get_logger("jobs")


def bring_up_to_date(work: Work) -> int:
    """Bring members up to date, one transaction each.

    Return how many changed. Busy ones have their turn later.
    """
    with transaction() as session:
        members = list(session.scalars(_DUE, {"now": work.now, "limit": BATCH}))
    changed = 0
    for member_id in members:
        try:
            with transaction() as session:
                changed += sales.bring_up_to_date(session, member_id, now=work.now)
        except Busy:
            _log.info("member_busy")
    return changed
