"""Coupon codes that are in circulation at the beginning of a scenario."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty import offers
from loyalty.actor import SYSTEM
from loyalty.offers.models import CouponCode
from loyalty.scenarios import beginnings
from loyalty.scenarios.cast import Cast


def issue(
    session: Session,
    cast: Cast,
    given: beginnings.CouponGiven,
    name: str | None,
    member_id: int | None,
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Put a coupon code into circulation. A personal one without a code of its own gets the member's name in it."""
    personal = member_id is not None and given.code is None
    code = f"{given.coupon}-{name}" if personal else given.code or given.coupon
    offers.issue_coupons(
        session,
        given.coupon,
        codes=[code],
        member_id=member_id,
        valid_until=None if given.valid_until is None else given.valid_until.end(zone),
        actor=SYSTEM,
        now=now,
    )
    if given.uses is not None:
        session.execute(
            update(CouponCode)
            .where(CouponCode.code_hash == offers.code_hash(code))
            .values(uses_left=given.uses)
        )
    cast.coupons[name, given.coupon] = code
    cast.coupons[name, code] = code
