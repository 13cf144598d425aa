"""Every question asked of orders."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from loyalty import preferences
from loyalty.db import Batch
from loyalty.members.models import Member
from loyalty.orders import showing, stages
from loyalty.orders.models import Order
from loyalty.sales.state import StoredAnswer

NEWEST: Final = 20
"""So many orders are on the devices, beside all that are open."""
LONGEST_QUEUE: Final = 500

_TAKEN: Final = """
    SELECT pickup_at FROM customer_order
    WHERE store = %(store)s AND day = %(day)s AND state NOT IN ('cancelled', 'expired')
"""
_ANSWER: Final = """
    SELECT request_hash, refused, answer FROM request_key
    WHERE client = %(client)s AND key = %(key)s AND member_id = %(member_id)s
"""
TAKE_NUMBER: Final = """
    INSERT INTO order_day (store, day, last) VALUES (%(store)s, %(day)s, 1)
    ON CONFLICT (store, day) DO UPDATE SET last = order_day.last + 1 RETURNING last
"""
_NEWEST: Final = """
    SELECT id FROM customer_order WHERE member_id = %(member_id)s AND state IN ('placed', 'started', 'ready')
    UNION (SELECT id FROM customer_order WHERE member_id = %(member_id)s ORDER BY id DESC LIMIT %(limit)s)
"""


def orders_of(session: Session, member_id: int, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return a member's orders as they are shown, newest first: these, or all open ones and the newest 20."""
    ids = list(only) if only is not None else _newest(session, member_id)
    statement = select(Order).where(Order.member_id == member_id, Order.id.in_(ids)).order_by(Order.id.desc())
    return [showing.document_of(order) for order in session.scalars(statement)]


def history(session: Session, member_id: int, *, before: str | None, limit: int) -> list[dict[str, Any]]:
    """Return a page of a member's orders as they are shown, newest first, below the id ``before``."""
    statement = select(Order).where(Order.member_id == member_id)
    if before is not None:
        statement = statement.where(Order.id < before)
    found = session.scalars(statement.order_by(Order.id.desc()).limit(limit))
    return [showing.document_of(order) for order in found]


def _newest(session: Session, member_id: int) -> list[str]:
    batch = Batch()
    batch.add(_NEWEST, {"member_id": member_id, "limit": NEWEST})
    (rows,) = batch.send(session)
    return [row[0] for row in rows]


def order_of_draft(session: Session, member_id: int, draft_id: str) -> Order | None:
    """Return the order that a draft became, if it did."""
    statement = select(Order).where(Order.member_id == member_id, Order.draft_id == draft_id)
    return session.scalars(statement.order_by(Order.id).limit(1)).first()


def taken(session: Session, store: str, day: date) -> list[datetime]:
    """Return when the orders of a store's day are to be picked up; cancelled ones take no time."""
    batch = Batch()
    batch.add(_TAKEN, {"store": store, "day": day})
    (rows,) = batch.send(session)
    return [row[0] for row in rows]


def take_number(session: Session, store: str, day: date) -> int:
    """Return the next number of a store's day; who else wants one waits until this transaction ends."""
    batch = Batch()
    batch.add(TAKE_NUMBER, {"store": store, "day": day})
    (rows,) = batch.send(session)
    return rows[0][0]


def stored_answer(session: Session, *, client: str, key: str, member_id: int) -> StoredAnswer | None:
    """Return what was answered to this idempotency key."""
    batch = Batch()
    batch.add(_ANSWER, {"client": client, "key": key, "member_id": member_id})
    (rows,) = batch.send(session)
    return StoredAnswer(bytes(rows[0][0]), rows[0][1], rows[0][2]) if rows else None


def owner_of(session: Session, order_id: str, store: str) -> int | None:
    """Return whose order this is, if it is one of this store."""
    statement = select(Order.member_id).where(Order.id == order_id, Order.store == store)
    return session.scalars(statement).first()


def meant_by(
    session: Session, store: str, *, number: int | None, short: str, qr: str, today: date
) -> str | None:
    """Return the order at this store that a number or a code means: one of today first, then one that is open."""
    days = Order.day.between(today - timedelta(days=2), today + timedelta(days=31))
    statement = select(Order.id, Order.state, Order.day).where(
        Order.store == store,
        days,
        or_(Order.pickup_qr == qr, Order.pickup_code == short, Order.number == number),
    )
    found = session.execute(statement).all()
    if not found:
        return None
    return min(found, key=lambda row: (abs(row.day - today), row.state not in stages.OPEN, row.id)).id


def queue_of(session: Session, store: str) -> list[dict[str, Any]]:
    """Return a store's open orders, oldest pick-up first: as shown, with first name and (if allowed) dietary notes."""
    statement = (
        select(Order, Member.given_name)
        .join(Member, Member.member_id == Order.member_id)
        .where(Order.store == store, Order.state.in_(stages.OPEN))
        .order_by(Order.pickup_at, Order.day, Order.number)
        .limit(LONGEST_QUEUE)
    )
    found = session.execute(statement).all()
    dietary = preferences.dietary_at_till_of(session, {order.member_id for order, _ in found})
    return [
        {**till_document(order), "given_name": name, "dietary": list(dietary.get(order.member_id, ()))}
        for order, name in found
    ]


def till_document(order: Order) -> dict[str, Any]:
    """Return what a till sees of an order: not the codes that only its owner shows."""
    hidden = ("pickup_code", "pickup_qr", "can_cancel", "draft")
    return {name: value for name, value in showing.document_of(order).items() if name not in hidden}


def overdue(session: Session, *, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (member, order) of open orders that were to be picked up before this."""
    statement = (
        select(Order.member_id, Order.id)
        .where(Order.state.in_(stages.OPEN), Order.pickup_at < before)
        .order_by(Order.pickup_at)
        .limit(limit)
    )
    return [(row.member_id, row.id) for row in session.execute(statement)]
