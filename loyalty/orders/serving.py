"""What happens to an order: made, handed over, cancelled, or never picked up.

Each step is taken under the lock of the member's row, so of a cancelling and a start one comes first and the other is
told. A step that was taken already is answered as it was.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import changes, codes, edits, members, rules, sales, staff
from loyalty.actor import Actor
from loyalty.errors import Busy
from loyalty.orders import letters, order_queries, showing, stages
from loyalty.orders.models import Order
from loyalty.orders.refusals import OrderMissing, OrderState
from loyalty.orders.stages import Step
from loyalty.sales.refusals import AlreadyVoided

_GIVING_BACK: Final = Actor(kind="system", id="orders")
"""Who voids the sale when a member cancels: by themselves members void nothing."""
_NUMBER: Final = re.compile(r"([A-Z]{1,2})([1-9][0-9]?)", re.ASCII)


def cancel(session: Session, *, actor: Actor, member_id: int, order_id: str, now: datetime) -> dict[str, Any]:
    """Cancel the caller's own order while nobody has started it, and give back everything that it took.

    Raise ``OrderMissing``, ``OrderState``, and what ``sales.void`` raises.
    """
    edits.begin(session, actor=actor, member_id=member_id)
    order = _locked(session, member_id, order_id)
    if order is None:
        raise OrderMissing
    if _begins(order, "cancel_by_member"):
        _give_back(session, order, _GIVING_BACK, now)
        order.cancelled_by = "member"
        _enter(session, order, "cancel_by_member", now)
    return showing.document_of(order)


def serve(
    session: Session, *, actor: Actor, order_id: str, step: Step, now: datetime, reason: str = ""
) -> dict[str, Any]:
    """Take a step at the order's own store: ``start``, ``ready``, ``hand_over``, or ``cancel_by_store`` with a reason.

    Raise ``OrderMissing`` (another store's, too), ``OrderState``; to cancel also what ``sales.void`` raises.
    """
    order = _of_store(session, actor, order_id)
    if _begins(order, step):
        if step == "cancel_by_store":
            _give_back(session, order, actor, now)
            order.cancelled_by, order.cancel_reason = "store", reason
        _enter(session, order, step, now)
        letters.tell(session, order, now=now)
        staff.record(session, actor=actor, what=f"order.{step}", about=f"order:{order.id}", now=now)
    return _shown_at_till(session, order)


def hand_over(session: Session, *, actor: Actor, shown: str, now: datetime) -> dict[str, Any]:
    """Hand over what a customer shows (the QR text) or says (the number, the short code); raise as ``serve`` does."""
    text = shown.strip()
    store = actor.store or ""
    order_id = order_queries.meant_by(
        session,
        store,
        number=_number_of(text.upper().replace(" ", "")),
        short=codes.typed_pickup(text),
        qr=text,
        today=rules.program_at(session, now).local(now, store).date(),
    )
    if order_id is None:
        raise OrderMissing
    return serve(session, actor=actor, order_id=order_id, step="hand_over", now=now)


def expire(session: Session, *, member_id: int, order_id: str, now: datetime) -> bool:
    """Close an order that nobody picked up; no money goes back by itself. Return whether it was still open."""
    changes.lock(session, member_id)
    order = _locked(session, member_id, order_id)
    if (
        order is None
        or not stages.allows(order.state, "expire")
        or order.pickup_at > now - stages.EXPIRES_AFTER
    ):
        return False
    _enter(session, order, "expire", now)
    return True


def sale_undone(session: Session, *, sale: str, now: datetime) -> None:
    """Cancel the order of a sale that was voided or returned whole. The caller holds the member's lock."""
    statement = select(Order).where(Order.sale_id == sale).execution_options(populate_existing=True)
    order = session.scalars(statement).first()
    if order is None or not stages.allows(order.state, "cancel_by_store"):
        return
    if sales.find(session, sale).row["state"] == "settled":
        return
    order.cancelled_by = "store"
    _enter(session, order, "cancel_by_store", now)
    letters.tell(session, order, now=now)


def _of_store(session: Session, actor: Actor, order_id: str) -> Order:
    """Lock the member of an order of this store, who may be merged into another while we wait, and return it."""
    for _ in range(3):
        member_id = order_queries.owner_of(session, order_id, actor.store or "")
        if member_id is None:
            raise OrderMissing
        changes.lock(session, member_id)
        order = _locked(session, member_id, order_id)
        if order is not None:
            return order
    raise Busy


def _locked(session: Session, member_id: int, order_id: str) -> Order | None:
    """Return the order as it stands now that the lock is held."""
    return session.get(Order, (member_id, order_id), populate_existing=True)


def _begins(order: Order, step: Step) -> bool:
    """Tell whether the step is to be taken, or was already; raise ``OrderState`` where it cannot be."""
    if stages.done(order.state, step):
        return False
    if not stages.allows(order.state, step):
        raise OrderState(state=order.state)
    return True


def _give_back(session: Session, order: Order, actor: Actor, now: datetime) -> None:
    with suppress(AlreadyVoided):  # line by line, at the till: nothing is left to give back
        sales.void(session, actor=actor, sale=order.sale_id, key="", now=now)


def _enter(session: Session, order: Order, step: Step, now: datetime) -> None:
    order.state = stages.STEPS[step][1]
    order.changed_at = now
    match order.state:
        case "started":
            order.started_at = now
        case "ready":
            order.started_at, order.ready_at = order.started_at or now, now
        case "picked_up":
            order.picked_up_at = now
        case "cancelled":
            order.cancelled_at = now
        case _:
            order.expired_at = now
    session.flush()
    changes.mark(session, order.member_id, f"order/{order.id}", now=now)


def _shown_at_till(session: Session, order: Order) -> dict[str, Any]:
    name = members.member(session, order.member_id).given_name
    return {**order_queries.till_document(order), "given_name": name}


def _number_of(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    return None if found is None else stages.number_of(found[1], int(found[2]))
