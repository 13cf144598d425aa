"""What the database says was completed, against what the log says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty.ledger import chart
from loyalty.replays.chunk import SOURCE
from loyalty.replays.log import Log

_COMPLETED: Final = """
    SELECT m.external_id, o.offer, o.completed_at FROM offer_instance o
    JOIN imported_member m ON m.member_id = o.member_id AND m.source = :source
    WHERE o.completed_at IS NOT NULL
"""
_COUNTS: Final = """
    SELECT count(*),
           (SELECT count(*) FROM sale s JOIN imported_member i ON i.member_id = s.member_id WHERE i.source = :source),
           (SELECT count(*) FROM offer_instance o JOIN imported_member i ON i.member_id = o.member_id
             WHERE i.source = :source),
           (SELECT coalesce(sum(p.amount), 0)::bigint FROM posting p JOIN imported_member i ON i.member_id = p.member_id
             WHERE i.source = :source AND p.debit = :bonus)
    FROM imported_member WHERE source = :source
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How what was completed here agrees with the log. ``rewards_milli`` is what the ledger gave for it."""

    members: int
    purchases: int
    offers: int
    completions: int
    logged: int
    exact: int
    rewards_milli: int
    logged_rewards_milli: int

    @property
    def missed(self) -> int:
        """Return how many completions of the log are not here."""
        return self.logged - self.exact

    @property
    def extra(self) -> int:
        """Return how many completions are here that the log does not have."""
        return self.completions - self.exact

    @property
    def is_exact(self) -> bool:
        """Tell whether both say the same, completion by completion and in what they paid."""
        return not self.missed and not self.extra and self.rewards_milli == self.logged_rewards_milli


def compare(session: Session, log: Log) -> Comparison:
    """Compare the completed offers in the database with the log's completions: same person, offer and hour."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    hour = timedelta(hours=1)
    found = Counter(
        (person, offer, (completed_at - log.start) // hour)
        for person, offer, completed_at in session.execute(text(_COMPLETED), {"source": SOURCE})
    )
    counts = session.execute(text(_COUNTS), {"source": SOURCE, "bonus": chart.ISSUED_BONUS}).one()
    members, purchases, offers, rewards = map(int, counts)
    return Comparison(
        members=members,
        purchases=purchases,
        offers=offers,
        completions=found.total(),
        logged=log.completions.total(),
        exact=(found & log.completions).total(),
        rewards_milli=rewards,
        logged_rewards_milli=log.reward_dollars * 1000,
    )
