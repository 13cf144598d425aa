"""When two devices of one member want the same points: the second is told that they were just spent.

That somebody never had the points and that they were spent since the till scanned the code are two things to say.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import InsufficientPoints, chart
from loyalty.sales.state import State


class AlreadySpent(InsufficientPoints):
    """The member had the points when they were asked for; meanwhile they were spent or set aside elsewhere."""

    code = "already_spent"
    text = "These points were spent a moment ago: {missing_milli} thousandths are missing."


SPENT_SINCE: Final = """
    SELECT coalesce(sum(p.amount), 0)::bigint
    FROM ledger_transaction t JOIN posting p USING (member_id, seq)
    WHERE t.member_id = %(member_id)s AND t.recorded_at >= %(since)s
      AND p.debit = %(points)s AND p.credit = ANY(%(spent)s)
"""


def explained(
    session: Session, loaded: State, error: InsufficientPoints, *, at: datetime
) -> InsufficientPoints:
    """Return why points are missing: ``AlreadySpent`` where what was spent since the scan is at least that much.

    Without a scan it is what was spent as long ago as a code may be old.
    """
    window = timedelta(seconds=loaded.program.settings.code_window_seconds)
    batch = Batch()
    batch.add(
        SPENT_SINCE,
        {
            "member_id": loaded.member_id,
            "since": loaded.use.used_at if loaded.use is not None else at - window,
            "points": chart.POINTS,
            "spent": [chart.REDEEMED, chart.POINTS_HELD],
        },
    )
    (((spent,),),) = batch.send(session)
    missing: int = error.data["missing_milli"]
    return AlreadySpent(missing_milli=missing) if spent >= missing else error
