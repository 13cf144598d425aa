"""Loading a member's books under the lock, and writing what was done to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from loyalty import news
from loyalty.db import Batch, Inserts
from loyalty.errors import Missing
from loyalty.jsontext import dumps
from loyalty.ledger import chain, queries
from loyalty.ledger.books import Books, HoldState, LotState
from loyalty.record import record
from loyalty.why import Why


class AccountMissing(Missing):
    """The member has no account: never joined, or erased."""

    code = "member_not_found"
    text = "There is no such member."


@dataclass(frozen=True, slots=True)
class Line:
    """One transaction of a statement; ``postings`` are {debit, credit, amount, rule, why} in their order."""

    seq: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    reference: str | None
    program_version: int | None
    detail: dict[str, Any] | None
    postings: list[dict[str, Any]]


def open_account(session: Session, member_id: int, *, wallet_limit_minor: int = 50_000) -> None:
    """Create the account row of a new member."""
    batch = Batch()
    batch.add(
        "INSERT INTO account (member_id, wallet_limit_minor) VALUES (%(member_id)s, %(limit)s)",
        {"member_id": member_id, "limit": wallet_limit_minor},
    )
    batch.send(session)


def open_books(session: Session, member_id: int) -> Books:
    """Lock the member's account and load its books, in one round trip; raise ``AccountMissing``.

    The lock is one statement and the reading others after it: a single statement would read what stood there
    before it waited for the lock.
    """
    return _load(session, member_id, queries.LOCK_ACCOUNT)


def read_books(session: Session, member_id: int) -> Books:
    """Load the member's books without a lock, to look at; raise ``AccountMissing``."""
    return _load(session, member_id, queries.READ_ACCOUNT)


def _load(session: Session, member_id: int, account: str) -> Books:
    batch = Batch()
    of = {"member_id": member_id}
    batch.add(account, of)
    batch.add(queries.OPEN_LOTS, of)
    batch.add(queries.OPEN_HOLDS, of)
    accounts, lots, holds = batch.send(session)
    if not accounts:
        raise AccountMissing
    return queries.books_of(accounts[0], lots, holds)


def load_lots(session: Session, books: Books, numbers: list[int]) -> dict[int, LotState]:
    """Return these lots, closed ones too: the open ones as they stand in ``books``."""
    batch = Batch()
    batch.add(queries.LOTS_OF, {"member_id": books.account.member_id, "lots": numbers})
    (rows,) = batch.send(session)
    return {row[0]: books.lots.get(row[0]) or LotState(*row) for row in rows}


def write(session: Session, books: Books, batch: Batch | None = None, *, bump: bool = False) -> int:
    """Write every transaction begun on these books and return the member's ``seq``.

    With a ``batch`` the statements are only queued, to travel with the caller's own. The number of statements does
    not depend on how many postings and lots there are. ``bump`` raises the member's version in the same stroke, for
    a caller who marks the changes itself. Books are not to be used again after ``write``.
    """
    own = batch if batch is not None else Batch()
    hashes = _finish(books)
    _queue_account(own, books, bump)
    _insert(own, books, hashes)
    _queue_changed_lots(own, books)
    if books.changed_holds:
        _queue_holds(own, books)
    if bump:
        news.raised(session, books.account.member_id, books.account.version + 1)
    if batch is None:
        own.send(session)
    return books.account.seq


def write_opened(inserts: Inserts, books: Books) -> None:
    """Add the rows of an account that is new, with everything begun on its books since; they hold nothing aside."""
    assert not books.changed_holds
    hashes = _finish(books)
    inserts.insert("account", _ACCOUNT, [tuple([getattr(books.account, name) for name in _ACCOUNT])])
    _insert(inserts, books, hashes)


def why_json(why: Why | None) -> dict[str, Any] | None:
    """Return the form in which a reason is stored and hashed."""
    return None if why is None else {"key": why.key, **why.inputs}


def _finish(books: Books) -> list[bytes]:
    """Close the books and chain their transactions; return the hash of each."""
    books.finish()
    hashes: list[bytes] = []
    for draft in books.drafts:
        books.account.head = chain.link(
            books.account.head,
            member_id=books.account.member_id,
            seq=draft.seq,
            kind=draft.kind,
            occurred_at=draft.occurred_at,
            recorded_at=draft.recorded_at,
            reference=draft.reference,
            program_version=draft.program_version,
            detail=draft.detail,
            postings=[
                (
                    n,
                    entry.debit,
                    entry.credit,
                    entry.amount,
                    entry.rule,
                    why_json(entry.why),
                    sorted(entry.uses),
                )
                for n, entry in enumerate(draft.entries, 1)
            ],
        )
        hashes.append(books.account.head)
    return hashes


_ACCOUNT: Final = (
    "member_id", "seq", "version", "points_milli", "held_milli", "owed_milli", "wallet_minor", "wallet_held_minor",
    "wallet_limit_minor", "lot_count", "head",
)  # fmt: skip


def _queue_account(batch: Batch, books: Books, bump: bool) -> None:
    state = books.account
    batch.add(
        """UPDATE account SET version = version + %s, seq = %s, points_milli = %s, held_milli = %s,
           owed_milli = %s, wallet_minor = %s, wallet_held_minor = %s, lot_count = %s, head = %s
           WHERE member_id = %s""",
        (
            int(bump),
            state.seq,
            state.points_milli,
            state.held_milli,
            state.owed_milli,
            state.wallet_minor,
            state.wallet_held_minor,
            state.lot_count,
            state.head,
            state.member_id,
        ),
    )


_TRANSACTION: Final = (
    "member_id", "seq", "kind", "occurred_at", "recorded_at", "reference", "program_version", "detail", "hash",
)  # fmt: skip
_POSTING: Final = ("member_id", "seq", "n", "debit", "credit", "amount", "rule", "why")
_LOT_USE: Final = ("member_id", "seq", "n", "lot", "free_delta", "held_delta")
_LOT: Final = (
    "member_id", "lot", "original_milli", "free_milli", "held_milli", "earned_at", "expires_at", "origin", "parent",
    "rule", "closed",
)  # fmt: skip


def _insert(inserts: Inserts, books: Books, hashes: list[bytes]) -> None:
    """Add what is written once, and the new lots."""
    if books.drafts:
        _insert_transactions(inserts, books, hashes)
        _insert_postings(inserts, books)
    _insert_lots(inserts, books)


def _insert_transactions(inserts: Inserts, books: Books, hashes: list[bytes]) -> None:
    member_id = books.account.member_id
    inserts.insert(
        "ledger_transaction",
        _TRANSACTION,
        [
            (member_id, draft.seq, draft.kind, draft.occurred_at, draft.recorded_at, draft.reference,
             draft.program_version, None if draft.detail is None else dumps(draft.detail), linked)
            for draft, linked in zip(books.drafts, hashes, strict=True)
        ],
    )  # fmt: skip


def _insert_postings(inserts: Inserts, books: Books) -> None:
    member_id = books.account.member_id
    entries = [(draft.seq, n, entry) for draft in books.drafts for n, entry in enumerate(draft.entries, 1)]
    inserts.insert(
        "posting",
        _POSTING,
        [
            (member_id, seq, n, entry.debit, entry.credit, entry.amount, entry.rule,
             None if entry.why is None else dumps(why_json(entry.why)))
            for seq, n, entry in entries
        ],
    )  # fmt: skip
    uses = [(member_id, seq, n, *use) for seq, n, entry in entries for use in entry.uses]
    inserts.insert("lot_use", _LOT_USE, uses)


def _insert_lots(inserts: Inserts, books: Books) -> None:
    made = [books.lots[number] for number in books.new_lots]
    inserts.insert(
        "lot",
        _LOT,
        [
            (books.account.member_id, lot.lot, lot.original_milli, lot.free_milli, lot.held_milli, lot.earned_at,
             lot.expires_at, lot.origin, lot.parent, lot.rule, lot.free_milli + lot.held_milli == 0)
            for lot in made
        ],
    )  # fmt: skip


def _queue_changed_lots(batch: Batch, books: Books) -> None:
    changed = [books.lots[number] for number in sorted(books.changed_lots.difference(books.new_lots))]
    if changed:
        batch.add(
            """UPDATE lot SET free_milli = c.free, held_milli = c.held, expires_at = c.expires_at,
                              closed = (c.free + c.held = 0)
               FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
                    AS c (lot, free, held, expires_at)
               WHERE lot.member_id = %s AND lot.lot = c.lot""",
            (
                [lot.lot for lot in changed],
                [lot.free_milli for lot in changed],
                [lot.held_milli for lot in changed],
                [lot.expires_at for lot in changed],
                books.account.member_id,
            ),
        )


def _queue_holds(batch: Batch, books: Books) -> None:
    holds = [books.holds[hold_id] for hold_id in sorted(books.changed_holds)]
    batch.add(
        """INSERT INTO hold (member_id, id, unit, amount, until, state, pins, purpose, captured)
           SELECT %s, id, unit, amount, until, state, pins::jsonb, purpose, captured
           FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
                       %s::bigint[]) AS h (id, unit, amount, until, state, pins, purpose, captured)
           ON CONFLICT (member_id, id) DO UPDATE SET state = excluded.state, captured = excluded.captured""",
        (
            books.account.member_id,
            [hold.id for hold in holds],
            [hold.unit for hold in holds],
            [hold.amount for hold in holds],
            [hold.until for hold in holds],
            [hold.state for hold in holds],
            [dumps(hold.pins) for hold in holds],
            [hold.purpose for hold in holds],
            [hold.captured for hold in holds],
        ),
    )


@record
class StatementFilter:
    """Which transactions are wanted; ``None`` is all. ``since`` is included, ``until`` is not.

    ``unit`` is the thousands digit of the accounts moved: 1 points, 2 money.
    """

    kinds: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    unit: Literal[1, 2] | None = None


def statement(
    session: Session,
    member_id: int,
    *,
    before_seq: int | None = None,
    limit: int = 50,
    only: StatementFilter | None = None,
) -> list[Line]:
    """Return the member's newest transactions below ``before_seq``, newest first, with their postings."""
    wanted = only or StatementFilter()
    batch = Batch()
    batch.add(
        queries.STATEMENT,
        {
            "member_id": member_id,
            "before_seq": before_seq if before_seq is not None else 2**62,
            "limit": limit,
            "kinds": list(wanted.kinds) if wanted.kinds is not None else None,
            "since": wanted.since,
            "until": wanted.until,
            "unit": wanted.unit,
        },
    )
    (rows,) = batch.send(session)
    return [Line(*row) for row in rows]


def open_holds(session: Session, member_id: int) -> list[HoldState]:
    """Return what is set aside of a member's points and money, whether or not its time is over."""
    batch = Batch()
    batch.add(queries.OPEN_HOLDS, {"member_id": member_id})
    (rows,) = batch.send(session)
    return [queries.hold_of(row) for row in rows]
