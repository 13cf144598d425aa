"""Who is in a scenario: members with what they have at the start, their devices, tills with a manager at each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from loyalty import changes, codes, members, staff
from loyalty.actor import SYSTEM
from loyalty.ids import new_id
from loyalty.members import devices
from loyalty.staff.models import CashierSession

Platform = Literal["app", "web"]
# The world exists for the time of a play only: its secret protects nothing.
SECRET: Final = "c2NlbmFyaW9zIGFyZSBwbGF5ZWQgb24gbG9vcGJhY2sgb25seQ"  # noqa: S105 - of play worlds only
MAIN_TILL: Final = "till 1"
ANY_STORE: Final = "store"
FAR: Final = timedelta(days=200 * 365)


@dataclass(slots=True)
class Phone:
    """A device of a member, with the key it signs pay codes with."""

    device_id: str
    kid: str
    private: Any
    counter: int = 0

    def draw(self, now: datetime) -> str:
        """Return the pay code that the device shows at ``now``."""
        self.counter += 1
        epoch = codes.epochs_at(codes.code_secret(SECRET), now)[0].value
        return codes.draw_pay(self.private, kid=self.kid, counter=self.counter, epoch=epoch, now=now)


@dataclass(slots=True)
class Person:
    """A member of the play, under the name they have in the file."""

    name: str
    member_id: int
    public_id: str
    card_number: str
    account_number: str
    phones: dict[Platform, Phone] = field(default_factory=dict[Platform, Phone])


@dataclass(slots=True)
class Till:
    """An enrolled till with the key that signs its queue, and the manager who is signed in at it."""

    till_id: str
    store: str
    generation: int
    private: Any
    staff_id: str
    session_id: str
    session_ends_at: datetime


@dataclass(slots=True)
class Cast:
    """Everybody, by their name in the file; ``coupons`` are codes by member and key."""

    people: dict[str, Person] = field(default_factory=dict[str, Person])
    tills: dict[tuple[str, str], Till] = field(default_factory=dict[tuple[str, str], Till])
    coupons: dict[tuple[str | None, str], str] = field(default_factory=dict[tuple[str | None, str], str])

    def coupon(self, member: str | None, text: str) -> str:
        """Return the code that a text in a basket stands for: a coupon's key, or a code as it is."""
        return self.coupons.get((member, text)) or self.coupons.get((None, text)) or text


def enroll_phone(session: Session, person: Person, platform: Platform, *, now: datetime) -> Phone:
    """Sign a member in on a new device with a registered key."""
    changes.lock(session, person.member_id)
    device_id = devices.enroll(
        session,
        member_id=person.member_id,
        name=f"{person.name} {platform}",
        platform=platform,
        known_id=None,
        now=now,
    )
    private = codes.new_private_key()
    kid = members.register_key(
        session, member_id=person.member_id, device_id=device_id, public_key=codes.jwk_of(private), now=now
    )
    return Phone(device_id, kid, private)


def enroll_till(session: Session, *, store: str, name: str, now: datetime) -> Till:
    """Enroll a till in a store, with a manager who is signed in at it."""
    private = codes.new_private_key()
    offer = staff.offer_enrollment(session, actor=SYSTEM, name=name, store=store, now=now)
    till = staff.enroll(session, code=offer, public_key=codes.jwk_of(private), now=now)
    manager = staff.add(session, actor=SYSTEM, name=f"{store} {name}", role="manager", store=store, now=now)
    session.flush()
    session_id, ends_at = new_id(now), now + FAR
    session.add(
        CashierSession(
            id=session_id,
            staff_id=manager.id,
            till_id=till.id,
            started_at=now,
            expires_at=ends_at,
            ended_at=None,
        )
    )
    return Till(till.id, store, till.generation, private, manager.id, session_id, ends_at)
