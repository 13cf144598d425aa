"""The questions about staff and tills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.staff.models import CashierSession, Staff, StaffAct, Till
from loyalty.staff.policy import permissions_of
from loyalty.staff.refusals import StaffMissing, TillMissing


@dataclass(frozen=True, slots=True)
class Standing:
    """What a till is at this moment, and who stands at it."""

    till_id: str
    name: str
    store: str
    active: bool
    generation: int
    last_seen_at: datetime
    staff_id: str | None
    session_ends_at: datetime | None
    permissions: frozenset[str]


# One statement; whoever was deactivated, signed out or moved to another till counts as nobody.
STANDING: Final = """
    SELECT t.id, t.name, t.store, t.status = 'active', t.generation, t.last_seen_at, p.id, c.expires_at, p.role
    FROM till t
    LEFT JOIN cashier_session c ON c.id = %(session_id)s AND c.till_id = t.id AND c.ended_at IS NULL
    LEFT JOIN staff p ON p.id = c.staff_id AND p.status = 'active'
    WHERE t.id = %(till_id)s
"""


def standing(session: Session, till_id: str, session_id: str | None) -> Standing | None:
    """Return the till, with the cashier of ``session_id`` if that sign-in holds; None if there is no such till."""
    batch = Batch()
    batch.add(STANDING, {"till_id": till_id, "session_id": session_id})
    return standing_of(batch.send(session)[0])


def standing_of(rows: Sequence[Sequence[Any]]) -> Standing | None:
    """Make a standing of the rows of ``STANDING``, for whoever asks outside of a session."""
    if not rows:
        return None
    (*known, role) = rows[0]
    return Standing(*known, permissions=permissions_of(role))


def session_at(session: Session, till_id: str) -> CashierSession:
    """Return the sign-in that holds at a till; raise ``StaffMissing`` where nobody is signed in."""
    found = session.scalars(
        select(CashierSession).where(CashierSession.till_id == till_id, CashierSession.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        raise StaffMissing
    return found


def till(session: Session, till_id: str) -> Till:
    """Return a till; raise ``TillMissing``."""
    found = session.get(Till, till_id)
    if found is None:
        raise TillMissing
    return found


def tills(session: Session) -> Sequence[Till]:
    """Return every till, by store and name."""
    return session.scalars(select(Till).order_by(Till.store, Till.name, Till.id)).all()


def person(session: Session, staff_id: str) -> Staff:
    """Return somebody of the staff; raise ``StaffMissing``."""
    found = session.get(Staff, staff_id)
    if found is None:
        raise StaffMissing
    return found


def person_named(session: Session, name_or_email: str) -> Staff:
    """Return somebody by id or e-mail; raise ``StaffMissing``."""
    found = session.scalars(
        select(Staff).where(or_(Staff.id == name_or_email, Staff.email == name_or_email.lower()))
    ).one_or_none()
    if found is None:
        raise StaffMissing
    return found


def people(session: Session) -> Sequence[Staff]:
    """Return the staff, active people first, by name."""
    return session.scalars(select(Staff).order_by(Staff.status, Staff.name, Staff.id)).all()


def cashiers_of(session: Session, store: str) -> Sequence[Staff]:
    """Return who may sign in at a till of this store: active, with a PIN, of this store or of none."""
    return session.scalars(
        select(Staff)
        .where(Staff.status == "active", Staff.pin_hash.is_not(None))
        .where(or_(Staff.store.is_(None), Staff.store == store))
        .order_by(Staff.name, Staff.id)
    ).all()


def acts(
    session: Session,
    *,
    about: str | None = None,
    by: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[StaffAct]:
    """Return what the staff did, newest first: about an object, by a person, before a place in the list."""
    wanted = select(StaffAct).order_by(StaffAct.at.desc(), StaffAct.id.desc()).limit(limit)
    if about is not None:
        wanted = wanted.where(StaffAct.object == about)
    if by is not None:
        wanted = wanted.where(StaffAct.staff_id == by)
    if before is not None:
        wanted = wanted.where(tuple_(StaffAct.at, StaffAct.id) < before)
    return session.scalars(wanted).all()
