"""Coupon codes that a member typed and keeps, so that they are there when a basket is paid.

Coupon codes are kept as hashes; who typed one knows it, so the member's own copy has its letters. Keeping a code uses
nothing up: the sale that presents it does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from loyalty import changes, rules
from loyalty.errors import Missing, Refused
from loyalty.offers.models import CouponCode, KeptCoupon
from loyalty.offers.policy import code_hash
from loyalty.record import record
from loyalty.rules.program import Coupon, Program

MOST: Final = 50


class CouponCodeUnknown(Missing):
    """There is no such code, or it is somebody else's: nobody learns by guessing."""

    code = "coupon_unknown"
    text = "There is no such coupon."


class CouponCodeUsed(Refused):
    """The code was used as often as it may be."""

    code = "coupon_used_up"
    text = "This coupon was used already."


class CouponCodeOver(Refused):
    """The code's or the coupon's time is over, or has not come."""

    code = "coupon_expired"
    text = "This coupon is not valid now."


class CouponNotForYou(Refused):
    """The coupon is for other tiers."""

    code = "coupon_not_for_you"
    text = "This coupon is not for your tier."


class TooManyCoupons(Refused):
    """The member keeps as many codes as one may."""

    code = "coupons_full"
    text = "You keep {most} coupons already. Use or remove one first."


@record
class HeldCoupon:
    """A coupon that a member holds, as the program says it now. ``id`` is the code's own."""

    id: str
    code: str
    coupon: Coupon
    program: Program
    valid_from: datetime | None
    valid_until: datetime | None
    uses_left: int | None
    kept_at: datetime


def keep_coupon(session: Session, code: str, *, member_id: int, tier: str, now: datetime) -> HeldCoupon:
    """Add a coupon to a member's things; again changes nothing.

    Raise ``CouponCodeUnknown``, ``CouponCodeUsed``, ``CouponCodeOver``, ``CouponNotForYou``, ``TooManyCoupons``.
    """
    program = rules.program_at(session, now)
    changes.lock(session, member_id)
    row = session.get(CouponCode, code_hash(code), populate_existing=True)
    known = None if row is None else program.coupons.get(row.coupon)
    if row is None or known is None or row.member_id not in (None, member_id):
        raise CouponCodeUnknown
    _check(program, row, known, tier=tier, now=now)
    kept = session.get(KeptCoupon, (member_id, row.id))
    if kept is None:
        if len(_rows(session, member_id, None)) >= MOST:
            raise TooManyCoupons(most=MOST)
        kept = KeptCoupon(member_id=member_id, id=row.id, code=_written(code), kept_at=now)
        session.add(kept)
        session.flush()
        changes.mark(session, member_id, entity(row.id), now=now)
    return _held(program, kept, row)


def _check(program: Program, row: CouponCode, known: Coupon, *, tier: str, now: datetime) -> None:
    if row.uses_left == 0:
        raise CouponCodeUsed
    local = now.astimezone(program.zone).replace(tzinfo=None)
    over = (row.valid_until is not None and row.valid_until <= now) or (
        known.valid.ends is not None and known.valid.ends <= local
    )
    if over or (row.valid_from is not None and row.valid_from > now):
        raise CouponCodeOver
    if known.who.tiers and tier not in known.who.tiers:
        raise CouponNotForYou


def kept_coupons_of(
    session: Session, member_id: int, ids: Collection[str] | None = None, *, now: datetime | None = None
) -> list[HeldCoupon]:
    """Return the coupons a member holds that can still be used; of these only, if ids are named.

    With ``now`` those whose time is over are left out too.
    """
    found = _rows(session, member_id, ids)
    if not found:
        return []
    at = now or max(kept.kept_at for kept, _ in found)
    program = rules.program_at(session, at)
    return [
        _held(program, kept, row)
        for kept, row in found
        if row.coupon in program.coupons
        and row.uses_left != 0
        and (now is None or row.valid_until is None or row.valid_until > now)
    ]


def drop_coupon(session: Session, coupon_id: str, *, member_id: int, now: datetime) -> None:
    """Take a coupon out of a member's things; the code stays as good as it was. Again changes nothing."""
    changes.lock(session, member_id)
    gone = session.execute(
        delete(KeptCoupon)
        .where(KeptCoupon.member_id == member_id, KeptCoupon.id == coupon_id)
        .returning(KeptCoupon.id)
    ).all()
    if gone:
        changes.mark(session, member_id, entity(coupon_id), now=now, deleted=True)


def entity(coupon_id: str) -> str:
    """Return the name of a held coupon in the change feed."""
    return f"coupon/{coupon_id}"


def _rows(
    session: Session, member_id: int, ids: Collection[str] | None
) -> list[tuple[KeptCoupon, CouponCode]]:
    statement = (
        select(KeptCoupon, CouponCode)
        .join(CouponCode, CouponCode.id == KeptCoupon.id)
        .where(KeptCoupon.member_id == member_id)
        .order_by(KeptCoupon.kept_at, KeptCoupon.id)
    )
    if ids is not None:
        statement = statement.where(KeptCoupon.id.in_(ids))
    rows: Any = session.execute(statement.execution_options(populate_existing=True))
    return [(row[0], row[1]) for row in rows]


def _held(program: Program, kept: KeptCoupon, row: CouponCode) -> HeldCoupon:
    return HeldCoupon(
        id=row.id,
        code=kept.code,
        coupon=program.coupons[row.coupon],
        program=program,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        uses_left=row.uses_left,
        kept_at=kept.kept_at,
    )


def _written(code: str) -> str:
    return " ".join(code.split()).upper()
