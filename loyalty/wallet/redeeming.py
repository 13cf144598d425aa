"""A gift card into a wallet, once.

Redeeming takes three transactions, because a code belongs to nobody and a wallet to one member (LEDGER.md § 4): *claim*
the card, *book* it under the member's lock, *close* it. A crash in between leaves a claim that the same member's
next try finishes, or ``settle_claim`` takes away again after looking into that member's redemptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import changes, ledger, messages
from loyalty.ledger import chart
from loyalty.wallet import gift_codes
from loyalty.wallet.gift_cards import GiftCardExpired, GiftCardMissing, GiftCardUsed
from loyalty.wallet.models import GiftCardRedemptionRow, GiftCardRow
from loyalty.why import Why


@dataclass(frozen=True, slots=True)
class Claim:
    """A gift card that waits to be booked into one member's wallet."""

    code_hash: bytes
    gift_card: str
    member_id: int
    amount_minor: int
    last4: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A gift card in the wallet: what it brought, and the member's ledger number of it."""

    gift_card: str
    last4: str
    amount_minor: int
    seq: int
    wallet_minor: int


def claim_gift_card(session: Session, code: str, *, member_id: int, now: datetime) -> Claim:
    """First step: make the card this member's to redeem (again, where an earlier try was cut off). Commit after it.

    Raise ``NoGiftCode``, ``GiftCardMissing``, ``GiftCardUsed``, ``GiftCardExpired``.
    """
    card = _look(session, gift_codes.hash_of(gift_codes.read(code)))
    if card is None or card.status == "void":
        raise GiftCardMissing
    if card.status in ("claimed", "redeemed") and card.claimed_by != member_id:
        raise GiftCardUsed
    if card.status == "active":
        if card.expires_at is not None and card.expires_at <= now:
            raise GiftCardExpired
        card.status = "claimed"
        card.claimed_by = member_id
        card.claimed_at = now
        session.flush()
    return Claim(card.code_hash, card.id, member_id, card.amount_minor, card.last4)


def _look(session: Session, code_hash: bytes, *, lock: bool = True) -> GiftCardRow | None:
    """Return the card as it is now, for this transaction alone (``lock=False`` is for the test that shows why)."""
    statement = select(GiftCardRow).where(GiftCardRow.code_hash == code_hash)
    if lock:
        statement = statement.with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def book_gift_card(session: Session, claim: Claim, *, now: datetime) -> Redeemed:
    """Second step: load the claimed card into the member's wallet, once, whoever calls it again. Commit after it.

    Raise ``ledger.WalletLimit`` (then ``drop_claim``) and ``GiftCardUsed`` where the claim was taken away
    meanwhile.
    """
    books = ledger.open_books(session, claim.member_id)
    done = session.get(GiftCardRedemptionRow, (claim.member_id, claim.gift_card))
    if done is not None:
        return Redeemed(claim.gift_card, claim.last4, done.amount_minor, done.seq, books.account.wallet_minor)
    # Looked at under the member's lock, which is also held by whoever takes a claim away.
    card = _locked(session, claim.code_hash)
    if card.status != "claimed" or card.claimed_by != claim.member_id:
        raise GiftCardUsed
    books.begin("gift_card", at=now, reference=f"gift_card:{claim.gift_card}")
    why = Why("gift_card", {"last4": card.last4})
    books.load_wallet(card.amount_minor, source=chart.GIFT_CARDS, why=why)
    seq = ledger.write(session, books)
    session.add(
        GiftCardRedemptionRow(
            member_id=claim.member_id,
            gift_card=card.id,
            amount_minor=card.amount_minor,
            seq=seq,
            redeemed_at=now,
        )
    )
    changes.mark(session, claim.member_id, "balance", "wallet", now=now)
    return Redeemed(card.id, card.last4, card.amount_minor, seq, books.account.wallet_minor)


def close_gift_card(session: Session, claim: Claim, *, now: datetime) -> None:
    """Third step: the card is used up. Again changes nothing."""
    card = _locked(session, claim.code_hash)
    if card.status == "claimed" and card.claimed_by == claim.member_id:
        card.status = "redeemed"
        card.redeemed_at = now
        session.flush()
        _tell_buyer(session, card, now)


def drop_claim(session: Session, claim: Claim) -> None:
    """Make a claimed card usable again, where it could not be booked (the wallet is full)."""
    ledger.open_books(session, claim.member_id)
    _release(session, claim.code_hash, claim.member_id, now=None)


def settle_claim(session: Session, code_hash: bytes, member_id: int, *, now: datetime) -> bool:
    """Finish or take away one old claim, after looking into the claimant's redemptions under the claimant's lock.

    Return whether the card had been booked.
    """
    ledger.open_books(session, member_id)
    return _release(session, code_hash, member_id, now=now)


def _release(session: Session, code_hash: bytes, member_id: int, *, now: datetime | None) -> bool:
    card = _locked(session, code_hash)
    if card.status != "claimed" or card.claimed_by != member_id:
        return card.status == "redeemed"
    booked = session.get(GiftCardRedemptionRow, (member_id, card.id))
    if booked is not None:
        card.status = "redeemed"
        card.redeemed_at = now or booked.redeemed_at
        _tell_buyer(session, card, now or booked.redeemed_at)
    else:
        card.status = "active"
        card.claimed_by = None
        card.claimed_at = None
    session.flush()
    return booked is not None


def _locked(session: Session, code_hash: bytes) -> GiftCardRow:
    return session.get_one(GiftCardRow, code_hash, with_for_update=True, populate_existing=True)


def _tell_buyer(session: Session, card: GiftCardRow, now: datetime) -> None:
    """Say that a card is used up to whoever bought it, after the commit: that is another member's transaction."""
    if card.bought_by is not None:
        messages.tell(session, "gift.redeemed", {"gift_card": card.id}, member_id=card.bought_by, now=now)
