"""Where the demo takes place: the café's program, its manager and cashier. Made once, found again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import members, rules, staff
from loyalty.actor import SYSTEM, Actor

PROGRAM: Final = "cafe-stars"
STORE: Final = "main-street"
# The café has been open for a while, so that visits of the past find the program in force.
OPEN_SINCE: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff. The PINs are printed: this is play."""

    name: str
    role: str
    email: str
    pin: str


MANAGER: Final = Person("Dana Whitlock", "manager", "dana@fernlight.example", "4826")
CASHIER: Final = Person("Theo Amari", "cashier", "theo@fernlight.example", "7395")


def open_program(session: Session, *, now: datetime, open_since: timedelta = OPEN_SINCE) -> bool:
    """Put ``cafe-stars`` into force if no program is, since 90 days ago; return whether that was needed."""
    try:
        rules.program_at(session, now)
    except rules.NoProgram:
        pass
    else:
        return False
    since = now - open_since
    document = rules.load_shipped(PROGRAM)
    rules.apply(session, document, actor=SYSTEM, live_from=since, note="The demo café opens.", now=since)
    return True


def employ(session: Session, person: Person, *, now: datetime) -> Actor:
    """Return somebody of the staff as an actor, added to the staff if they are not there yet."""
    try:
        found = staff.person_named(session, person.email)
    except staff.StaffMissing:
        found = staff.add(
            session,
            actor=SYSTEM,
            name=person.name,
            role=person.role,
            email=person.email,
            pin=person.pin,
            now=now,
        )
    return Actor(kind="staff", id=found.id, staff_id=found.id, permissions=staff.permissions_of(found.role))


def members_so_far(session: Session) -> int:
    """Return how many have ever joined."""
    return session.scalar(select(func.count()).select_from(members.Member)) or 0
