"""Staff accounts: added, given a role and a PIN, sent away."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.errors import Flaw
from loyalty.ids import new_id
from loyalty.staff import audit, queries
from loyalty.staff.models import CashierSession, Staff
from loyalty.staff.policy import GRANTS, PERMISSIONS, PIN_MAX, PIN_MIN, ROLES, is_simple, may_hand_out
from loyalty.staff.refusals import EmailTaken, PinInvalid, RoleTooHigh, RoleUnknown
from loyalty.staff.secrecy import hash_of


def require(actor: Actor, permission: str) -> None:
    """Raise ``PermissionDenied`` unless the actor holds ``permission``."""
    assert permission in PERMISSIONS
    actor.require(permission)


def add(
    session: Session,
    *,
    actor: Actor,
    name: str,
    role: str,
    email: str | None = None,
    store: str | None = None,
    pin: str | None = None,
    now: datetime,
) -> Staff:
    """Add somebody to the staff; raise ``RoleUnknown``, ``RoleTooHigh``, ``PinInvalid`` or ``EmailTaken``."""
    require(actor, "staff.manage")
    _check_role(actor, role)
    staff_id = new_id(now)
    values = {
        "id": staff_id,
        "name": name,
        "email": None if email is None else email.strip().lower(),
        "role": role,
        "store": store,
        "status": "active",
        "pin_hash": None if pin is None else hash_of(_checked_pin(pin)),
        "created_at": now,
    }
    added = session.execute(
        insert(Staff).values(values).on_conflict_do_nothing().returning(Staff.id)
    ).one_or_none()
    if added is None:
        raise EmailTaken
    after = {"role": role, "store": store, "pin": pin is not None}
    audit.record(session, actor=actor, what="staff.add", about=f"staff:{staff_id}", after=after, now=now)
    return queries.person(session, staff_id)


def set_role(session: Session, *, actor: Actor, staff_id: str, role: str, now: datetime) -> Staff:
    """Give somebody another role; it holds from their next request. Raise as ``add`` does."""
    person = _managed(session, actor, staff_id)
    _check_role(actor, role)
    before, person.role = person.role, role
    audit.record(
        session,
        actor=actor,
        what="staff.set_role",
        about=f"staff:{staff_id}",
        before={"role": before},
        after={"role": role},
        now=now,
    )
    return person


def set_pin(session: Session, *, actor: Actor, staff_id: str, pin: str, now: datetime) -> Staff:
    """Give somebody a new PIN, which also unlocks it and ends their sign-ins; raise ``PinInvalid``."""
    person = _managed(session, actor, staff_id)
    person.pin_hash = hash_of(_checked_pin(pin))
    person.pin_tries = person.pin_locks = 0
    person.pin_locked_until = None
    _sign_out(session, staff_id, now)
    audit.record(session, actor=actor, what="staff.set_pin", about=f"staff:{staff_id}", now=now)
    return person


def deactivate(session: Session, *, actor: Actor, staff_id: str, now: datetime) -> Staff:
    """Send somebody away: no sign-in any more; what they did stays theirs. Again changes nothing."""
    person = _managed(session, actor, staff_id)
    if person.status == "active":
        person.status = "inactive"
        person.pin_hash = person.password_hash = None
        _sign_out(session, staff_id, now)
        audit.record(
            session,
            actor=actor,
            what="staff.deactivate",
            about=f"staff:{staff_id}",
            before={"status": "active"},
            after={"status": "inactive"},
            now=now,
        )
    return person


def _managed(session: Session, actor: Actor, staff_id: str) -> Staff:
    """Return somebody whom the actor may manage: one who may not do more than the actor."""
    require(actor, "staff.manage")
    person = queries.person(session, staff_id)
    _check_rank(actor, person.role)
    return person


def _check_role(actor: Actor, role: str) -> None:
    if role not in GRANTS:
        raise RoleUnknown(role=role, known=", ".join(ROLES))
    _check_rank(actor, role)


def _check_rank(actor: Actor, role: str) -> None:
    if actor.kind != "system" and not may_hand_out(actor.permissions, role):
        raise RoleTooHigh(role=role)


def _checked_pin(pin: str) -> str:
    if not re.fullmatch(rf"[0-9]{{{PIN_MIN},{PIN_MAX}}}", pin) or is_simple(pin):
        raise PinInvalid(flaws=(Flaw("/pin", PinInvalid.text),))
    return pin


def _sign_out(session: Session, staff_id: str, now: datetime) -> None:
    session.execute(
        update(CashierSession)
        .where(CashierSession.staff_id == staff_id, CashierSession.ended_at.is_(None))
        .values(ended_at=now)
    )
