"""Giving a member their pass, and keeping it true in the wallets that hold it."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.changes.models import Change
from loyalty.passes.models import PassRegistration, WalletPass
from loyalty.passes.refusals import PassUnknown

SHOWN: Final = ("balance", "profile", "tier")
"""What of a member stands on a pass: a change of these is a change of it."""
REGISTRATIONS_MAX: Final = 50
# Times travel in whole seconds: what changed just now may change again within the same one.
_SETTLED: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Changed:
    """Passes that changed, and the tag to ask with the next time."""

    serials: Sequence[str]
    tag: str


@lru_cache(maxsize=8)
def pass_secret(secret_key: str) -> bytes:
    """Derive the key of passes' tokens from the server's ``secret_key`` (32 random bytes or more)."""
    return blake2b(key=sha256(secret_key.encode()).digest(), person=b"passes-token", digest_size=32).digest()


def token_of(secret: bytes, serial: str) -> str:
    """Return the token that a pass shows to ask about itself (Apple: at least 16 characters)."""
    return hmac.digest(secret, serial.encode(), "sha256").hex()


def pass_of(session: Session, *, member_id: int, now: datetime) -> WalletPass:
    """Return the member's pass, made at the first time: the same on all their wallets."""
    changes.lock(session, member_id)
    found = session.scalars(
        select(WalletPass).where(WalletPass.member_id == member_id).order_by(WalletPass.created_at).limit(1)
    ).first()
    if found is None:
        serial = b32encode(secrets.token_bytes(15)).decode("ascii").lower()
        found = WalletPass(member_id=member_id, serial=serial, created_at=now)
        session.add(found)
        session.flush()
    return found


def admitted(session: Session, serial: str, token: str, *, keys: Sequence[bytes]) -> WalletPass:
    """Return the pass whose own token was shown, also one of a former secret; raise ``PassUnknown``."""
    genuine = [hmac.compare_digest(token_of(key, serial).encode(), token.encode()) for key in keys]
    found = session.scalars(select(WalletPass).where(WalletPass.serial == serial)).one_or_none()
    if found is None or not any(genuine):
        raise PassUnknown
    return found


def register(session: Session, row: WalletPass, *, library: str, push_token: str, now: datetime) -> bool:
    """Note that a wallet holds a pass; tell whether it is new. Beyond fifty, the oldest is forgotten."""
    changes.lock(session, row.member_id)
    held = session.scalars(
        select(PassRegistration)
        .where(PassRegistration.member_id == row.member_id, PassRegistration.serial == row.serial)
        .order_by(PassRegistration.created_at.desc())
    ).all()
    known = next((each for each in held if each.library == library), None)
    if known is not None:
        known.push_token = push_token
        session.flush()
        return False
    for old in held[REGISTRATIONS_MAX - 1 :]:
        session.delete(old)
    session.execute(
        insert(PassRegistration).values(
            member_id=row.member_id, serial=row.serial, library=library, push_token=push_token, created_at=now
        )
    )
    return True


def unregister(session: Session, row: WalletPass, *, library: str) -> None:
    """Note that a wallet no longer holds a pass; one that held none stays so."""
    session.execute(
        delete(PassRegistration).where(
            PassRegistration.member_id == row.member_id,
            PassRegistration.serial == row.serial,
            PassRegistration.library == library,
        )
    )


def changed_since(
    session: Session, *, library: str, tag: str | None, program_since: datetime
) -> Changed | None:
    """Return which passes of a wallet changed after ``tag`` (of an earlier answer), or ``None`` where none did."""
    since = int(tag) if tag is not None and tag.isascii() and tag.isdigit() and len(tag) < 19 else -1
    rows = session.scalars(
        select(WalletPass)
        .join(
            PassRegistration,
            (PassRegistration.member_id == WalletPass.member_id)
            & (PassRegistration.serial == WalletPass.serial),
        )
        .where(PassRegistration.library == library)
        .order_by(WalletPass.serial)
    ).all()
    times = {row.serial: _micros(changed_at(session, row, program_since)) for row in rows}
    newer = [serial for serial, at in times.items() if at > since]
    return Changed(newer, str(max(times[serial] for serial in newer))) if newer else None


def changed_at(session: Session, row: WalletPass, program_since: datetime) -> datetime:
    """Return when what stands on a pass last changed: the member's things, or the program's look."""
    latest = session.scalar(
        select(func.max(Change.at)).where(Change.member_id == row.member_id, Change.entity.in_(SHOWN))
    )
    return max(filter(None, (row.created_at, latest, program_since)))


def is_settled(changed: datetime, now: datetime) -> bool:
    """Tell whether a change is old enough that its second cannot hold another."""
    return now - changed >= _SETTLED


def push_tokens(session: Session, member_id: int) -> Sequence[str]:
    """Return where to tell the wallets that hold a member's passes of a change."""
    return session.scalars(
        select(PassRegistration.push_token).where(PassRegistration.member_id == member_id).distinct()
    ).all()


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
