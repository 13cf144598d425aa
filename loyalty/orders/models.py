"""Draft orders, a basket that is the same on all of a member's devices; and the orders that they become.

Ids of drafts and lines are made by the device that adds them, so adding never conflicts. A removed line and a
discarded draft stay for the horizon of the change feed, so that a concurrent edit can bring them back.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base
from loyalty.edits.columns import Stamped


class DraftOrder(Stamped, Base):
    """A draft: where it is to be picked up and a note, with the stamp of their last edit.

    ``dots`` are the touches that keep it; none: it was discarded, by ``discarded_by`` in ``discarded_version``, or
    submitted, then ``submitted_as`` is the order that it became.
    ``touched_at``, ``touched_by`` and ``touched_on`` say what other devices show: "continue your order from kiosk".
    """

    __tablename__ = "draft_order"
    __table_args__ = (
        CheckConstraint("(dots = '{}'::jsonb) = (discarded_at IS NOT NULL)", name="discarded"),
        CheckConstraint("submitted_as IS NULL OR discarded_at IS NOT NULL", name="submitted"),
        CheckConstraint("length(note) <= 200", name="note"),
        Index("ix_draft_order_discarded_at", "discarded_at"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    store: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    touched_by: Mapped[str]
    touched_on: Mapped[str]
    dots: Mapped[dict[str, int]] = mapped_column(JSONB)
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]
    discarded_version: Mapped[int | None]
    submitted_as: Mapped[str | None]


class DraftLine(Stamped, Base):
    """A line of a draft, with the stamp of its content and the touches that keep it (none: it was removed)."""

    __tablename__ = "draft_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["member_id", "draft_id"],
            ["draft_order.member_id", "draft_order.id"],
            name="draft",
            ondelete="CASCADE",
        ),
        CheckConstraint("(dots = '{}'::jsonb) = (removed_version IS NOT NULL)", name="removed"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
        CheckConstraint("length(note) <= 200", name="note"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    draft_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str]
    options: Mapped[list[str]]
    quantity: Mapped[int]
    note: Mapped[str] = mapped_column(server_default="")
    added_at: Mapped[datetime]
    dots: Mapped[dict[str, int]] = mapped_column(JSONB)
    removed_by: Mapped[str | None]
    removed_version: Mapped[int | None]


class Order(Base):
    """An order ahead: bought by ``sale_id``, to be picked up at ``store`` on its local ``day`` at ``pickup_at``.

    ``lines`` are as they were bought: [{line, sku, name, options: [{key, name, price_minor}], quantity,
    unit_price_minor, discount_minor, net_minor}], names by locale; ``line_notes`` are by line. ``changed_at`` is the
    moment of the last transition.
    """

    __tablename__ = "customer_order"
    __table_args__ = (
        CheckConstraint(
            "state IN ('placed', 'started', 'ready', 'picked_up', 'cancelled', 'expired')", name="state"
        ),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by IS NULL)", name="cancelled_by"),
        CheckConstraint("cancelled_by IN ('member', 'store')", name="by"),
        CheckConstraint("(state = 'picked_up') = (picked_up_at IS NOT NULL)", name="picked_up"),
        CheckConstraint("state <> 'expired' OR expired_at IS NOT NULL", name="expired"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("length(note) <= 200", name="note"),
        Index("ix_customer_order_id", "id"),
        Index("ix_customer_order_member_id_draft_id", "member_id", "draft_id"),
        Index("ix_customer_order_sale_id", "sale_id"),
        Index("ix_customer_order_store_day", "store", "day"),
        Index("ix_customer_order_state_pickup_at", "state", "pickup_at"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    draft_id: Mapped[str]
    sale_id: Mapped[str]
    store: Mapped[str]
    day: Mapped[date]
    number: Mapped[int]
    state: Mapped[str]
    asap: Mapped[bool]
    pickup_at: Mapped[datetime]
    placed_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    note: Mapped[str | None]
    line_notes: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    lines: Mapped[list[Any]]
    currency: Mapped[str]
    gross_minor: Mapped[int]
    discount_minor: Mapped[int]
    total_minor: Mapped[int]
    earned_milli: Mapped[int]
    spent_milli: Mapped[int]
    tenders: Mapped[list[Any]]
    pickup_code: Mapped[str | None]
    pickup_qr: Mapped[str | None]


class OrderDay(Base):
    """How many orders a store was given for one of its days: its row is the lock under which slots are taken."""

    __tablename__ = "order_day"

    store: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class OrderNumber(Base):
    """The number of an order at its store on its day: nobody else has it."""

    __tablename__ = "order_number"

    store: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    member_id: Mapped[int]
    order_id: Mapped[str]
