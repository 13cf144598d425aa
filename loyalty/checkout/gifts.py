"""Redeeming a gift card: claim, book, close, each in a transaction of its own (LEDGER.md § 4)."""

from __future__ import annotations

from datetime import datetime

from loyalty import ledger, wallet
from loyalty.db import transaction
from loyalty.wallet import Redeemed


def redeem_gift_card(*, member_id: int, code: str, now: datetime) -> Redeemed:
    """Load a gift card into a member's wallet, once. The same member's next try finishes one that was cut off.

    Raise ``wallet.NoGiftCode``, ``GiftCardMissing``, ``GiftCardUsed``, ``GiftCardExpired``,
    ``ledger.WalletLimit``.
    """
    with transaction() as session:
        claim = wallet.claim_gift_card(session, code, member_id=member_id, now=now)
    try:
        with transaction() as session:
            redeemed = wallet.book_gift_card(session, claim, now=now)
    except ledger.WalletLimit:
        with transaction() as session:
            wallet.drop_claim(session, claim)
        raise
    with transaction() as session:
        wallet.close_gift_card(session, claim, now=now)
    return redeemed


def release_gift_claims(*, before: datetime, now: datetime, limit: int = 100) -> int:
    """Finish or take away redemptions that were begun before an instant and cut off; return how many."""
    with transaction() as session:
        claims = wallet.stale_claims(session, before=before, limit=limit)
    for code_hash, member_id in claims:
        with transaction() as session:
            wallet.settle_claim(session, code_hash, member_id, now=now)
    return len(claims)
