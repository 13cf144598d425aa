"""Joining by an invitation, and thanking both once the newcomer has bought something.

The program decides what both get: rules on the occasion ``referral`` answer for the one who invited, rules on
``event:invited`` for the one who came. Each is a transaction about one member; a crash between them is healed by the
next try, since each is done once by its own key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import changes, members, sales
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.errors import DomainError
from loyalty.ids import new_id
from loyalty.record import record
from loyalty.referrals.models import Referral

INVITING: Final = "referral"
INVITED: Final = "event:invited"
OCCASIONS: Final = (INVITING, INVITED)
"""What the rules are asked about: the first for who invited, the second for who came."""


@record
class Referrals:
    """How many joined by a member's link, and for how many the member was thanked."""

    joined: int
    rewarded: int


def join_by(session: Session, *, member_id: int, referrer: int, device_id: str | None, now: datetime) -> bool:
    """Note who invited a member who joins in this transaction; return whether that counts.

    Nobody invites themself: not on a device that the referrer is signed in on (``device_id`` is what the device
    remembers), not if there is no such active member. A code that does not count never stands in the way of joining.
    """
    if referrer == member_id or session.get(Referral, member_id) is not None:
        return False
    if not _may_invite(session, referrer, device_id):
        return False
    session.add(Referral(member_id=member_id, id=new_id(now), referrer=referrer, joined_at=now))
    session.flush()
    return True


def _may_invite(session: Session, referrer: int, device_id: str | None) -> bool:
    try:
        found = members.member(session, referrer)
    except members.MemberUnknown:
        return False
    own = device_id is not None and members.devices_of(session, referrer, ids=[device_id])
    return found.member_id == referrer and found.status == "active" and not own


def of_member(session: Session, member_id: int) -> Referrals:
    """Return what became of a member's invitations."""
    row = session.execute(
        select(func.count(), func.count(Referral.rewarded_at)).where(
            Referral.referrer == member_id, Referral.member_id != member_id
        )
    ).one()
    return Referrals(row[0], row[1])


def thank(member_id: int, *, sale: str, now: datetime) -> bool:
    """After a sale of a member who was invited: thank both, once; return whether that happened now.

    Only goods count as a purchase, so a gift card that goes back does not.
    """
    with transaction() as session:
        referral = session.get(Referral, member_id)
        if referral is None or referral.rewarded_at is not None or referral.referrer == member_id:
            return False
        if not _is_purchase(session, sale):
            return False
        sales.record_event(
            session, actor=SYSTEM, member_id=member_id, name=INVITED, key=f"invited:{referral.id}", now=now
        )
    _thank_referrer(referral, now)
    with transaction() as session:
        changes.lock(session, member_id)
        kept = session.get(Referral, member_id, populate_existing=True)
        if kept is None or kept.rewarded_at is not None:
            return False
        kept.rewarded_at = now
    return True


def _thank_referrer(referral: Referral, now: datetime) -> None:
    """Let the rules answer for who invited; somebody who has left or is blocked gets nothing."""
    try:
        with transaction() as session:
            sales.record_event(
                session,
                actor=SYSTEM,
                member_id=referral.referrer,
                name=INVITING,
                key=f"referral:{referral.id}",
                now=now,
            )
    except DomainError as error:
        if error.code not in ("member_blocked", "member_not_found"):
            raise


def _is_purchase(session: Session, sale: str) -> bool:
    found = sales.describe(session, sale, locale=None)
    return any(line["kind"] == "product" and line["quantity"] for line in found["lines"])
