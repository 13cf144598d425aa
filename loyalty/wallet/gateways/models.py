"""Tables of the test-card provider: what a real provider would keep on its own machines.

Nothing of Regulars reads them but ``test_card.py``, and nothing in them is money.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class TestCardIntent(Base):
    """A payment at the test-card provider.

    ``charge`` is what was asked for with its key, to know a replay.
    """

    __test__ = False  # pytest: this is no test
    __tablename__ = "test_card_intent"
    __table_args__ = (
        CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refund_within_amount"),
        CheckConstraint(
            "status IN ('requires_method', 'requires_confirmation', 'requires_action', 'processing', 'succeeded',"
            " 'canceled')",
            name="status",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    charge: Mapped[dict[str, Any]]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    refunded_minor: Mapped[int] = mapped_column(server_default="0")
    decline_code: Mapped[str | None]
    challenge_secret: Mapped[str]
    created_at: Mapped[datetime]


class TestCardRefund(Base):
    """A refund at the test-card provider, once per key."""

    __test__ = False
    __tablename__ = "test_card_refund"

    key: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str]
    intent: Mapped[str]
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]


class TestCardSaved(Base):
    """A card that the test-card provider keeps; ``status`` as ``gateway.CardSetup`` has it."""

    __test__ = False
    __tablename__ = "test_card_saved"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    customer: Mapped[str]
    method: Mapped[str]
    behavior: Mapped[str]
    status: Mapped[str]
    challenge_secret: Mapped[str]
    created_at: Mapped[datetime]


class TestCardEvent(Base):
    """A webhook that the test-card provider owes us: sent until we answer 2xx, as a real one does."""

    __test__ = False
    __tablename__ = "test_card_event"
    __table_args__ = (Index("ix_test_card_event_due_at", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
