"""The points of a top-up that goes back to the card: taken back in proportion, to the thousandth.

What they counted for the tier leaves the tier counter with them, as of the moment of the top-up. A tier that was
reached stays until its validity ends: other purchases may have reached it since.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, ledger, wallet
from loyalty.ledger import chart
from loyalty.wallet import PaymentRefundRow, PaymentRow
from loyalty.why import Why

_EARNED = text(
    """
    SELECT t.seq, p.debit, p.rule, sum(p.amount)::bigint
    FROM ledger_transaction t JOIN posting p USING (member_id, seq)
    WHERE t.member_id = :member_id AND t.reference = :reference AND t.kind = 'top_up' AND p.debit = ANY(:sources)
    GROUP BY t.seq, p.debit, p.rule ORDER BY t.seq, p.debit, p.rule
    """
)
_COUNTED = text(
    """
    SELECT earned_at, sum(amount_milli)::bigint FROM tier_earning
    WHERE member_id = :member_id AND seq = ANY(:seqs) GROUP BY earned_at ORDER BY earned_at
    """
)
_LOWER = text(
    """
    INSERT INTO tier_earning (member_id, earned_at, seq, part, amount_milli)
    VALUES (:member_id, :at, :seq, :part, -:milli)
    """
)
_LOWER_WINDOW = text(
    "UPDATE standing SET window_milli = window_milli - :milli WHERE member_id = :member_id AND window_from < :at"
)
_SOURCES = [chart.ISSUED_PURCHASE, chart.ISSUED_BONUS, chart.ISSUED_GOODWILL]


def take_back(session: Session, payment: PaymentRow, refund: PaymentRefundRow, *, now: datetime) -> None:
    """Take back what a refunded part of a top-up had earned; what was spent meanwhile is owed.

    The caller holds the member's lock, and ``payment.refunded_minor`` has this refund in it already.
    """
    earned = session.execute(
        _EARNED,
        {"member_id": payment.member_id, "reference": f"top_up:{payment.id}", "sources": _SOURCES},
    ).all()
    if not earned:
        return
    books = ledger.open_books(session, payment.member_id)
    books.begin("top_up_refund", at=now, reference=f"refund:{refund.id}")
    before = payment.refunded_minor - refund.amount_minor
    for seq, source, rule, amount_milli in earned:
        taken = wallet.points_to_take_back(amount_milli, payment.amount_minor, before, refund.amount_minor)
        own = [number for number, lot in books.lots.items() if lot.origin == seq]
        if taken:
            why = Why("top_up_refund", {"points_milli": taken})
            books.take_back(taken, source=source, own=own, rule=rule, why=why)
    seqs = sorted({seq for seq, *_ in earned})
    ledger.write(session, books)
    _lower_tier_points(session, payment, refund, seqs, seq=books.account.seq)
    changes.mark(session, payment.member_id, "balance", "tier", now=now)


def _lower_tier_points(
    session: Session, payment: PaymentRow, refund: PaymentRefundRow, seqs: list[int], *, seq: int
) -> None:
    before = payment.refunded_minor - refund.amount_minor
    counted = session.execute(_COUNTED, {"member_id": payment.member_id, "seqs": seqs}).all()
    for part, (earned_at, amount_milli) in enumerate(counted):
        lowered = wallet.points_to_take_back(amount_milli, payment.amount_minor, before, refund.amount_minor)
        if lowered:
            values = {"member_id": payment.member_id, "at": earned_at, "milli": lowered}
            session.execute(_LOWER, {**values, "seq": seq, "part": part})
            session.execute(_LOWER_WINDOW, values)
