"""What was sold and returned, the counters of limits and budgets, and the answers that were given to keys.

A sale of nobody (no member was scanned) has ``member_id`` 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Sale(Base):
    """One sale, with everything the program did to it: ``effects`` is what a return undoes and "why?" reads.

    ``tenders`` are [{kind, amount_minor, reference, refunded_minor}]; they cover ``total_minor`` (what nobody
    reported is of kind ``other``). ``seq`` is the member's ledger transaction.
    """

    __tablename__ = "sale"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    store: Mapped[str | None]
    till: Mapped[str | None]
    staff: Mapped[str | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    program_version: Mapped[int]
    tier: Mapped[str | None]
    gross_minor: Mapped[int]
    discount_minor: Mapped[int]
    total_minor: Mapped[int]
    returned_minor: Mapped[int] = mapped_column(server_default="0")
    earned_milli: Mapped[int]
    spent_milli: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="settled")
    offline: Mapped[bool] = mapped_column(server_default="false")
    tenders: Mapped[list[Any]]
    effects: Mapped[dict[str, Any]]
    seq: Mapped[int | None]
    claimed_by: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("state IN ('settled', 'returned', 'voided', 'claimed')", name="state"),
        CheckConstraint("total_minor = gross_minor - discount_minor AND discount_minor >= 0", name="total"),
        CheckConstraint("returned_minor BETWEEN 0 AND total_minor", name="returned"),
        Index("ix_sale_id", "id"),
        Index("ix_sale_member_id_occurred_at", "member_id", "occurred_at"),
    )


class SaleLine(Base):
    """One line of a sale. ``unit_price_minor`` has the options in it; ``net_minor`` is what the line cost."""

    __tablename__ = "sale_line"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sale_id: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    sku: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    category: Mapped[str]
    quantity: Mapped[int]
    unit_price_minor: Mapped[int]
    discount_minor: Mapped[int]
    net_minor: Mapped[int]
    options: Mapped[list[str]]
    tags: Mapped[list[str]]
    returned_quantity: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        CheckConstraint("quantity > 0 AND returned_quantity BETWEEN 0 AND quantity", name="quantity"),
        CheckConstraint("net_minor >= 0 AND discount_minor >= 0", name="net"),
    )


class SaleReturn(Base):
    """Lines of a sale given back, once: what went back and what was taken.

    ``sale_id`` is ``None`` where the goods came back without their receipt.
    """

    __tablename__ = "sale_return"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    sale_id: Mapped[str | None]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    till: Mapped[str | None]
    staff: Mapped[str | None]
    lines: Mapped[list[Any]]
    refunds: Mapped[list[Any]]
    amount_minor: Mapped[int]
    taken_milli: Mapped[int]
    restored_milli: Mapped[int]
    seq: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("(sale_id IS NULL) = (kind = 'return_without_receipt')", name="receipt"),
        Index("ix_sale_return_sale_id", "member_id", "sale_id"),
    )


class LimitCounter(Base):
    """How much of one limit one member has used in one period."""

    __tablename__ = "limit_counter"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    limit_key: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    times: Mapped[int]
    amount: Mapped[int]

    __table_args__ = (
        CheckConstraint("times >= 0 AND amount >= 0", name="used"),
        {"postgresql_with": {"fillfactor": 80}},
    )


class BudgetCounter(Base):
    """How much of a program-wide budget is used in one period, in one of its buckets.

    A budget is cut into buckets so that not every sale waits for one row; a bucket never takes more than its cap.
    """

    __tablename__ = "budget_counter"

    limit_key: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    times: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (CheckConstraint("times >= 0 AND amount >= 0", name="used"),)


class RequestKey(Base):
    """The answer that was given to an idempotency key, stored in the transaction of its effect.

    ``refused`` answers are stored too: a retry of a refused request is refused alike.
    """

    __tablename__ = "request_key"

    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_hash: Mapped[bytes]
    refused: Mapped[bool] = mapped_column(server_default="false")
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_request_key_created_at", "created_at", postgresql_using="brin"),)
