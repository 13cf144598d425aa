"""The audit: walk every member's books (``member_audit`` says what must add up), then the house as a whole.

The house: no row of nobody; transit accounts empty; the grand total zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import chart, queries
from loyalty.ledger.member_audit import BALANCES, check_member

CHUNK: Final = 500
_MOST_STRAYS: Final = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up; ``member_id`` is ``None`` for the house as a whole."""

    member_id: int | None
    what: str


_MEMBERS: Final = f"""
    SELECT {queries.ACCOUNT_COLUMNS} FROM account
    WHERE member_id > %(after)s AND (%(members)s::bigint[] IS NULL OR member_id = ANY(%(members)s))
    ORDER BY member_id LIMIT %(limit)s
"""
_TRANSACTIONS: Final = """
    SELECT member_id, seq, kind, occurred_at, recorded_at, reference, program_version, detail, hash
    FROM ledger_transaction WHERE member_id BETWEEN %(low)s AND %(high)s ORDER BY member_id, seq
"""
_POSTINGS: Final = """
    SELECT member_id, seq, n, debit, credit, amount, rule, why FROM posting
    WHERE member_id BETWEEN %(low)s AND %(high)s ORDER BY member_id, seq, n
"""
_USES: Final = """
    SELECT member_id, seq, n, lot, free_delta, held_delta FROM lot_use
    WHERE member_id BETWEEN %(low)s AND %(high)s ORDER BY member_id, seq, n, lot
"""
_LOTS: Final = """
    SELECT member_id, lot, original_milli, free_milli, held_milli, origin FROM lot
    WHERE member_id BETWEEN %(low)s AND %(high)s
"""
_HOLDS: Final = """
    SELECT member_id, id, unit, amount, pins FROM hold
    WHERE state = 'open' AND member_id BETWEEN %(low)s AND %(high)s
"""
_CLEARING: Final = """
    SELECT account, sum(amount)::bigint FROM (
        SELECT credit AS account, amount FROM posting WHERE credit = ANY(%(accounts)s)
        UNION ALL SELECT debit, -amount FROM posting WHERE debit = ANY(%(accounts)s)) p
    GROUP BY account HAVING sum(amount) <> 0 ORDER BY account
"""
# Rows of a member who has no account: nobody's balance would miss them.
_STRAYS: Final = """
    SELECT DISTINCT 'TABLE', t.member_id FROM TABLE t
    WHERE NOT EXISTS (SELECT FROM account a WHERE a.member_id = t.member_id)
"""
_OWNED: Final = ("ledger_transaction", "posting", "lot_use", "lot", "hold")
# What members have by their account rows, and what the house has by the postings: each unit adds up to nothing.
_GRAND_TOTAL: Final = """
    SELECT p.unit, p.house + CASE p.unit WHEN 1 THEN a.points ELSE a.money END
    FROM (SELECT sum(points_milli + held_milli - owed_milli) AS points,
                 sum(wallet_minor + wallet_held_minor) AS money FROM account) a,
         (SELECT unit, sum(amount) AS house FROM (
              SELECT credit / 1000 AS unit, amount FROM posting WHERE credit <> ALL(%(kept)s)
              UNION ALL SELECT debit / 1000, -amount FROM posting WHERE debit <> ALL(%(kept)s)) h
          GROUP BY unit) p
"""
UNITS: Final = {1: "thousandths of points", 2: "minor units of money"}


def audit(
    session: Session,
    *,
    members: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Finding]:
    """Walk every member, or these, and yield what does not add up; ``progress`` is told how many were walked.

    The house as a whole is looked at when everybody is walked. Read it in one snapshot: else a sale that is booked
    meanwhile looks like an error.
    """
    after, walked = -1, 0
    chosen = None if members is None else list(members)
    limit = CHUNK if members is None else 1
    while accounts := _rows(session, _MEMBERS, after=after, limit=limit, members=chosen):
        low, high = accounts[0][0], accounts[-1][0]
        yield from _audit_chunk(session, accounts, low, high)
        after = high
        walked += len(accounts)
        if progress:
            progress(walked)
    if members is None:
        yield from _audit_house(session)


def _audit_house(session: Session) -> Iterator[Finding]:
    for table in _OWNED:
        strays = _rows(session, _STRAYS.replace("TABLE", table))
        for name, member_id in strays[:_MOST_STRAYS]:
            yield Finding(None, f"{name} has rows of number {member_id}, who has no account")
    for account, total in _rows(session, _CLEARING, accounts=list(chart.CLEARING)):
        yield Finding(None, f"{chart.NAMES[account]} should be empty and holds {total}")
    for unit, total in _rows(session, _GRAND_TOTAL, kept=list(BALANCES)):
        if total:
            yield Finding(None, f"the grand total of {UNITS[unit]} is {int(total)}, not zero")


def _rows(session: Session, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    batch = Batch()
    batch.add(statement, parameters)
    return batch.send(session)[0]


def _by_member(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    grouped: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row[1:])
    return grouped


def _audit_chunk(session: Session, accounts: list[tuple[Any, ...]], low: int, high: int) -> Iterator[Finding]:
    tables = [
        _by_member(_rows(session, statement, low=low, high=high))
        for statement in (_TRANSACTIONS, _POSTINGS, _USES, _LOTS, _HOLDS)
    ]
    for row in accounts:
        member_id: int = row[0]
        yield from (
            Finding(member_id, what)
            for what in check_member(row, *(table.get(member_id, []) for table in tables))
        )
