"""Which member an address signs in: one member's, whatever happens at once.

The protocol has two steps that may be in one transaction or in two: ``claim`` inserts the address and reads back
whose it is; ``verify`` ends the claim once the member's own transaction is done. Whoever finds their own claim goes
on with it, so that a crash in between costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes, messages
from loyalty.members.contacts import Contact, MemberSecret, contact_hash
from loyalty.members.models import ContactIdentity, Member
from loyalty.members.refusals import ContactTaken, ContactUnknown, LastContact


def owner_of(session: Session, *, contact: Contact, secret: MemberSecret) -> int | None:
    """Return whom an address signs in."""
    return session.scalar(
        select(ContactIdentity.member_id).where(ContactIdentity.value_hash == contact_hash(secret, contact))
    )


def claim(session: Session, *, contact: Contact, member_id: int, secret: MemberSecret, now: datetime) -> int:
    """Claim an address for a member and return whose it is: this member's, or whoever was first."""
    value_hash = contact_hash(secret, contact)
    session.execute(
        insert(ContactIdentity)
        .values(
            value_hash=value_hash, kind=contact.kind, value=contact.value, member_id=member_id, claimed_at=now
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(ContactIdentity.member_id).where(ContactIdentity.value_hash == value_hash)
    ).one()


def verify(
    session: Session, *, contact: Contact, member_id: int, secret: MemberSecret, now: datetime
) -> None:
    """Say that a member has proven to read what is sent to an address; the first proof's time stays."""
    session.execute(
        update(ContactIdentity)
        .where(
            ContactIdentity.value_hash == contact_hash(secret, contact),
            ContactIdentity.member_id == member_id,
            ContactIdentity.verified_at.is_(None),
        )
        .values(verified_at=now)
    )


def contacts_of(session: Session, member_id: int) -> Sequence[ContactIdentity]:
    """Return a member's addresses, the first verified first."""
    return session.scalars(
        select(ContactIdentity)
        .where(ContactIdentity.member_id == member_id)
        .order_by(ContactIdentity.verified_at.nulls_last(), ContactIdentity.value)
    ).all()


def add_contact(
    session: Session, *, member_id: int, contact: Contact, secret: MemberSecret, now: datetime
) -> None:
    """Let another address sign a member in, after its code was accepted (``use_code``); tell the old addresses.

    Raise ``ContactTaken``.
    """
    changes.lock(session, member_id)
    before = [(each.kind, each.value) for each in contacts_of(session, member_id)]
    if claim(session, contact=contact, member_id=member_id, secret=secret, now=now) != member_id:
        raise ContactTaken
    verify(session, contact=contact, member_id=member_id, secret=secret, now=now)
    changes.mark(session, member_id, "profile", now=now)
    for kind, value in before:
        if value != contact.value:
            payload = {"kind": kind, "to": value, "added": contact.kind}
            messages.tell(session, "contact_added", payload, member_id=member_id, now=now)


def remove_contact(session: Session, *, member_id: int, contact_id: str, now: datetime) -> None:
    """Let an address no longer sign in; raise ``ContactUnknown``, or ``LastContact`` where no other would."""
    changes.lock(session, member_id)
    known = contacts_of(session, member_id)
    gone = next((each for each in known if each.id == contact_id), None)
    if gone is None:
        raise ContactUnknown
    if not any(each.verified_at is not None and each is not gone for each in known):
        raise LastContact
    session.delete(gone)
    session.execute(update(Member).where(Member.member_id == member_id).values(contact_removed_at=now))
    session.flush()
    changes.mark(session, member_id, "profile", now=now)
