"""What is being replayed, and how far it is: a chunk of members is loaded and marked in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Replay(Base):
    """One log that was begun here: which one (SHA-256 of its files), and with which settings.

    Both must be the same when it is gone on with.
    """

    __tablename__ = "replay"

    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    settings: Mapped[dict[str, Any]]
    program_version: Mapped[int]
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ReplayChunk(Base):
    """Some members of a log that are loaded together, or not at all.

    They are those from the place ``first`` on; ``member_ids`` are the numbers reserved for them, in the log's order.
    """

    __tablename__ = "replay_chunk"

    replay: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int]
    member_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    events: Mapped[int]
    loaded_at: Mapped[datetime | None]
