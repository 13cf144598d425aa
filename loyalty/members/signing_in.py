"""Signing in without a password: a code of six digits to an address, once, five tries, ten minutes.

Nobody can tell whether an address is known: a stranger's first sign-in is how one joins, so asking and trying do the
same work and give the same answers either way.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes, messages
from loyalty.members import devices, identities, notices, sessions
from loyalty.members.contacts import Contact, MemberSecret, code_hash, contact_hash
from loyalty.members.joining import Entry, Profile, create_member
from loyalty.members.models import Member, SignInCode
from loyalty.members.refusals import CodesSpent, ContactTaken, MemberBlocked, SignInCodeWrong, TriesSpent
from loyalty.members.sessions import DeviceSession

CODE_LIFE: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
CODES_PER_HOUR: Final = 5
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What somebody signs in on. ``id`` is the device's id of an earlier sign-in, if it remembers one."""

    name: str
    platform: devices.Platform
    id: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A finished sign-in. Where ``joined``, the caller lets the program answer the occasion ``signup``."""

    member_id: int
    public_id: str
    session: DeviceSession
    joined: bool


def request_code(
    session: Session, *, contact: Contact, secret: MemberSecret, locale: str, now: datetime
) -> datetime:
    """Send a code to an address, known or not, and return until when it is good.

    An older code of the address ends. Five an hour; raise ``CodesSpent``.
    """
    value_hash = contact_hash(secret, contact)
    code = f"{secrets.randbelow(10**6):06d}"
    expires_at = now + CODE_LIFE
    _keep_code(session, value_hash, code_hash(secret, value_hash, code), now, expires_at)
    payload = {
        "kind": contact.kind,
        "to": contact.value,
        "code": code,
        "locale": locale,
        "expires_at": expires_at.isoformat(),
    }
    messages.tell(session, "sign_in_code", payload, now=now)
    return expires_at


def _keep_code(
    session: Session, value_hash: bytes, hashed: bytes, now: datetime, expires_at: datetime
) -> None:
    window_over = SignInCode.window_started_at <= now - _HOUR
    kept = session.execute(
        insert(SignInCode)
        .values(
            value_hash=value_hash,
            code_hash=hashed,
            created_at=now,
            expires_at=expires_at,
            window_started_at=now,
        )
        .on_conflict_do_update(
            index_elements=["value_hash"],
            set_={
                "code_hash": hashed,
                "tries": 0,
                "created_at": now,
                "expires_at": expires_at,
                "window_started_at": case((window_over, now), else_=SignInCode.window_started_at),
                "sent": case((window_over, 1), else_=SignInCode.sent + 1),
            },
            where=or_(window_over, SignInCode.sent < CODES_PER_HOUR),
        )
        .returning(SignInCode.value_hash)
    ).first()
    if kept is None:
        started = session.scalars(
            select(SignInCode.window_started_at).where(SignInCode.value_hash == value_hash)
        ).one()
        wait = started + _HOUR - now
        raise CodesSpent(retry_after_seconds=max(1, int(wait.total_seconds()) + 1))


def count_try(session: Session, *, contact: Contact, secret: MemberSecret) -> None:
    """Count a try before it is compared; raise ``TriesSpent`` at the sixth.

    Runs and commits in a transaction of its own before ``sign_in`` or ``add_contact``, so that a burst of guesses
    is counted however it ends::

        with transaction() as session:
            members.count_try(session, contact=contact, secret=secret)
        with transaction() as session:
            signed_in = members.sign_in(session, contact=contact, code=code, …)
    """
    value_hash = contact_hash(secret, contact)
    counted = session.execute(
        update(SignInCode)
        .where(SignInCode.value_hash == value_hash, SignInCode.tries < CODE_TRIES)
        .values(tries=SignInCode.tries + 1)
        .returning(SignInCode.tries)
    ).first()
    if counted is None:
        spent = session.scalar(select(SignInCode.tries).where(SignInCode.value_hash == value_hash))
        if spent is not None:
            raise TriesSpent(retry_after_seconds=1)


def use_code(session: Session, *, contact: Contact, code: str, secret: MemberSecret, now: datetime) -> None:
    """Accept the open code of an address, once; raise ``SignInCodeWrong``."""
    value_hash = contact_hash(secret, contact)
    row = session.execute(
        select(SignInCode.code_hash, SignInCode.expires_at)
        .where(SignInCode.value_hash == value_hash)
        .with_for_update()
    ).one_or_none()
    given = code_hash(secret, value_hash, code)
    right = hmac.compare_digest(given, row.code_hash if row is not None else bytes(len(given)))
    if row is None or not right or row.expires_at <= now:
        raise SignInCodeWrong
    session.execute(delete(SignInCode).where(SignInCode.value_hash == value_hash))


def join(
    session: Session, *, contact: Contact, profile: Profile, entry: Entry, secret: MemberSecret, now: datetime
) -> int:
    """Create a member whom this address will sign in once they have proven to read it; return their number.

    For whoever signs somebody up in the store; the caller lets the program answer the occasion ``signup``. Raise
    ``ContactTaken`` or ``ProfileInvalid``.
    """
    member_id = create_member(session, profile=profile, entry=entry, now=now).member_id
    if identities.claim(session, contact=contact, member_id=member_id, secret=secret, now=now) != member_id:
        raise ContactTaken
    changes.mark(session, member_id, "profile", "balance", "tier", "wallet", now=now)
    return member_id


def sign_in(
    session: Session,
    *,
    contact: Contact,
    code: str,
    device: NewDevice,
    profile: Profile,
    entry: Entry,
    secret: MemberSecret,
    now: datetime,
) -> SignedIn:
    """Sign a device in with a code, and let whoever is new here join; ``count_try`` comes before.

    ``profile`` and ``entry`` are used only for somebody who joins. Raise ``SignInCodeWrong``,
    ``MemberBlocked``, ``ProfileInvalid`` or ``DeviceNameInvalid``.
    """
    use_code(session, contact=contact, code=code, secret=secret, now=now)
    owner = identities.owner_of(session, contact=contact, secret=secret)
    joined = owner is None
    if owner is None:
        owner = join(session, contact=contact, profile=profile, entry=entry, secret=secret, now=now)
    # A till that signed somebody up has only claimed the address: now it is proven.
    identities.verify(session, contact=contact, member_id=owner, secret=secret, now=now)
    return let_in(session, member_id=owner, device=device, secret=secret, now=now, joined=joined)


def let_in(
    session: Session,
    *,
    member_id: int,
    device: NewDevice,
    secret: MemberSecret,
    now: datetime,
    joined: bool = False,
) -> SignedIn:
    """Begin a session of somebody who has proven who they are, and tell their other devices of a new one.

    Raise ``MemberBlocked`` or ``DeviceNameInvalid``.
    """
    changes.lock(session, member_id)
    member = session.get_one(Member, member_id, populate_existing=True)
    if member.status != "active":
        raise MemberBlocked
    known = devices.active_ids(session, member_id)
    device_id = devices.enroll(
        session, member_id=member_id, name=device.name, platform=device.platform, known_id=device.id, now=now
    )
    started = sessions.start(
        session, member_id=member_id, device_id=device_id, platform=device.platform, secret=secret, now=now
    )
    if known and device_id not in known:
        notices.tell_of_device(session, member=member, device_id=device_id, now=now)
    return SignedIn(member_id, member.public_id, started, joined)
