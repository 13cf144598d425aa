"""Do the members' standings agree with what they earned? For ``regulars audit``, beside the ledger's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import Finding

_MINE: Final = "(%(members)s::bigint[] IS NULL OR {}.member_id = ANY(%(members)s))"
_COUNTERS: Final = f"""
    SELECT s.member_id, s.window_milli, coalesce(sum(e.amount_milli), 0)::bigint
    FROM standing s LEFT JOIN tier_earning e ON e.member_id = s.member_id AND e.earned_at > s.window_from
    WHERE {_MINE.format("s")}
    GROUP BY s.member_id, s.window_milli HAVING s.window_milli <> coalesce(sum(e.amount_milli), 0) ORDER BY 1
"""
_UNBOOKED: Final = f"""
    SELECT e.member_id, e.seq, sum(e.amount_milli)::bigint FROM tier_earning e
    WHERE e.seq <> 0 AND {_MINE.format("e")}
      AND NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.member_id = e.member_id AND t.seq = e.seq)
    GROUP BY e.member_id, e.seq ORDER BY 1, 2
"""
_ROWS: Final = f"""
    SELECT m.member_id, a.member_id IS NULL, s.member_id IS NULL
    FROM member m LEFT JOIN account a USING (member_id) LEFT JOIN standing s USING (member_id)
    WHERE (a.member_id IS NULL OR s.member_id IS NULL) AND {_MINE.format("m")} ORDER BY 1
"""


def audit(session: Session, *, members: Sequence[int] | None = None) -> Iterator[Finding]:
    """Yield what does not agree: tier counters and their earnings, earnings and ledger, members and their rows."""
    batch = Batch()
    for statement in (_COUNTERS, _UNBOOKED, _ROWS):
        batch.add(statement, {"members": None if members is None else list(members)})
    counters, unbooked, incomplete = batch.send(session)
    for member_id, kept, earned in counters:
        yield Finding(
            member_id, f"the tier counter says {kept}, what was earned in its window adds up to {earned}"
        )
    for member_id, seq, milli in unbooked:
        yield Finding(
            member_id, f"{milli} tier points were earned by transaction {seq}, which does not exist"
        )
    for member_id, no_account, no_standing in incomplete:
        lacks = " and ".join(
            name for name, lacking in (("account", no_account), ("standing", no_standing)) if lacking
        )
        yield Finding(member_id, f"has no {lacks}")
