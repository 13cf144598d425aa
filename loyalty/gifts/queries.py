"""What is asked of gifts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.gifts.models import Gift


def gifts_of(
    session: Session, member_id: int, ids: Collection[str] | None = None, *, limit: int = 200
) -> list[Gift]:
    """Return the gifts that a member sent, the newest first, or these."""
    statement = select(Gift).where(Gift.member_id == member_id)
    if ids is not None:
        statement = statement.where(Gift.id.in_(ids))
    newest = statement.order_by(Gift.created_at.desc(), Gift.id.desc()).limit(limit)
    return list(session.scalars(newest.execution_options(populate_existing=True)))


def gift_of(session: Session, member_id: int, gift: str) -> Gift | None:
    """Return one gift of a member as it is now."""
    return session.get(Gift, (member_id, gift), populate_existing=True)


def sent_since(session: Session, member_id: int, since: datetime) -> list[tuple[datetime, int]]:
    """Return when and how much was sent since an instant; what was canceled counts too."""
    rows = session.execute(
        select(Gift.created_at, Gift.amount_minor).where(Gift.member_id == member_id, Gift.created_at > since)
    )
    return [(row[0], row[1]) for row in rows]


def sender_of(session: Session, gift_card: str) -> tuple[int, str] | None:
    """Return (member, gift) of the gift that a gift card is; None for cards bought at a till."""
    row = session.execute(select(Gift.member_id, Gift.id).where(Gift.gift_card == gift_card)).one_or_none()
    return None if row is None else (row[0], row[1])
