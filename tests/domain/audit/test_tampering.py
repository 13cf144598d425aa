"""Whoever owns the database can change any row. The audit names what they changed."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.domain.audit.conftest import Books

# what was changed -> the check that notices, and what it says
TAMPERINGS = {
    "more points": (
        "UPDATE account SET points_milli = points_milli + 1 WHERE member_id = :ann",
        "books",
        "member points",
    ),
    "more money": (
        "UPDATE account SET wallet_minor = wallet_minor + 1 WHERE member_id = :ann",
        "books",
        "wallet: postings",
    ),
    "a debt forgiven": (
        "UPDATE account SET owed_milli = owed_milli + 5 WHERE member_id = :ann",
        "books",
        "owed",
    ),
    "points set free": ("UPDATE account SET held_milli = 0 WHERE member_id = :ann", "books", "held"),
    "the numbering": ("UPDATE account SET seq = seq + 1 WHERE member_id = :ann", "books", "the account says"),
    "the head": ("UPDATE account SET head = 'x' WHERE member_id = :ann", "books", "head of the hash chain"),
    "the count of lots": (
        "UPDATE account SET lot_count = 9 WHERE member_id = :ann",
        "books",
        "lots, the account says",
    ),
    "the limit": (
        "UPDATE account SET wallet_limit_minor = 100 WHERE member_id = :ann",
        "books",
        "filled the wallet",
    ),
    "an amount": (
        "UPDATE posting SET amount = amount + 1 WHERE member_id = :bob",
        "books",
        "hash chain breaks",
    ),
    "an account": ("UPDATE posting SET debit = 1103 WHERE member_id = :bob", "books", "hash chain breaks"),
    "a reason": ("UPDATE posting SET why = '{}' WHERE member_id = :bob", "books", "hash chain breaks"),
    "a posting gone": ("DELETE FROM posting WHERE member_id = :bob", "books", "postings add up to 0"),
    "a posting too many": (
        "INSERT INTO posting (member_id, seq, n, debit, credit, amount) VALUES (:bob, 9, 1, 1103, 1001, 5)",
        "books",
        "postings of transaction 9, which does not exist",
    ),
    "a time": (
        "UPDATE ledger_transaction SET occurred_at = occurred_at - interval '1 day' WHERE member_id = :bob",
        "books",
        "hash chain breaks at transaction 1",
    ),
    "a transaction gone": (
        "DELETE FROM ledger_transaction WHERE member_id = :ann AND seq = 2",
        "books",
        "2 is missing",
    ),
    "the last transactions gone": (
        "DELETE FROM ledger_transaction WHERE member_id = :ann AND seq > 2",
        "books",
        "the account says",
    ),
    "a lot": (
        "UPDATE lot SET free_milli = free_milli - 1 WHERE member_id = :bob",
        "books",
        "its uses add up to",
    ),
    "a lot gone": ("DELETE FROM lot WHERE member_id = :bob", "books", "was used and does not exist"),
    "a lot from nowhere": ("UPDATE lot SET origin = 77 WHERE member_id = :bob", "books", "transaction 77"),
    "a use": ("UPDATE lot_use SET free_delta = free_delta + 1 WHERE member_id = :bob", "books", "its lots"),
    "a hold": ("UPDATE hold SET amount = amount - 1 WHERE member_id = :ann", "books", "open holds set"),
    "a hold's lots": ("UPDATE hold SET pins = '[[1, 1]]' WHERE member_id = :ann", "books", "pins 1"),
    "a member gone": ("DELETE FROM account WHERE member_id = :bob", "books", "who has no account"),
    "transit": (
        "UPDATE posting SET credit = 2104 WHERE credit = 2103",
        "books",
        "in transit should be empty",
    ),
    "the tier counter": (
        "UPDATE standing SET window_milli = 500000 WHERE member_id = :bob",
        "tiers",
        "tier counter",
    ),
    "a tier earning": (
        "INSERT INTO tier_earning (member_id, earned_at, seq, amount_milli) VALUES (:bob, '2026-05-10', 99, 5)",
        "tiers",
        "transaction 99",
    ),
    "a standing gone": ("DELETE FROM standing WHERE member_id = :bob", "tiers", "has no standing"),
    "what a sale earned": ("UPDATE sale SET earned_milli = 9 WHERE id = 's2'", "sales", "points earned"),
    "what a sale cost in points": (
        "UPDATE sale SET spent_milli = 0 WHERE id = 's1'",
        "sales",
        "points spent",
    ),
    "how a sale was paid": (
        """UPDATE sale SET tenders = '[{"kind": "cash", "amount_minor": 1200}]' WHERE id = 's1'""",
        "sales",
        "from the wallet",
    ),
    "a sale gone": ("DELETE FROM sale WHERE id = 's2'", "sales", "there is no such sale"),
    "a sale booked twice": (
        """INSERT INTO ledger_transaction (member_id, seq, kind, occurred_at, recorded_at, reference, hash)
           SELECT member_id, seq + 10, kind, occurred_at, recorded_at, reference, hash FROM ledger_transaction
           WHERE reference = 'sale:s2'""",
        "sales",
        "sale:s2 is booked 2 times",
    ),
    "a line": ("UPDATE sale_line SET net_minor = 1 WHERE sale_id = 's2'", "sales", "lines of 1"),
    "a return gone": ("DELETE FROM sale_return WHERE sale_id = 's1'", "sales", "were returned"),
    "a root": ("UPDATE ledger_root SET root = 'x'", "roots", "does not say what was signed"),
    "a signature": ("UPDATE ledger_root SET token = 'x.y.z'", "roots", "not by a key of this server"),
    "a signed head": (
        "UPDATE ledger_root_head SET head = 'x' WHERE member_id = :bob",
        "roots",
        "not the one that root 1",
    ),
    "a root gone": ("UPDATE ledger_root SET number = 2", "roots", "root 1 is missing"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_audit_names_what_was_changed(books: Books, name: str) -> None:
    assert books.audit() == []
    statement, check, said = TAMPERINGS[name]
    books.tamper(statement)
    found = books.audit()
    assert any(each.check == check and said in each.what for each in found), found


def test_a_history_that_was_rewritten_whole_contradicts_the_root(books: Books) -> None:
    """Chain, head and balances are all made anew: only the root, signed with what the database has not, tells."""
    from loyalty.ledger import chain

    row = books.session.execute(
        text("SELECT * FROM ledger_transaction WHERE member_id = :bob"), {"bob": books.bob}
    ).one()
    postings = books.session.execute(
        text(
            """SELECT p.n, p.debit, p.credit, 2 * p.amount, p.rule, p.why,
                      array_agg(u.lot), sum(2 * u.free_delta)::bigint
               FROM posting p JOIN lot_use u USING (member_id, seq, n) WHERE member_id = :bob
               GROUP BY 1, 2, 3, 4, 5, 6"""
        ),
        {"bob": books.bob},
    ).all()
    digest = chain.link(
        b"", member_id=books.bob, seq=1, kind=row.kind, occurred_at=row.occurred_at, recorded_at=row.recorded_at,
        reference=row.reference, program_version=row.program_version, detail=row.detail,
        postings=[(n, debit, credit, amount, rule, why, [(lots[0], free, 0)])
                  for n, debit, credit, amount, rule, why, lots, free in postings],
    )  # fmt: skip
    books.tamper("UPDATE posting SET amount = 2 * amount WHERE member_id = :bob")
    books.tamper("UPDATE lot_use SET free_delta = 2 * free_delta WHERE member_id = :bob")
    books.tamper(
        "UPDATE lot SET original_milli = 2 * original_milli, free_milli = 2 * free_milli WHERE member_id = :bob"
    )
    books.tamper(
        "UPDATE account SET points_milli = 2 * points_milli, head = :digest WHERE member_id = :bob",
        digest=digest,
    )
    books.tamper("UPDATE ledger_transaction SET hash = :digest WHERE member_id = :bob", digest=digest)
    books.tamper("UPDATE sale SET earned_milli = 2 * earned_milli WHERE id = 's2'")
    (found,) = books.audit()
    assert (found.check, found.member_id) == ("roots", books.bob)
    assert "not the one that root 1 signed" in found.what


def test_the_tables_themselves_refuse_what_must_not_change(books: Books) -> None:
    for table in ("ledger_transaction", "posting", "lot_use", "ledger_root", "ledger_root_head"):
        for act in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET seq = seq" if "root" not in table else f"DELETE FROM {table}",
        ):
            with pytest.raises(DBAPIError, match="written once"), books.session.begin_nested():
                books.session.execute(text(act))


def test_one_member_is_audited_alone(books: Books) -> None:
    books.tamper("UPDATE account SET points_milli = 1 WHERE member_id = :ann")
    assert books.audit(members=[books.bob]) == []
    assert {each.member_id for each in books.audit(members=[books.ann])} == {books.ann}


def test_progress_is_told_how_many_were_walked(books: Books) -> None:
    told: list[int] = []
    books.audit(progress=told.append)
    assert told == [2]
