"""The tables of the ledger. Transactions, postings and lot uses are written once and never changed.

Every invariant of ``books`` stands here a second time as a constraint. No table here holds personal data.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Table,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Account(Base):
    """The one row of a member that every change locks: balances, version, sequence, head of the hash chain."""

    __tablename__ = "account"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="1")
    points_milli: Mapped[int] = mapped_column(server_default="0")
    held_milli: Mapped[int] = mapped_column(server_default="0")
    owed_milli: Mapped[int] = mapped_column(server_default="0")
    wallet_minor: Mapped[int] = mapped_column(server_default="0")
    wallet_held_minor: Mapped[int] = mapped_column(server_default="0")
    wallet_limit_minor: Mapped[int] = mapped_column(server_default="50000")
    lot_count: Mapped[int] = mapped_column(server_default="0")
    head: Mapped[bytes] = mapped_column(server_default=text("'\\x'::bytea"))

    __table_args__ = (
        CheckConstraint("points_milli >= 0", name="points"),
        CheckConstraint("held_milli >= 0", name="held"),
        CheckConstraint("owed_milli >= 0", name="owed"),
        CheckConstraint("wallet_minor >= 0", name="wallet"),
        CheckConstraint("wallet_held_minor >= 0", name="wallet_held"),
        CheckConstraint("seq >= 0 AND version >= 0 AND lot_count >= 0", name="counters"),
    )


class LedgerTransaction(Base):
    """What happened to a member's points and money at one moment: numbered without gaps, chained by hash."""

    __tablename__ = "ledger_transaction"

    member_id: Mapped[int] = mapped_column(
        ForeignKey("account.member_id"), primary_key=True, autoincrement=False
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reference: Mapped[str | None]
    program_version: Mapped[int | None]
    detail: Mapped[dict[str, Any] | None]
    hash: Mapped[bytes]

    __table_args__ = (CheckConstraint("seq > 0", name="seq"),)


class Posting(Base):
    """One amount moved from one account to another of the same unit, with the rule and the reason."""

    __tablename__ = "posting"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    debit: Mapped[int] = mapped_column(SmallInteger)
    credit: Mapped[int] = mapped_column(SmallInteger)
    amount: Mapped[int]
    rule: Mapped[str | None]
    why: Mapped[dict[str, Any] | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["member_id", "seq"],
            ["ledger_transaction.member_id", "ledger_transaction.seq"],
            name="transaction",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit AND debit / 1000 = credit / 1000", name="one_unit"),
    )


class Lot(Base):
    """Points earned together, with one expiry. ``free`` may be spent, ``held`` waits in holds."""

    __tablename__ = "lot"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    original_milli: Mapped[int]
    free_milli: Mapped[int]
    held_milli: Mapped[int] = mapped_column(server_default="0")
    earned_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    origin: Mapped[int]
    parent: Mapped[int | None]
    rule: Mapped[str | None]
    closed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    __table_args__ = (
        CheckConstraint("original_milli > 0 AND free_milli >= 0 AND held_milli >= 0", name="amounts"),
        CheckConstraint("free_milli + held_milli <= original_milli", name="original"),
        CheckConstraint("closed = (free_milli + held_milli = 0)", name="closed"),
        Index("ix_lot_open", "member_id", postgresql_where=text("NOT closed")),
        Index("ix_lot_expiring", "expires_at", postgresql_where=text("NOT closed")),
        {"postgresql_with": {"fillfactor": 70}},
    )


class LotUse(Base):
    """What one posting did to one lot; a lot's ``free`` and ``held`` are the sums of these."""

    __tablename__ = "lot_use"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    lot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    free_delta: Mapped[int]
    held_delta: Mapped[int] = mapped_column(server_default="0")


class Hold(Base):
    """An amount set aside until it is captured, released, or its time is over. ``pins`` are its [lot, milli]."""

    __tablename__ = "hold"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str]
    amount: Mapped[int]
    until: Mapped[datetime]
    state: Mapped[str]
    pins: Mapped[list[Any]]
    purpose: Mapped[str | None]
    captured: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        CheckConstraint("unit IN ('points', 'money')", name="unit"),
        CheckConstraint("state IN ('open', 'captured', 'released', 'expired')", name="state"),
        CheckConstraint("amount > 0 AND captured BETWEEN 0 AND amount", name="amount"),
        Index("ix_hold_open", "member_id", postgresql_where=text("state = 'open'")),
    )


class LedgerRoot(Base):
    """A signed root of everybody's heads (``roots``): written once, numbered without gaps."""

    __tablename__ = "ledger_root"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    accounts: Mapped[int]
    transactions: Mapped[int]
    previous: Mapped[bytes]
    root: Mapped[bytes]
    token: Mapped[str]


class LedgerRootHead(Base):
    """The head of one member that a root was taken over: those that had moved since the root before it."""

    __tablename__ = "ledger_root_head"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    head: Mapped[bytes]

    __table_args__ = (Index("ix_ledger_root_head_number", "number", "member_id"),)


WRITE_ONCE = DDL(
    """
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '%% is written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """
)


def _write_once(table: Table) -> None:
    event.listen(table, "after_create", WRITE_ONCE)
    event.listen(
        table,
        "after_create",
        DDL(
            f"CREATE TRIGGER write_once BEFORE UPDATE OR DELETE ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
    )


for _model in (LedgerTransaction, Posting, LotUse, LedgerRoot, LedgerRootHead):
    assert isinstance(_model.__table__, Table)
    _write_once(_model.__table__)
