"""Tables of passkeys: the public keys that sign a member in, and the challenges that were answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Passkey(Base):
    """The public half of a passkey, as an authenticator registered it; nothing in this row can sign anybody in.

    ``user_handle`` is what the authenticator was told the member is: random to everybody else, the same for all
    passkeys of one member, and kept by those that came with a merge. ``public_key`` is a COSE key (RFC 9052).
    ``last_used_at`` is not part of the change feed.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        CheckConstraint("octet_length(credential_id) BETWEEN 1 AND 1023", name="credential_id"),
        CheckConstraint("octet_length(user_handle) BETWEEN 1 AND 64", name="user_handle"),
        CheckConstraint("sign_count >= 0", name="sign_count"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    credential_id: Mapped[bytes]
    user_handle: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    transports: Mapped[list[str]]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class AnsweredChallenge(Base):
    """A challenge that was answered: it counts once. Those never answered leave no row."""

    __tablename__ = "passkey_challenge"

    nonce: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
