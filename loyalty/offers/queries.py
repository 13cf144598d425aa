"""What is asked of offers: which a member has, for the devices that show them; whom a wave goes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from loyalty.members.models import Member, Standing
from loyalty.offers.models import OfferInstance, OfferWave


def instances_of(
    session: Session, member_id: int, ids: Collection[str] | None = None
) -> Sequence[OfferInstance]:
    """Return offers a member received, in order of receipt: these, or all that are not done."""
    chosen = select(OfferInstance).where(OfferInstance.member_id == member_id)
    chosen = chosen.where(~OfferInstance.done) if ids is None else chosen.where(OfferInstance.id.in_(ids))
    return session.scalars(chosen.order_by(OfferInstance.position)).all()


def had_wave(session: Session, member_id: int, wave: str, offer: str) -> bool:
    """Tell whether a wave has brought an offer to a member already."""
    return session.get(OfferWave, (member_id, wave, offer)) is not None


def audience(session: Session, *, tiers: Sequence[str], after: int, limit: int) -> Sequence[int]:
    """Return the next active members (of these tiers, if any are named) after an id, in the order of ids."""
    chosen = _active(select(Member.member_id), tiers).where(Member.member_id > after)
    return session.scalars(chosen.order_by(Member.member_id).limit(limit)).all()


def audience_size(session: Session, *, tiers: Sequence[str]) -> int:
    """Return how many active members there are (of these tiers, if any are named)."""
    return session.scalars(_active(select(func.count()).select_from(Member), tiers)).one()


def _active(chosen: Select[int], tiers: Sequence[str]) -> Select[int]:
    chosen = chosen.where(Member.status == "active")
    if tiers:
        chosen = chosen.join(Standing, Standing.member_id == Member.member_id).where(Standing.tier.in_(tiers))
    return chosen
