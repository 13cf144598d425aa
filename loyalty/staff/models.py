"""People who work here, the tills they stand at, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, Index, Table, event, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base
from loyalty.ledger.models import WRITE_ONCE


class Staff(Base):
    """Somebody who works here. ``store`` limits where they sign in at a till; none: everywhere.

    ``pin_tries`` counts PINs tried since the last right one; ``pin_locks`` how often that locked the PIN.
    """

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint(
            "role IN ('analyst', 'marketer', 'approver', 'manager', 'admin', 'cashier')", name="role"
        ),
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        CheckConstraint("email = lower(email)", name="email"),
        Index("uq_staff_email", "email", unique=True, postgresql_where=text("email IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    role: Mapped[str]
    store: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="active")
    password_hash: Mapped[str | None]
    pin_hash: Mapped[str | None]
    pin_tries: Mapped[int] = mapped_column(server_default="0")
    pin_locks: Mapped[int] = mapped_column(server_default="0")
    pin_locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Till(Base):
    """A till that was enrolled. ``public_key`` (P-256 JWK) verifies what it signs offline.

    ``generation`` is in its token: raising it makes every older token useless.
    """

    __tablename__ = "till"
    __table_args__ = (CheckConstraint("status IN ('active', 'revoked')", name="status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    store: Mapped[str]
    public_key: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(server_default="active")
    generation: Mapped[int] = mapped_column(server_default="1")
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class TillEnrollment(Base):
    """A code that enrolls one till, once, soon. The code itself is kept only as a hash."""

    __tablename__ = "till_enrollment"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    till_name: Mapped[str]
    store: Mapped[str]
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    till_id: Mapped[str | None]


class CashierSession(Base):
    """A cashier at a till, from the PIN to the sign-out; one at a time."""

    __tablename__ = "cashier_session"
    __table_args__ = (
        Index(
            "uq_cashier_session_till_id", "till_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str]
    till_id: Mapped[str]
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StaffAct(Base):
    """One thing that somebody of the staff did: who, what, to what, how it was before and after. Never changed."""

    __tablename__ = "staff_act"
    __table_args__ = (
        Index("ix_staff_act_at", "at"),
        Index("ix_staff_act_object", "object", "at"),
        Index("ix_staff_act_staff_id", "staff_id", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    staff_id: Mapped[str | None]
    till_id: Mapped[str | None]
    what: Mapped[str]
    object: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


_acts = StaffAct.__table__
assert isinstance(_acts, Table)
event.listen(_acts, "after_create", WRITE_ONCE)
event.listen(
    _acts,
    "after_create",
    DDL(
        "CREATE TRIGGER write_once BEFORE UPDATE OR DELETE ON staff_act "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    ),
)
