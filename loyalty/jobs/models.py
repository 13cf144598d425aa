"""The table of scheduled work: when each job is due, who has it, how its last run ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class JobRow(Base):
    """One job of the table in ``loyalty/jobs/table.py``.

    Whoever moves ``leased_until`` runs it, until then alone.
    """

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
