"""What is asked of offers and grants, for the devices that show them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.offers.models import OfferInstance


def instances_of(
    session: Session, member_id: int, ids: Collection[str] | None = None
) -> Sequence[OfferInstance]:
    """Return offers a member received, in order of receipt: these, or all that are not done."""
    chosen = select(OfferInstance).where(OfferInstance.member_id == member_id)
    chosen = chosen.where(~OfferInstance.done) if ids is None else chosen.where(OfferInstance.id.in_(ids))
    return session.scalars(chosen.order_by(OfferInstance.position)).all()
