"""The whole audit: the ledger's books, and every feature whose rows must agree with them. For ``regulars audit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import ledger, orders, wallet
from loyalty.ledger import Finding, RootKey
from loyalty.members import audit as standings
from loyalty.sales import audit as sales

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and the check that made it."""

    check: str
    member_id: int | None
    what: str


# Name of the check -> what it recomputes, for people.
CHECKS: Final = {
    "books": "balances, lots, holds, hash chains, transit accounts, grand total",
    "tiers": "tier counters against what was earned in their windows",
    "sales": "each sale booked once, with its points and its money",
    "orders": "each order ahead with a sale of its own, given back if it was cancelled",
    "wallet": "payments and gift cards against the ledger",
    "roots": "signed roots against the history they fixed",
}


def audit(
    session: Session,
    *,
    members: Sequence[int] | None = None,
    keys: Sequence[RootKey] = (),
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Yield everything that does not add up, of everybody or of these members (then what concerns all is left out).

    ``progress`` is told how many members were walked. Wants one snapshot, and may take longer than a request: the
    session's statement time-out is lifted.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    yield from _named("books", ledger.audit(session, members=members, progress=progress))
    yield from _named("tiers", standings.audit(session, members=members))
    yield from _named("sales", sales.audit(session, members=members))
    yield from _named("orders", orders.audit(session, members=members))
    if members is None:
        yield from (Found("wallet", None, what) for what in wallet.audit(session))
        yield from _named("roots", ledger.check_roots(session, keys=keys))


def _named(check: str, findings: Iterator[Finding]) -> Iterator[Found]:
    return (Found(check, finding.member_id, finding.what) for finding in findings)


def size(session: Session) -> tuple[int, int]:
    """Return how many members have books, and how many transactions stand in them."""
    accounts, transactions = session.execute(
        text("SELECT count(*), coalesce(sum(seq), 0) FROM account")
    ).one()
    return int(accounts), int(transactions)


def known_as(session: Session, member_id: int) -> list[int]:
    """Return a member's number and those of everybody merged into them: their books tell of the same sales."""
    statement = """
        WITH RECURSIVE mine AS (
          SELECT member_id FROM member WHERE member_id = :member
          UNION SELECT m.member_id FROM member m JOIN mine ON m.merged_into = mine.member_id)
        SELECT member_id FROM mine ORDER BY 1
    """
    return list(session.scalars(text(statement), {"member": member_id}))
