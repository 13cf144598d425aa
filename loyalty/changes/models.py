"""The change feed: the latest change of each thing of a member. History never makes it longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Change(Base):
    """One thing (``entity``, such as ``preference/milk``) and the member's version at which it last changed."""

    __tablename__ = "change"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entity: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    deleted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_change_version", "member_id", "version"),
        {"postgresql_with": {"fillfactor": 80}},
    )
