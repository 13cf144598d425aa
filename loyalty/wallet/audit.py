"""Do the wallet's tables and the ledger agree? For ``regulars audit``, beside the ledger's own."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty.ledger import chart

# Every payment that fills a wallet is in the ledger under references of its own: its booking, its refunds, and what the
# bank did. The money of those must be what the payment's row says stayed. (After a merge the books stay with the old
# number and the payment has moved: the reference alone names it, ids are unique.)
_PAYMENTS = text(
    """
    WITH reference AS (
      SELECT id AS payment, 'top_up:' || id AS reference FROM payment WHERE purpose IN ('top_up', 'auto_reload')
      UNION ALL SELECT id, 'payment:' || id FROM payment WHERE purpose IN ('top_up', 'auto_reload')
      UNION ALL SELECT payment, 'refund:' || id FROM payment_refund
    ), booked AS (
      SELECT r.payment, sum(CASE WHEN o.debit = ANY(:loads) THEN o.amount
                                 WHEN o.credit = ANY(:loads) THEN -o.amount ELSE 0 END) AS amount
      FROM reference r JOIN ledger_transaction t USING (reference) JOIN posting o USING (member_id, seq)
      GROUP BY r.payment
    )
    SELECT p.id, coalesce(b.amount, 0),
           CASE WHEN p.status = 'credited'
                THEN p.amount_minor - p.refunded_minor - p.refunding_minor - p.disputed_minor + p.lost_minor
                ELSE 0 END
    FROM payment p LEFT JOIN booked b ON b.payment = p.id
    WHERE p.purpose IN ('top_up', 'auto_reload')
    """
)
_GIFTS = text(
    """
    SELECT coalesce((SELECT sum(amount) FROM posting WHERE debit = :account), 0),
           coalesce((SELECT sum(amount_minor) FROM gift_card_redemption), 0),
           coalesce((SELECT sum(amount_minor) FROM gift_card WHERE status = 'redeemed'), 0)
    """
)


def audit(session: Session) -> list[str]:
    """Return what does not agree, one sentence each: payments with their bookings, gift cards with theirs."""
    loads = [chart.LOADS_CARD, chart.LOADS_CASH]
    found = [
        f"payment {payment}: the ledger has {booked}, the payment says {said} minor units"
        for payment, booked, said in session.execute(_PAYMENTS, {"loads": loads})
        if booked != said
    ]
    loaded, redeemed, closed = session.execute(_GIFTS, {"account": chart.GIFT_CARDS}).one()
    if loaded != redeemed:
        found.append(f"account {chart.GIFT_CARDS} has {loaded}, the redemptions of gift cards say {redeemed}")
    if closed > redeemed:
        found.append(f"gift cards worth {closed} are redeemed, only {redeemed} were booked")
    return found
