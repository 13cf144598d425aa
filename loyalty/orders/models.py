"""Draft orders: a basket that is the same on all of a member's devices.

Ids of drafts and lines are made by the device that adds them, so adding never conflicts. A removed line and a
discarded draft stay for the horizon of the change feed, so that a concurrent edit can bring them back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base
from loyalty.edits.columns import Stamped


class DraftOrder(Stamped, Base):
    """A draft: where it is to be picked up and a note, with the stamp of their last edit.

    ``dots`` are the touches that keep it; none: it was discarded, by ``discarded_by`` in ``discarded_version``.
    ``touched_at``, ``touched_by`` and ``touched_on`` say what other devices show: "continue your order from kiosk".
    """

    __tablename__ = "draft_order"
    __table_args__ = (
        CheckConstraint("(dots = '{}'::jsonb) = (discarded_at IS NOT NULL)", name="discarded"),
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
