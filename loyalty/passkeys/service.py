"""Registering passkeys and signing in with them, without naming anybody."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes, members
from loyalty.errors import Flaw
from loyalty.ids import new_id
from loyalty.members import MemberSecret, NewDevice, SignedIn
from loyalty.passkeys import ceremony, challenges
from loyalty.passkeys.ceremony import NotGenuine, Party
from loyalty.passkeys.challenges import PasskeySecret
from loyalty.passkeys.models import AnsweredChallenge, Passkey
from loyalty.passkeys.refusals import (
    PasskeyCopied,
    PasskeyInvalid,
    PasskeyNameInvalid,
    PasskeyTaken,
    PasskeyUnknown,
    PasskeyWrong,
    TooManyPasskeys,
)

MOST_PASSKEYS: Final = 20
NAME_MAX: Final = 60
ANYBODY: Final = ""


def invite(
    session: Session,
    *,
    member_id: int,
    device_id: str,
    brand: str,
    party: Party,
    secret: PasskeySecret,
    now: datetime,
) -> dict[str, Any]:
    """Return the options for this device of the member to make a passkey with; nothing is written."""
    member = members.member(session, member_id)
    known = passkeys_of(session, member_id)
    address = next((each.value for each in members.contacts_of(session, member_id)), "")
    return ceremony.creation_options(
        party=party,
        brand=brand,
        challenge=challenges.draw(secret, "register", device_id, now=now),
        handle=_handle(secret, member_id, known),
        account=address or member.given_name or brand,
        person=member.given_name or address or brand,
        known=known,
    )


def register(
    session: Session,
    *,
    member_id: int,
    device_id: str,
    credential: Mapping[str, Any],
    name: str,
    party: Party,
    secret: PasskeySecret,
    now: datetime,
) -> Passkey:
    """Keep a passkey that the member made on this device, and tell them.

    Raise ``PasskeyInvalid``, ``PasskeyTaken``, ``TooManyPasskeys`` or ``PasskeyNameInvalid``.
    """
    name = _clean_name(name)
    try:
        challenge = ceremony.challenge_of(credential)
        if not challenges.is_open(secret, "register", device_id, challenge, now=now):
            raise PasskeyInvalid
        found = ceremony.check_registration(credential, challenge=challenge, party=party)
    except NotGenuine as error:
        raise PasskeyInvalid from error
    changes.lock(session, member_id)
    if not challenges.use(session, challenge):
        raise PasskeyInvalid
    known = passkeys_of(session, member_id)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys(most=MOST_PASSKEYS)
    row: dict[str, Any] = {
        "member_id": member_id,
        "id": new_id(now),
        "credential_id": found.credential_id,
        "user_handle": _handle(secret, member_id, known),
        "public_key": found.public_key,
        "sign_count": found.sign_count,
        "transports": list(credential["response"].get("transports") or ()),
        "name": name,
        "created_at": now,
    }
    kept = session.scalars(insert(Passkey).values(row).on_conflict_do_nothing().returning(Passkey)).first()
    if kept is None:
        raise PasskeyTaken
    changes.mark(session, member_id, entity(kept.id), now=now)
    members.tell_of_passkey(session, member_id=member_id, passkey_id=kept.id, name=name, now=now)
    return kept


def ask(*, party: Party, secret: PasskeySecret, now: datetime) -> dict[str, Any]:
    """Return the options for anybody to sign in with: who it is, the passkey says; nothing is written."""
    return ceremony.request_options(
        party=party, challenge=challenges.draw(secret, "sign_in", ANYBODY, now=now)
    )


def sign_in(
    session: Session,
    *,
    credential: Mapping[str, Any],
    device: NewDevice,
    party: Party,
    secret: PasskeySecret,
    keys: MemberSecret,
    now: datetime,
) -> SignedIn:
    """Sign a device in with a passkey.

    Raise ``PasskeyWrong`` (which says no more), ``PasskeyCopied``, ``MemberBlocked`` or ``DeviceNameInvalid``.
    """
    try:
        challenge = ceremony.challenge_of(credential)
        if not challenges.is_open(secret, "sign_in", ANYBODY, challenge, now=now):
            raise PasskeyWrong
        passkey = _presented(session, credential)
        count = ceremony.check_assertion(
            credential, challenge=challenge, party=party, public_key=passkey.public_key
        )
    except NotGenuine as error:
        raise PasskeyWrong from error
    member_id, passkey_id = passkey.member_id, passkey.id
    changes.lock(session, member_id)
    # What was read before the wait for the lock may be gone, merged or counted on.
    locked = session.get(Passkey, (member_id, passkey_id), populate_existing=True)
    if locked is None or not challenges.use(session, challenge):
        raise PasskeyWrong
    if ceremony.counter_went_back(locked.sign_count, count):
        raise PasskeyCopied
    locked.sign_count, locked.last_used_at = count, now
    session.flush()
    return members.let_in(session, member_id=member_id, device=device, secret=keys, now=now)


def rename(session: Session, *, member_id: int, passkey_id: str, name: str, now: datetime) -> Passkey:
    """Call a passkey something else; raise ``PasskeyUnknown`` or ``PasskeyNameInvalid``."""
    name = _clean_name(name)
    changes.lock(session, member_id)
    passkey = _one(session, member_id, passkey_id)
    if passkey.name != name:
        passkey.name = name
        session.flush()
        changes.mark(session, member_id, entity(passkey_id), now=now)
    return passkey


def remove(session: Session, *, member_id: int, passkey_id: str, now: datetime) -> None:
    """Let a passkey no longer sign in; devices that it signed in stay so. Raise ``PasskeyUnknown``."""
    changes.lock(session, member_id)
    session.delete(_one(session, member_id, passkey_id))
    session.flush()
    changes.mark(session, member_id, entity(passkey_id), now=now, deleted=True)


def passkeys_of(session: Session, member_id: int, ids: Collection[str] | None = None) -> Sequence[Passkey]:
    """Return a member's passkeys (or those of ``ids``), the oldest first."""
    statement = select(Passkey).where(Passkey.member_id == member_id).order_by(Passkey.id)
    if ids is not None:
        statement = statement.where(Passkey.id.in_(ids))
    return session.scalars(statement).all()


def purge(session: Session, *, now: datetime) -> int:
    """Forget answered challenges whose time is over; return how many."""
    over = delete(AnsweredChallenge).where(AnsweredChallenge.expires_at <= now)
    gone = session.execute(over.returning(AnsweredChallenge.nonce)).all()
    return len(gone)


def entity(passkey_id: str) -> str:
    """Return the name of a passkey in the change feed."""
    return f"passkey/{passkey_id}"


def _presented(session: Session, credential: Mapping[str, Any]) -> Passkey:
    """Return the passkey that was shown: its id and the member's handle must belong together (§ 7.2, step 6)."""
    row = session.scalars(
        select(Passkey).where(Passkey.credential_id == ceremony.bytes_of(credential["rawId"]))
    ).one_or_none()
    handle = ceremony.bytes_of(credential["response"].get("userHandle"))
    if row is None or not hmac.compare_digest(row.user_handle, handle):
        raise PasskeyWrong
    return row


def _handle(secret: PasskeySecret, member_id: int, known: Sequence[Passkey]) -> bytes:
    """Return what authenticators know the member by: one for all passkeys, so that a new one replaces the old."""
    if known:
        return known[0].user_handle
    return hmac.digest(secret.handle, member_id.to_bytes(8, "big"), "sha256")


def _one(session: Session, member_id: int, passkey_id: str) -> Passkey:
    passkey = session.get(Passkey, (member_id, passkey_id), populate_existing=True)
    if passkey is None:
        raise PasskeyUnknown
    return passkey


def _clean_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise PasskeyNameInvalid(flaws=(Flaw("/name", "1 to 60 printable characters."),))
    return name
