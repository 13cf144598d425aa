"""Questions about versions of the program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.rules.cache import program, program_at
from loyalty.rules.models import ProgramVersion
from loyalty.rules.program import Program
from loyalty.rules.version_refusals import NoSuchVersion


def version_in_force(session: Session, at: datetime) -> int | None:
    """Return the number of the version in force at an instant; None before the first."""
    return session.scalar(
        select(ProgramVersion.version)
        .where(ProgramVersion.live_from <= at)
        .order_by(ProgramVersion.live_from.desc(), ProgramVersion.version.desc())
        .limit(1)
    )


def version_at(session: Session, occurred_at: datetime) -> int:
    """Return the number of the version in force at an instant. Raise NoProgram where none was."""
    return program_at(session, occurred_at, fresh=True).version


def next_version(session: Session, at: datetime) -> tuple[Program, datetime] | None:
    """Return the scheduled version that comes into force next after an instant, and when; None if none is."""
    row = session.execute(
        select(ProgramVersion.version, ProgramVersion.live_from)
        .where(ProgramVersion.live_from > at)
        .order_by(ProgramVersion.live_from, ProgramVersion.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (program(session, row.version), row.live_from)


def list_versions(
    session: Session, *, limit: int = 50, before: int | None = None
) -> Sequence[ProgramVersion]:
    """Return versions, the newest first."""
    chosen = select(ProgramVersion).order_by(ProgramVersion.version.desc()).limit(limit)
    return session.scalars(chosen if before is None else chosen.where(ProgramVersion.version < before)).all()


def get_version(session: Session, version: int) -> ProgramVersion:
    """Return one version. Raise NoSuchVersion."""
    row = session.get(ProgramVersion, version, populate_existing=True)
    if row is None:
        raise NoSuchVersion(version=version)
    return row
