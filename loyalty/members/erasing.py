"""Forgetting a member: nothing personal stays, and the books stay balanced.

The account, its postings and the sales remain under a number that names nobody: what was sold was sold.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loyalty import codes, ledger, news
from loyalty.ledger import Books, chart
from loyalty.ledger.models import Account
from loyalty.members.models import (
    ContactIdentity,
    Device,
    ImportedMember,
    Member,
    RefreshToken,
    SignInCode,
)
from loyalty.members.refusals import MemberUnknown, WalletNotEmpty

KIND: Final = "erasure"
# What numbers become: they fit the columns' checks and are nobody's.
_NO_ACCOUNT: Final = "0" * 10
_NO_CARD: Final = "9" + "0" * 16


def erase_books(session: Session, member_id: int, *, forfeit_wallet: bool, now: datetime) -> Member:
    """Write a member's points off and forget the person; return the row that remains.

    Open holds are released first. Raise ``WalletNotEmpty`` while there is money, unless it is given up
    (``forfeit_wallet``), and ``MemberUnknown``.
    """
    books = ledger.open_books(session, member_id)
    member = session.get(Member, member_id, populate_existing=True)
    if member is None or member.status in ("merged", "erased"):
        raise MemberUnknown
    _close(books, forfeit_wallet=forfeit_wallet, now=now)
    ledger.write(session, books)
    session.execute(
        update(Account)
        .where(Account.member_id == member_id)
        .values(epoch=Account.epoch + 1)
        .execution_options(synchronize_session=False)
    )
    _forget_contacts(session, member_id)
    for model in (RefreshToken, Device, ImportedMember):
        session.execute(delete(model).where(model.member_id == member_id))
    codes.erase(session, member_id)
    _blank(member)
    session.flush()
    news.look(session, member_id)
    return member


def _close(books: Books, *, forfeit_wallet: bool, now: datetime) -> None:
    for hold in list(books.holds.values()):
        if hold.state == "open":
            books.begin("hold_released", at=now, reference=f"hold:{hold.id}")
            books.release_hold(hold.id)
    wallet = books.account.wallet_minor
    if wallet and not forfeit_wallet:
        raise WalletNotEmpty(wallet_minor=wallet)
    books.begin(KIND, at=now, reference="erasure")
    if books.account.points_milli:
        books.spend(books.account.points_milli, to=chart.WRITTEN_OFF)
    if books.account.owed_milli:
        books.earn(books.account.owed_milli, source=chart.WRITTEN_OFF, expires_at=None)
    if wallet:
        books.spend_wallet(wallet, to=chart.WALLET_FORFEITED)


def _forget_contacts(session: Session, member_id: int) -> None:
    """Free the addresses: whoever signs in with one of them joins anew."""
    hashes = select(ContactIdentity.value_hash).where(ContactIdentity.member_id == member_id)
    session.execute(delete(SignInCode).where(SignInCode.value_hash.in_(hashes)))
    session.execute(delete(ContactIdentity).where(ContactIdentity.member_id == member_id))


def _blank(member: Member) -> None:
    member.given_name = member.family_name = ""
    member.locale = "en"
    member.birthday = member.favorite_store = None
    member.tags, member.employee = [], False
    member.account_number, member.card_number = _NO_ACCOUNT, _NO_CARD
    member.status = "erased"
