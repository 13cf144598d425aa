"""Every question asked of the ledger's tables, as SQL that can travel in a ``Batch``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from loyalty.ledger.books import AccountState, Books, HoldState, LotState

ACCOUNT_COLUMNS: Final = (
    "member_id, seq, version, points_milli, held_milli, owed_milli, wallet_minor, wallet_held_minor, "
    "wallet_limit_minor, lot_count, head, epoch"
)
READ_ACCOUNT: Final = f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE member_id = %(member_id)s"
# NO KEY: rows that refer to the account may be inserted meanwhile, which asks for KEY SHARE.
LOCK_ACCOUNT: Final = READ_ACCOUNT + " FOR NO KEY UPDATE"

LOT_COLUMNS: Final = (
    "lot, original_milli, free_milli, held_milli, earned_at, expires_at, origin, parent, rule"
)
OPEN_LOTS: Final = (
    f"SELECT {LOT_COLUMNS} FROM lot WHERE member_id = %(member_id)s AND NOT closed ORDER BY expires_at, lot"
)
LOTS_OF: Final = f"SELECT {LOT_COLUMNS} FROM lot WHERE member_id = %(member_id)s AND lot = ANY(%(lots)s)"
OPEN_HOLDS: Final = """
    SELECT id, unit, amount, until, pins, purpose FROM hold WHERE member_id = %(member_id)s AND state = 'open'
"""
# What one transaction did: its postings with the lots each used, in their order.
POSTINGS_OF: Final = """
    SELECT p.seq, p.n, p.debit, p.credit, p.amount, p.rule, p.why,
           coalesce((SELECT jsonb_agg(jsonb_build_array(u.lot, u.free_delta, u.held_delta) ORDER BY u.lot)
                     FROM lot_use u WHERE (u.member_id, u.seq, u.n) = (p.member_id, p.seq, p.n)), '[]')
    FROM posting p WHERE p.member_id = %(member_id)s AND p.seq = ANY(%(seqs)s) ORDER BY p.seq, p.n
"""
EXPIRED_OF_LOTS: Final = """
    SELECT u.lot, -sum(u.free_delta)::bigint
    FROM lot_use u JOIN posting p USING (member_id, seq, n)
    WHERE u.member_id = %(member_id)s AND u.lot = ANY(%(lots)s) AND p.credit = 1105 GROUP BY u.lot
"""
STATEMENT: Final = """
    SELECT t.seq, t.kind, t.occurred_at, t.recorded_at, t.reference, t.program_version, t.detail,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('debit', p.debit, 'credit', p.credit, 'amount', p.amount,
                                                'rule', p.rule, 'why', p.why) ORDER BY p.n), '[]')
            FROM posting p WHERE p.member_id = t.member_id AND p.seq = t.seq)
    FROM ledger_transaction t
    WHERE t.member_id = %(member_id)s AND t.seq < %(before_seq)s
      AND (%(kinds)s::text[] IS NULL OR t.kind = ANY(%(kinds)s::text[]))
      AND (%(since)s::timestamptz IS NULL OR t.occurred_at >= %(since)s::timestamptz)
      AND (%(until)s::timestamptz IS NULL OR t.occurred_at < %(until)s::timestamptz)
      AND (%(unit)s::int IS NULL OR EXISTS (
           SELECT FROM posting p WHERE p.member_id = t.member_id AND p.seq = t.seq
                                   AND p.debit / 1000 = %(unit)s::int))
    ORDER BY t.seq DESC LIMIT %(limit)s
"""
LAPSING_MEMBERS: Final = """
    SELECT DISTINCT member_id FROM lot WHERE NOT closed AND expires_at <= %(upto)s AND member_id > %(after)s
    ORDER BY member_id LIMIT %(limit)s
"""


def account_of(row: Sequence[Any]) -> AccountState:
    """Make an account of a row of ``READ_ACCOUNT``."""
    return AccountState(*row[:10], head=bytes(row[10]), epoch=row[11])


def books_of(account: Sequence[Any], lots: Sequence[Sequence[Any]], holds: Sequence[Sequence[Any]]) -> Books:
    """Make books of the rows of ``READ_ACCOUNT``, ``OPEN_LOTS`` and ``OPEN_HOLDS``."""
    return Books(
        account_of(account),
        {row[0]: LotState(*row) for row in lots},
        {row[0]: hold_of(row) for row in holds},
    )


def hold_of(row: Sequence[Any]) -> HoldState:
    """Make a hold of a row of ``OPEN_HOLDS``."""
    hold_id, unit, amount, until, pins, purpose = row
    return HoldState(hold_id, unit, amount, until, [(lot, milli) for lot, milli in pins], purpose)


def available_milli(books: Books, now: datetime) -> int:
    """Return what the member can spend at ``now``, whether or not the jobs have swept lapsed lots and holds."""
    alive = sum(
        lot.free_milli for lot in books.lots.values() if lot.expires_at is None or lot.expires_at > now
    )
    for hold in books.ended_holds(now):
        for number, milli in hold.pins:
            lot = books.lots[number]
            if lot.expires_at is None or lot.expires_at > now:
                alive += milli
    return alive
