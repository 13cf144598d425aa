"""What is remembered of a member's taste, and what the member allows.

Registers (preference, usual) carry the stamp of their last edit; favorites and dietary notes carry the touches that
keep them; a consent carries the withdrawals that no later giving has seen (``loyalty.edits``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base
from loyalty.edits.columns import Stamped

NO_DOTS = text("'{}'::jsonb")
Dotted = dict[str, int]


class Preference(Stamped, Base):
    """How a member takes it: ``milk`` → ``oat``. A cleared one stays without a value, so that an older edit loses."""

    __tablename__ = "preference"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name="name"),
        CheckConstraint("length(value) BETWEEN 1 AND 200", name="value"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str | None]


class Favorite(Base):
    """A product that a member marked. The row is there while it is one."""

    __tablename__ = "favorite"
    __table_args__ = (CheckConstraint("length(sku) BETWEEN 1 AND 100", name="sku"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    added_at: Mapped[datetime]
    dots: Mapped[Dotted] = mapped_column(JSONB)


class DietaryNote(Base):
    """Something the member eats or doesn't (``vegan``, ``no_nuts``). The row is there while it holds."""

    __tablename__ = "dietary_note"
    __table_args__ = (CheckConstraint("tag ~ '^[a-z][a-z0-9_]{0,39}$'", name="tag"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tag: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    added_at: Mapped[datetime]
    dots: Mapped[Dotted] = mapped_column(JSONB)


class Usual(Stamped, Base):
    """What a member usually has at a time of day.

    ``suggested`` is what past purchases say (a list of items, empty when they say nothing), ``chosen`` what the
    member said instead. The stamp is of the member's last edit: learning from purchases is no edit, and the stamp of
    a row that nobody edited is its beginning (version 0), which every edit knows.
    """

    __tablename__ = "usual"
    __table_args__ = (CheckConstraint("slot IN ('morning', 'midday', 'afternoon', 'evening')", name="slot"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[str] = mapped_column(primary_key=True)
    suggested: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    chosen: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    hidden: Mapped[bool] = mapped_column(server_default=text("false"))


class Consent(Base):
    """What a member allows for one purpose on one channel, as it stands.

    ``withdrawals`` are the withdrawals in force; ``given`` says that a giving came after all earlier ones. It is
    allowed when it was given and no withdrawal is in force.
    """

    __tablename__ = "consent"
    __table_args__ = (CheckConstraint("NOT given OR withdrawals = '{}'::jsonb", name="withdrawn_wins"),)

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    given: Mapped[bool]
    withdrawals: Mapped[Dotted] = mapped_column(JSONB, server_default=NO_DOTS)
    version: Mapped[int]
    changed_at: Mapped[datetime]
    text_version: Mapped[str]


class ConsentEvent(Base):
    """One act of giving or withdrawing, kept for ever, also where a concurrent withdrawal made it void.

    ``number`` counts a member's acts without gaps, in the order in which we learned of them.
    ``acted_at`` is when the member acted (by the corrected clock of the device), ``recorded_at`` when we learned of
    it; ``text_version`` names the wording shown; ``actor_*`` say who did it and where.
    """

    __tablename__ = "consent_event"
    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    purpose: Mapped[str]
    channel: Mapped[str]
    given: Mapped[bool]
    effective: Mapped[bool]
    text_version: Mapped[str]
    acted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_channel: Mapped[str]
    staff_id: Mapped[str | None]
