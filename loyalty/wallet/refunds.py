"""Money going back to the card: because somebody asked, because it could not be booked, because the bank took it.

The same locks as for payments: the member's account row, then the payment's. The provider is asked after the commit, by
the outbox topic ``wallet.refund``; until it answers the money is ``refunding_minor``.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from loyalty import changes, messages
from loyalty.errors import Missing
from loyalty.ids import new_id
from loyalty.wallet import queries
from loyalty.wallet.gateway import Refund
from loyalty.wallet.models import PaymentRefundRow, PaymentRow
from loyalty.wallet.payments import KeyReused, lock_payment, request_hash
from loyalty.wallet.policy import NotRefundable


class RefundMissing(Missing):
    """The member has no such refund."""

    code = "refund_not_found"
    text = "There is no such refund."


def give_back(session: Session, payment: PaymentRow, *, reason: str, now: datetime) -> None:
    """Send a paid payment back to the card, because it cannot be booked (the wallet is full, the member gone)."""
    if payment.status != "paid":
        raise ValueError(f"only a paid payment that is not booked is given back, not a {payment.status} one")
    payment.status = "returned"
    asked = request_hash(payment=payment.id, amount_minor=payment.amount_minor)
    _begin(
        session, payment, payment.amount_minor, reason, client="system", key=payment.id, asked=asked, now=now
    )


def start_refund(
    session: Session, payment: PaymentRow, amount_minor: int, *, client: str, key: str, now: datetime
) -> tuple[PaymentRefundRow, bool]:
    """Begin to send part of a booked payment back to the card; the second value is false for a replay.

    The caller holds the locks (``lock_payment``) and takes the money out of the wallet in this transaction. Raise
    ``NotRefundable``, ``KeyReused``.
    """
    asked = request_hash(payment=payment.id, amount_minor=amount_minor)
    known = queries.refund_by_key(session, payment.member_id, client, key)
    if known is not None:
        if known.request_hash != asked:
            raise KeyReused
        return known, False
    refundable = refundable_minor(payment)
    if amount_minor <= 0 or amount_minor > refundable:
        raise NotRefundable(refundable_minor=refundable)
    refund = _begin(session, payment, amount_minor, "requested", client=client, key=key, asked=asked, now=now)
    return refund, True


def refundable_minor(payment: PaymentRow) -> int:
    """Return how much of a payment can still go back to the card."""
    if payment.status != "credited" or payment.intent is None:
        return 0
    return payment.amount_minor - payment.refunded_minor - payment.refunding_minor - payment.disputed_minor


def _begin(
    session: Session,
    payment: PaymentRow,
    amount_minor: int,
    reason: str,
    *,
    client: str,
    key: str,
    asked: bytes,
    now: datetime,
) -> PaymentRefundRow:
    refund = PaymentRefundRow(
        member_id=payment.member_id,
        id=new_id(now),
        payment=payment.id,
        amount_minor=amount_minor,
        status="pending",
        reason=reason,
        client=client,
        key=key,
        request_hash=asked,
        created_at=now,
        checked_at=now,
    )
    session.add(refund)
    payment.refunding_minor += amount_minor
    messages.tell(session, "wallet.refund", {"refund": refund.id}, member_id=payment.member_id, now=now)
    changes.mark(session, payment.member_id, "wallet", now=now)
    session.flush()
    return refund


def finish_refund(
    session: Session, *, member_id: int, refund_id: str, result: Refund | None, now: datetime
) -> tuple[PaymentRefundRow, PaymentRow, str | None]:
    """Note what the provider did with a refund (``None``: it refuses for good).

    The third value is the status that the refund moved to just now, under the lock: on ``failed`` the caller puts the
    money back into the wallet in this transaction (not for a ``returned`` payment: that money never was in it), on
    ``succeeded`` it takes the points. Raise ``RefundMissing``.
    """
    refund = queries.refund_of(session, member_id, refund_id)
    if refund is None:
        raise RefundMissing
    payment = lock_payment(session, member_id, refund.payment)
    session.refresh(refund, with_for_update=True)
    before = refund.status
    after = result.status if result is not None else "failed"
    refund.checked_at = now
    if result is not None:
        refund.provider_refund = result.id
    # A bank may also send back what the provider called done: then a refund fails after it succeeded.
    if after in (before, "pending") or before == "failed":
        session.flush()
        return refund, payment, None
    refund.status = after
    if before == "pending":
        payment.refunding_minor -= refund.amount_minor
    if after == "succeeded":
        payment.refunded_minor += refund.amount_minor
    elif before == "succeeded":
        payment.refunded_minor -= refund.amount_minor
    changes.mark(session, member_id, "wallet", now=now)
    session.flush()
    return refund, payment, after


def note_refunded_outside(
    session: Session, payment: PaymentRow, *, total_minor: int, wallet_minor: int, now: datetime
) -> int:
    """Note that the provider has sent back ``total_minor`` in all, and return what to take out of the wallet.

    What we asked for ourselves is known already. What the wallet no longer has is a loss of the house.
    """
    if payment.status != "credited":
        return 0
    gone = payment.refunded_minor + payment.refunding_minor
    room = payment.amount_minor - gone - payment.disputed_minor
    outside = min(max(total_minor - gone, 0), room)
    payment.refunded_minor += outside
    return _take(session, payment, outside, wallet_minor, now)


def note_disputed(
    session: Session, payment: PaymentRow, *, amount_minor: int, wallet_minor: int, now: datetime
) -> int:
    """Note that the cardholder's bank took money back, and return what to take out of the wallet."""
    if payment.status != "credited":
        return 0
    taken = min(amount_minor, refundable_minor(payment))
    payment.disputed_minor += taken
    return _take(session, payment, taken, wallet_minor, now)


def note_reinstated(session: Session, payment: PaymentRow, *, amount_minor: int, now: datetime) -> int:
    """Note that a dispute was won, and return what to put back into the wallet: what it had given."""
    back = min(amount_minor, payment.disputed_minor)
    loss = min(back, payment.lost_minor)
    payment.disputed_minor -= back
    payment.lost_minor -= loss
    changes.mark(session, payment.member_id, "wallet", now=now)
    session.flush()
    return back - loss


def _take(session: Session, payment: PaymentRow, amount_minor: int, wallet_minor: int, now: datetime) -> int:
    covered = min(amount_minor, wallet_minor)
    payment.lost_minor += amount_minor - covered
    if amount_minor:
        changes.mark(session, payment.member_id, "wallet", now=now)
    session.flush()
    return covered
