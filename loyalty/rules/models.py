"""The versions of the program. A version's document never changes; what moves is when it is in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, CheckConstraint, Identity, Index, Table, event, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class ProgramVersion(Base):
    """One version. In force at an instant is the version with the latest ``live_from`` not after it.

    ``live_from`` is null exactly while it is a draft, so that a look-up needs no status. ``status`` says the same for
    people: it is brought up to date by ``versions.refresh``. ``waived`` is the reason why a price rise went without
    its notice. Numbers come from a sequence and are never used again, not even after a rollback of the database, so a
    process may keep what it compiled; they can have gaps.
    """

    __tablename__ = "program_version"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'scheduled', 'live', 'superseded')", name="status"),
        CheckConstraint("(status = 'draft') = (live_from IS NULL)", name="live_from"),
        CheckConstraint("status = 'draft' OR approved_by IS NOT NULL", name="approved"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_at"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        Index("ix_program_version_live_from", text("live_from DESC"), text("version DESC")),
        Index("uq_program_version_live", "status", unique=True, postgresql_where=text("status = 'live'")),
    )

    version: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    program: Mapped[str]
    status: Mapped[str]
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    based_on: Mapped[int | None]
    live_from: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default="")
    waived: Mapped[str | None]


WRITE_ONCE_DOCUMENT = """
CREATE FUNCTION program_version_keeps_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.document IS DISTINCT FROM OLD.document OR NEW.sha256 <> OLD.sha256 OR NEW.version <> OLD.version THEN
    RAISE EXCEPTION 'the document of program version %% never changes', OLD.version;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps_document BEFORE UPDATE ON program_version
  FOR EACH ROW EXECUTE FUNCTION program_version_keeps_document();
"""
assert isinstance(ProgramVersion.__table__, Table)
event.listen(ProgramVersion.__table__, "after_create", DDL(WRITE_ONCE_DOCUMENT))
