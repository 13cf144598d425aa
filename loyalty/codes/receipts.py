"""One receipt earns once: claimed by its own key first, booked by the member's transaction, then done.

The three steps may be one transaction (on one server) or three (where members live on several): a crash in between
leaves a claim that the same member's retry finishes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.codes.models import ReceiptClaim
from loyalty.codes.refusals import ReceiptTaken


def claim_receipt(session: Session, *, reference: str, member_id: int, now: datetime) -> bool:
    """Claim a receipt for a member; return whether it was already done (a retry). Raise ``ReceiptTaken``."""
    session.execute(
        insert(ReceiptClaim)
        .values(reference=reference, member_id=member_id, claimed_at=now)
        .on_conflict_do_nothing()
    )
    owner = session.execute(
        select(ReceiptClaim.member_id, ReceiptClaim.done_at).where(ReceiptClaim.reference == reference)
    ).one()
    if owner.member_id != member_id:
        raise ReceiptTaken
    return owner.done_at is not None


def finish_claim(session: Session, *, reference: str, member_id: int, now: datetime) -> None:
    """Say that the member's transaction has booked the receipt."""
    session.execute(
        update(ReceiptClaim)
        .where(ReceiptClaim.reference == reference, ReceiptClaim.member_id == member_id)
        .values(done_at=now)
    )


def drop_claim(session: Session, *, reference: str, member_id: int) -> None:
    """Give up a claim that was never booked (the sale turned out not to be claimable)."""
    session.execute(
        delete(ReceiptClaim).where(
            ReceiptClaim.reference == reference,
            ReceiptClaim.member_id == member_id,
            ReceiptClaim.done_at.is_(None),
        )
    )
