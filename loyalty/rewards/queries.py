"""What is asked of the rewards that were given to members."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.rewards.models import RewardGrant


def open_grants(
    session: Session, member_id: int, ids: Collection[str] | None = None
) -> Sequence[RewardGrant]:
    """Return the rewards given to a member and not used yet: these, or all."""
    chosen = select(RewardGrant).where(
        RewardGrant.member_id == member_id, RewardGrant.used_by.is_(None), RewardGrant.withdrawn_at.is_(None)
    )
    if ids is not None:
        chosen = chosen.where(RewardGrant.id.in_(ids))
    return session.scalars(chosen.order_by(RewardGrant.given_at, RewardGrant.id)).all()
