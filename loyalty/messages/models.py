"""Tables of messages.

What waits to be sent (outbox), what a member reads in the app (message), the demo's mailbox.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base

NOBODY = 0
"""The ``member_id`` of an outbox row that concerns no member (the key cannot be null, and shards by member)."""


class OutboxRow(Base):
    """Something to do after the commit: told in the transaction that caused it, done once that is durable.

    ``due_at`` moves forward when a worker takes the row (a lease) and when an attempt failed (backoff). A row
    that was done is deleted. A row that failed too often is ``parked`` with its ``last_error`` until somebody
    looks.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        # Parked rows are moved to the end of time, so that no index predicate names a column that changes.
        Index("ix_outbox_due_at", "due_at"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    parked: Mapped[bool] = mapped_column(server_default="false")
    last_error: Mapped[str | None]


class MessageRow(Base):
    """A message in a member's inbox.

    ``text`` and ``title`` are texts by locale, ``data`` what a program may use.
    """

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_member_id_created_at", "member_id", "created_at"),)

    member_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[dict[str, Any]]
    text: Mapped[dict[str, Any]]
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MailboxRow(Base):
    """A mail or text message that the demo shows instead of sending it."""

    __tablename__ = "demo_mailbox"
    __table_args__ = (
        CheckConstraint("channel IN ('mail', 'sms')", name="channel"),
        Index("ix_demo_mailbox_recipient_id", "recipient", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    sent_at: Mapped[datetime]
