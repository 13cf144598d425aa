"""What the server remembers of codes: whom a handle names, which codes were used where, and wrong numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class CodeHandle(Base):
    """Whose code it is: ``kid:<kid>``, ``number:<10 digits>`` or ``card:<17 digits>`` → a member.

    Every parsed code has its ``handle``, so one look-up serves all kinds. Keyed by the value, so that a handle is
    one member's across all of them; after a merge the old card's handle names the survivor.
    """

    __tablename__ = "code_handle"
    __table_args__ = (
        CheckConstraint("handle ~ '^(kid|number|card):.+$'", name="handle"),
        Index("ix_code_handle_member_id", "member_id"),
    )

    handle: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int]


class DeviceKey(Base):
    """The public half of the key a device signs pay codes with, and the highest counter ``n`` used so far.

    ``public_key`` is a P-256 JWK (kty, crv, x, y). ``suspended`` keys identify and cannot pay (an offline sale that
    the wallet no longer covered); ``revoked`` ones are kept, so that an old code is told from an unknown one.
    A device that registers anew gets another ``kid``; the old one is revoked.
    """

    __tablename__ = "device_key"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended', 'revoked')", name="status"),
        CheckConstraint("length(kid) = 8", name="kid"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kid: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    public_key: Mapped[dict[str, Any]]
    counter: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[str] = mapped_column(server_default="active")
    created_at: Mapped[datetime]


class CodeUse(Base):
    """A code that was seen, bound to the sale that saw it first.

    ``code`` is ``pay:<kid>:<n>`` or ``number:<18 digits>`` (the ``use_key`` of a parsed code);
    ``reference`` is the check that presented it (``sale:<id>``, or a vendor's check). Insert with ``ON CONFLICT
    (member_id, code) DO NOTHING``; read it before verifying.
    """

    __tablename__ = "code_use"
    __table_args__ = (Index("ix_code_use_used_at", "used_at", postgresql_using="brin"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    used_at: Mapped[datetime]


class NumberState(Base):
    """The rotating number of one member: which secret is in force and how often it was tried in vain.

    The secret itself is derived from the server's key, the account number and ``rotation``. ``tries`` counts wrong
    numbers in a row; the fifth locks the number until ``locked_until`` and raises ``rotation``, so that the app has
    to fetch the new secret.
    """

    __tablename__ = "number_state"
    __table_args__ = (CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rotation: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]


class ReceiptClaim(Base):
    """Which member claimed a receipt that nobody was scanned for: one receipt earns once.

    Inserted first (the claim), then the member's own transaction books it, then ``done_at`` is set; a claim without
    ``done_at`` may be finished by the same member.
    """

    __tablename__ = "receipt_claim"
    __table_args__ = (Index("ix_receipt_claim_member_id", "member_id"),)

    reference: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    claimed_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
