"""The audit: recompute every member's books from the write-once rows and compare.

Balances = Σ postings = Σ lots; what lots hold = what their uses add up to; no gap in ``seq``; hash chain unbroken;
transit accounts empty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.ledger import chain, chart, queries

CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up; ``member_id`` is ``None`` for the house as a whole."""

    member_id: int | None
    what: str


_MEMBERS: Final = f"SELECT {queries.ACCOUNT_COLUMNS} FROM account WHERE member_id > %(after)s ORDER BY member_id LIMIT %(limit)s"
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
    SELECT member_id, unit, sum(amount)::bigint FROM hold
    WHERE state = 'open' AND member_id BETWEEN %(low)s AND %(high)s GROUP BY member_id, unit
"""
_CLEARING: Final = """
    SELECT account, sum(amount)::bigint FROM (
        SELECT credit AS account, amount FROM posting WHERE credit = ANY(%(accounts)s)
        UNION ALL SELECT debit, -amount FROM posting WHERE debit = ANY(%(accounts)s)) p
    GROUP BY account HAVING sum(amount) <> 0
"""


def audit(session: Session, *, progress: Callable[[int], None] | None = None) -> Iterator[Finding]:
    """Walk every member and yield what does not add up; ``progress`` is told how many members were walked."""
    after, walked = -1, 0
    while accounts := _rows(session, _MEMBERS, after=after, limit=CHUNK):
        low, high = accounts[0][0], accounts[-1][0]
        yield from _audit_chunk(session, accounts, low, high)
        after = high
        walked += len(accounts)
        if progress:
            progress(walked)
    for account, total in _rows(session, _CLEARING, accounts=list(chart.CLEARING)):
        yield Finding(None, f"{chart.NAMES[account]} should be empty and holds {total}")


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


def check_member(
    account: Sequence[Any],
    transactions: Sequence[Sequence[Any]],
    postings: Sequence[Sequence[Any]],
    uses: Sequence[Sequence[Any]],
    lots: Sequence[Sequence[Any]],
    holds: Sequence[Sequence[Any]],
) -> Iterator[str]:
    """Yield what does not add up in one member's rows (in the columns of the statements above)."""
    state = queries.account_of(account)
    yield from _check_balances(state, postings)
    yield from _check_chain(state, transactions, postings, uses)
    yield from _check_lots(state, uses, lots)
    held = dict(holds)
    if held.get("points", 0) != state.held_milli:
        yield f"open holds set {held.get('points', 0)} thousandths aside, the account says {state.held_milli}"
    if held.get("money", 0) != state.wallet_held_minor:
        yield f"open holds set {held.get('money', 0)} minor units aside, the account says {state.wallet_held_minor}"


def _check_balances(state: Any, postings: Sequence[Sequence[Any]]) -> Iterator[str]:
    sums: dict[int, int] = defaultdict(int)
    for _, _, debit, credit, amount, _, _ in postings:
        sums[debit] -= amount
        sums[credit] += amount
    kept = {
        chart.POINTS: state.points_milli,
        chart.POINTS_HELD: state.held_milli,
        chart.POINTS_OWED: -state.owed_milli,
        chart.WALLET: state.wallet_minor,
        chart.WALLET_HELD: state.wallet_held_minor,
    }
    for account, balance in kept.items():
        if sums[account] != balance:
            yield f"{chart.NAMES[account]}: postings add up to {sums[account]}, the account says {balance}"


def _check_chain(
    state: Any,
    transactions: Sequence[Sequence[Any]],
    postings: Sequence[Sequence[Any]],
    uses: Sequence[Sequence[Any]],
) -> Iterator[str]:
    used: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for seq, n, lot, free, held in uses:
        used[seq, n].append((lot, free, held))
    posted: dict[int, list[chain.PostingRow]] = defaultdict(list)
    for seq, n, debit, credit, amount, rule, why in postings:
        posted[seq].append((n, debit, credit, amount, rule, why, used[seq, n]))
    head = b""
    for expected, (seq, kind, occurred, recorded, reference, version, detail, digest) in enumerate(
        transactions, 1
    ):
        if seq != expected:
            yield f"transaction {expected} is missing: the next one is {seq}"
            return
        head = chain.link(
            head, member_id=state.member_id, seq=seq, kind=kind, occurred_at=occurred, recorded_at=recorded,
            reference=reference, program_version=version, detail=detail, postings=posted[seq],
        )  # fmt: skip
        if head != bytes(digest):
            yield f"the hash chain breaks at transaction {seq}"
            return
    if len(transactions) != state.seq:
        yield f"there are {len(transactions)} transactions, the account says {state.seq}"
    elif head != state.head:
        yield "the head of the hash chain is not the account's"


def _check_lots(state: Any, uses: Sequence[Sequence[Any]], lots: Sequence[Sequence[Any]]) -> Iterator[str]:
    free_sums: dict[int, int] = defaultdict(int)
    held_sums: dict[int, int] = defaultdict(int)
    for _, _, lot, free, held in uses:
        free_sums[lot] += free
        held_sums[lot] += held
    total = 0
    for lot, original, free, held, _ in lots:
        total += free
        if (free_sums[lot], held_sums[lot]) != (free, held):
            yield f"lot {lot} has {free} free and {held} held, its uses add up to {free_sums[lot]} and {held_sums[lot]}"
        if free + held > original:
            yield f"lot {lot} holds more than it was given"
    if total != state.points_milli:
        yield f"lots hold {total} free thousandths, the account says {state.points_milli}"
    if len(lots) != state.lot_count:
        yield f"there are {len(lots)} lots, the account says {state.lot_count}"
