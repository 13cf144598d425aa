"""Tills: made known by a code, known by a token, forgotten by a manager."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from loyalty import codes
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.ids import new_id
from loyalty.staff import audit, queries
from loyalty.staff.accounts import require
from loyalty.staff.models import CashierSession, Till, TillEnrollment
from loyalty.staff.policy import ENROLLMENT_LIFETIME, shown_code
from loyalty.staff.refusals import EnrollmentInvalid
from loyalty.staff.secrecy import code_hash, new_code

SEEN_EVERY: Final = timedelta(minutes=1)


def offer_enrollment(session: Session, *, actor: Actor, name: str, store: str, now: datetime) -> str:
    """Return a code that enrolls one till in ``store`` within 15 minutes; it is shown once and kept as a hash."""
    require(actor, "tills.manage")
    session.execute(delete(TillEnrollment).where(TillEnrollment.expires_at < now - timedelta(days=1)))
    code = new_code()
    session.add(
        TillEnrollment(
            code_hash=code_hash(code),
            till_name=name,
            store=store,
            made_by=actor.client,
            created_at=now,
            expires_at=now + ENROLLMENT_LIFETIME,
        )
    )
    audit.record(
        session, actor=actor, what="till.offer", about=f"store:{store}", after={"name": name}, now=now
    )
    return shown_code(code)


def enroll(
    session: Session,
    *,
    code: str,
    name: str | None = None,
    public_key: Mapping[str, Any] | None = None,
    now: datetime,
) -> Till:
    """Use a code up and return the new till; raise ``EnrollmentInvalid``, or ``KeyInvalid`` for no P-256 key."""
    key = None if public_key is None else codes.clean_jwk(public_key)
    till_id = new_id(now)
    # One statement finds and uses it up: of two tills with one code, one gets it.
    offer = session.execute(
        update(TillEnrollment)
        .where(
            TillEnrollment.code_hash == code_hash(code),
            TillEnrollment.till_id.is_(None),
            TillEnrollment.expires_at > now,
        )
        .values(till_id=till_id)
        .returning(TillEnrollment.till_name, TillEnrollment.store)
    ).one_or_none()
    if offer is None:
        raise EnrollmentInvalid
    till = Till(
        id=till_id,
        name=name or offer.till_name,
        store=offer.store,
        public_key=key,
        status="active",
        generation=1,
        enrolled_at=now,
        last_seen_at=now,
    )
    session.add(till)
    itself = Actor(kind="till", id=till_id, store=till.store)
    after = {"name": till.name, "store": till.store, "signs": key is not None}
    audit.record(session, actor=itself, what="till.enroll", about=f"till:{till_id}", after=after, now=now)
    return till


def revoke(session: Session, *, actor: Actor, till_id: str, now: datetime) -> Till:
    """Make a till and everybody signed in at it strangers; doing it again changes nothing."""
    require(actor, "tills.manage")
    till = queries.till(session, till_id)
    if till.status == "active":
        till.status = "revoked"
        till.revoked_at = now
        till.generation += 1
        end_sessions(session, till_id=till_id, now=now)
        change = {"status": "active"}, {"status": "revoked"}
        audit.record(
            session,
            actor=actor,
            what="till.revoke",
            about=f"till:{till_id}",
            before=change[0],
            after=change[1],
            now=now,
        )
    return till


def set_key(session: Session, *, actor: Actor, public_key: Mapping[str, Any], now: datetime) -> Till:
    """Keep the key with which the calling till signs what it queues offline; raise ``KeyInvalid``."""
    till = queries.till(session, actor.id)
    had_key = till.public_key is not None
    till.public_key = codes.clean_jwk(public_key)
    about = f"till:{till.id}"
    audit.record(
        session,
        actor=actor,
        what="till.set_key",
        about=about,
        before={"signs": had_key},
        after={"signs": True},
        now=now,
    )
    return till


def seen(session: Session, *, till_id: str, now: datetime) -> None:
    """Note that a till was heard of: one round trip, for a sale waits for it once a minute."""
    batch = Batch()
    batch.add(
        "UPDATE till SET last_seen_at = %(now)s WHERE id = %(till)s AND last_seen_at < %(now)s",
        {"till": till_id, "now": now},
    )
    batch.send(session)


def end_sessions(session: Session, *, till_id: str, now: datetime) -> None:
    """Sign out whoever is signed in at a till."""
    session.execute(
        update(CashierSession)
        .where(CashierSession.till_id == till_id, CashierSession.ended_at.is_(None))
        .values(ended_at=now)
    )
