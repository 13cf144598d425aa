"""Tables of wallet passes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class WalletPass(Base):
    """A member's pass. ``serial`` names it to the wallets and says nothing about the member."""

    __tablename__ = "wallet_pass"
    __table_args__ = (UniqueConstraint("serial"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class PassRegistration(Base):
    """A wallet (``library``: Apple's device library identifier) that holds a pass and wants to hear of changes."""

    __tablename__ = "pass_registration"
    __table_args__ = (Index("ix_pass_registration_library", "library"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[str] = mapped_column(primary_key=True)
    library: Mapped[str] = mapped_column(primary_key=True)
    push_token: Mapped[str]
    created_at: Mapped[datetime]
