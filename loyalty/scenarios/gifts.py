"""Coupons that a rule gave to a member: the code is in their mail and nowhere else, so there it is read."""

from __future__ import annotations

from sqlalchemy import select

from loyalty import offers
from loyalty.db import snapshot
from loyalty.messages.models import MessageRow, OutboxRow
from loyalty.offers.models import CouponCode


def given_code(member_id: int, coupon: str) -> str | None:
    """Return the newest code of a coupon that was told to a member, ``None`` where there is none."""
    with snapshot() as session:
        waiting = session.scalars(
            select(OutboxRow.payload["text"])
            .where(OutboxRow.member_id == member_id, OutboxRow.topic == "rule.notify")
            .order_by(OutboxRow.id.desc())
        )
        read = session.scalars(
            select(MessageRow.text).where(MessageRow.member_id == member_id).order_by(MessageRow.id.desc())
        )
        told = {text for texts in (*waiting, *read) for text in texts.values()}
        hashes = {offers.code_hash(text): text for text in told}
        mine = select(CouponCode.code_hash).where(
            CouponCode.member_id == member_id, CouponCode.coupon == coupon, CouponCode.code_hash.in_(hashes)
        )
        found = session.scalars(mine.order_by(CouponCode.id.desc()).limit(1)).first()
    return None if found is None else hashes[found]
