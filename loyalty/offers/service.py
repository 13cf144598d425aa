"""Sending offers, seeing and activating them; issuing coupon codes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from loyalty import changes, rules, staff
from loyalty.actor import Actor
from loyalty.errors import Missing, Refused
from loyalty.ids import new_id
from loyalty.offers.models import CouponCode, OfferInstance
from loyalty.offers.policy import code_hash, new_code, receive, repeat_of
from loyalty.rules import facts
from loyalty.rules.deals import Offer
from loyalty.rules.instances import window_of
from loyalty.rules.program import Program

STATES: Final = ("sent", "seen", "activated", "in_progress", "completed", "expired")


class OfferUnknown(Missing):
    """The program has no such offer, or the member did not receive it."""

    code = "offer_not_found"
    text = "There is no such offer."


class OfferOver(Refused):
    """The offer's time is over, or it is done."""

    code = "offer_over"
    text = "This offer is over."


class CouponUnknown(Missing):
    """The program has no such coupon."""

    code = "coupon_unknown"
    text = "The program has no coupon {coupon}."


class CodeTaken(Refused):
    """A coupon code of these letters exists already."""

    code = "coupon_code_taken"
    text = "The code {code} exists already."


@dataclass(frozen=True, slots=True)
class Issued:
    """A coupon code as it is handed out, once: afterwards only its last four characters are known."""

    id: str
    code: str
    coupon: str


def send(
    session: Session,
    member_id: int,
    offer: str,
    *,
    now: datetime,
    channel: str = "inbox",
) -> str | None:
    """Send an offer to a member and return the instance's id; ``None`` where the offer ignores a repeat.

    ``repeat_receipt`` decides what a second receipt does: an instance of its own, a fresh start of the open one, or
    nothing. Raise ``OfferUnknown``.
    """
    program = rules.program_at(session, now)
    known = _known(program, offer)
    changes.lock(session, member_id)
    mine = () if repeat_of(known) == "independent" else _not_done(session, member_id, offer)
    receipt = receive(program, known, mine, instance=new_id(now), now=now)
    if receipt is None:
        return None
    if receipt.replaces is not None:
        session.execute(
            update(OfferInstance)
            .where(OfferInstance.member_id == member_id, OfferInstance.id == receipt.replaces)
            .values(done=True)
        )
        changes.mark(session, member_id, f"offer/{receipt.replaces}", now=now)
    received = receipt.instance
    position = session.scalar(
        select(func.coalesce(func.max(OfferInstance.position), 0)).where(OfferInstance.member_id == member_id)
    )
    session.execute(
        insert(OfferInstance).values(
            member_id=member_id,
            id=received.id,
            offer=offer,
            position=(position or 0) + 1,
            channel=channel,
            received_at=now,
            window_from=received.window_from,
            window_until=received.window_until,
        )
    )
    changes.mark(session, member_id, f"offer/{received.id}", now=now)
    return received.id


def _known(program: Program, offer: str) -> Offer:
    known = program.offers.get(offer)
    if known is None:
        raise OfferUnknown
    return known


def _not_done(session: Session, member_id: int, offer: str) -> list[facts.OfferInstance]:
    columns = (
        OfferInstance.id,
        OfferInstance.offer,
        OfferInstance.received_at,
        OfferInstance.seen_at,
        OfferInstance.activated_at,
        OfferInstance.completed_at,
        OfferInstance.window_from,
        OfferInstance.window_until,
    )
    rows = session.execute(
        select(*columns)
        .where(OfferInstance.member_id == member_id, OfferInstance.offer == offer, ~OfferInstance.done)
        .order_by(OfferInstance.position)
    )
    return [facts.OfferInstance(*row) for row in rows]


def see(session: Session, member_id: int, instance: str, *, now: datetime) -> None:
    """Note that the member has seen an offer; seen stays seen. Raise ``OfferUnknown``."""
    row = _mine(session, member_id, instance)
    if row.seen_at is None:
        _set(session, row, now, seen_at=now)


def activate(session: Session, member_id: int, instance: str, *, now: datetime) -> None:
    """Activate an offer; doing so again changes nothing. Raise ``OfferUnknown``, ``OfferOver``."""
    row = _mine(session, member_id, instance)
    if row.activated_at is not None:
        return
    if row.done or row.completed_at is not None or (row.window_until is not None and row.window_until < now):
        raise OfferOver
    program = rules.program_at(session, now)
    known = _known(program, row.offer)
    window = window_of(program, known, row.received_at, now)
    if window is not None and window[1] is not None and window[1] < now:
        raise OfferOver
    _set(
        session,
        row,
        now,
        seen_at=row.seen_at or now,
        activated_at=now,
        window_from=window[0] if window else None,
        window_until=window[1] if window else None,
    )


def _mine(session: Session, member_id: int, instance: str) -> OfferInstance:
    changes.lock(session, member_id)
    row = session.scalar(
        select(OfferInstance)
        .where(OfferInstance.member_id == member_id, OfferInstance.id == instance)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise OfferUnknown
    return row


def _set(session: Session, row: OfferInstance, now: datetime, **values: Any) -> None:
    session.execute(
        update(OfferInstance)
        .where(OfferInstance.member_id == row.member_id, OfferInstance.id == row.id)
        .values(**values)
    )
    changes.mark(session, row.member_id, f"offer/{row.id}", now=now)


def issue_coupons(
    session: Session,
    coupon: str,
    *,
    count: int = 1,
    codes: Sequence[str] = (),
    member_id: int | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> list[Issued]:
    """Issue codes for a coupon of the program: given ones, or ``count`` that cannot be guessed.

    Raise ``CouponUnknown``, ``CodeTaken``.
    """
    program = rules.program_at(session, now)
    known = program.coupons.get(coupon)
    if known is None:
        raise CouponUnknown(coupon=coupon)
    texts = list(codes) or [new_code(secrets.choice) for _ in range(count)]
    issued = [Issued(new_id(now), text, coupon) for text in texts]
    hashes = [code_hash(each.code) for each in issued]
    taken = set(session.scalars(select(CouponCode.code_hash).where(CouponCode.code_hash.in_(hashes))))
    for each, digest in zip(issued, hashes, strict=True):
        if digest in taken:
            raise CodeTaken(code=each.code)
    session.execute(
        insert(CouponCode),
        [
            {
                "code_hash": digest,
                "id": each.id,
                "coupon": coupon,
                "member_id": member_id,
                "last_four": each.code[-4:],
                "uses_left": 1 if known.kind == "single" else known.uses,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "created_at": now,
            }
            for each, digest in zip(issued, hashes, strict=True)
        ],
    )
    staff.record(
        session,
        actor=actor,
        what="coupons.issue",
        about=f"coupon:{coupon}",
        after={"codes": len(issued), "first": issued[0].id},
        now=now,
    )
    return issued


def state_of(row: OfferInstance, now: datetime) -> str:
    """Return the state of an instance: sent, seen, activated, in_progress, completed or expired."""
    if row.completed_at is not None:
        return "completed"
    if row.window_until is not None and row.window_until < now:
        return "expired"
    if row.progress:
        return "in_progress"
    if row.activated_at is not None:
        return "activated"
    return "seen" if row.seen_at is not None else "sent"


def of_member(session: Session, member_id: int, *, limit: int = 100) -> Sequence[OfferInstance]:
    """Return the newest offers a member received, newest first."""
    return session.scalars(
        select(OfferInstance)
        .where(OfferInstance.member_id == member_id)
        .order_by(OfferInstance.position.desc())
        .limit(limit)
    ).all()
