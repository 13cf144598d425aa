"""Cashiers at tills: sign-in by PIN, sign-out.

A try is counted and committed before the PIN is looked at, in a transaction of its own: a refusal rolls its
transaction back, and of many guesses at once each must count. So the route calls ``count_pin_try``, commits, and
then calls ``sign_in``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.ids import new_id
from loyalty.staff import audit
from loyalty.staff.enrollment import end_sessions
from loyalty.staff.models import CashierSession, Staff, Till
from loyalty.staff.policy import PIN_TRIES, SESSION_LIFETIME, lock_until
from loyalty.staff.refusals import PinLocked, PinWrong
from loyalty.staff.secrecy import fits


def count_pin_try(session: Session, *, staff_id: str, now: datetime) -> None:
    """Count a try of somebody's PIN; the fifth since the last right one locks it. Raise ``PinLocked``."""
    person = session.get(Staff, staff_id, with_for_update=True)
    if person is None:
        return  # ``sign_in`` says that it is wrong, after as long as for anybody
    if person.pin_locked_until is not None:
        _refuse_while_locked(person.pin_locked_until, now)
        person.pin_locked_until, person.pin_tries = None, 0
    person.pin_tries += 1
    if person.pin_tries >= PIN_TRIES:
        # This try may still be right; it is the last one for now, and a right one unlocks.
        person.pin_locks += 1
        person.pin_locked_until = lock_until(now, person.pin_locks)


def sign_in(session: Session, *, actor: Actor, staff_id: str, pin: str, now: datetime) -> CashierSession:
    """Sign a cashier in at the calling till (and whoever was, out); raise ``PinWrong``."""
    person = session.get(Staff, staff_id, with_for_update=True)
    hashed = person.pin_hash if person is not None and _works_here(person, actor.store) else None
    if not fits(hashed, pin) or person is None:
        raise PinWrong
    session.get(Till, actor.id, with_for_update=True)  # two sign-ins at one till, one after the other
    person.pin_tries = person.pin_locks = 0
    person.pin_locked_until = None
    end_sessions(session, till_id=actor.id, now=now)
    signed_in = CashierSession(
        id=new_id(now),
        staff_id=person.id,
        till_id=actor.id,
        started_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    session.add(signed_in)
    _record(session, actor, "cashier.sign_in", person.id, now)
    return signed_in


def sign_out(session: Session, *, actor: Actor, now: datetime) -> None:
    """Sign whoever is signed in at the calling till out; nobody there: nothing happens."""
    ended = session.execute(
        update(CashierSession)
        .where(CashierSession.till_id == actor.id, CashierSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(CashierSession.staff_id)
    ).scalars()
    for staff_id in ended:
        _record(session, actor, "cashier.sign_out", staff_id, now)


def _record(session: Session, actor: Actor, what: str, staff_id: str, now: datetime) -> None:
    cashier = replace(actor, staff_id=staff_id)
    audit.record(session, actor=cashier, what=what, about=f"staff:{staff_id}", now=now)


def _works_here(person: Staff, store: str | None) -> bool:
    return person.status == "active" and person.store in (None, store)


def _refuse_while_locked(until: datetime, now: datetime) -> None:
    if until > now:
        raise PinLocked(retry_after_seconds=int((until - now).total_seconds()) + 1)
