"""The session of a device: a chain of refresh tokens, each good once.

A token is ``rt_`` and base64url of: device id (16 bytes), generation (4), MAC (32). The MAC is over both and a
random seed that only the database has, with a key that only the server has. So nothing that could be
stolen from the database is a token, and any token that was ever given is recognized:

- the current generation is exchanged for the next one;
- the one before, within 30 seconds, gets the same next one again: its answer was lost on the way. There is never a
  second branch: whoever holds the next one, thief or owner, the second to use it is found out;
- anything older was stolen, or stolen from: the session ends for both.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import news
from loyalty.members.contacts import MemberSecret
from loyalty.members.models import Device, Member, RefreshToken
from loyalty.members.refusals import DeviceRevoked, MemberBlocked, SessionExpired, SessionReplayed

GRACE: Final = timedelta(seconds=30)
LIFE: Final = {"app": timedelta(days=180), "web": timedelta(days=30), "kiosk": timedelta(minutes=15)}
PREFIX: Final = "rt_"
_MAC_BYTES: Final = 32
_BYTES: Final = 16 + 4 + _MAC_BYTES

EndReason = Literal["signed_out", "revoked", "replayed", "replaced"]


@dataclass(frozen=True, slots=True)
class DeviceSession:
    """A refresh token just given: the only time it is in clear. Good until ``expires_at``, if not used before."""

    member_id: int
    device_id: str
    platform: Literal["app", "web", "kiosk"]
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Chain:
    member_id: int
    seed: bytes
    generation: int
    rotated_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    platform: Any
    device_status: str
    member_status: str


@dataclass(frozen=True, slots=True)
class _Presented:
    device_id: str
    generation: int
    mac: bytes


def start(
    session: Session, *, member_id: int, device_id: str, platform: str, secret: MemberSecret, now: datetime
) -> DeviceSession:
    """Begin the session of a device that has just signed in; an older one of the same device ends."""
    seed = secrets.token_bytes(32)
    values: dict[str, Any] = {
        "seed": seed,
        "generation": 1,
        "rotated_at": now,
        "expires_at": now + LIFE[platform],
        "ended_at": None,
        "ended_reason": None,
    }
    session.execute(
        insert(RefreshToken)
        .values(member_id=member_id, device_id=device_id, **values)
        .on_conflict_do_update(index_elements=["member_id", "device_id"], set_=values)
    )
    return _given(secret, member_id, device_id, platform, seed, 1, values["expires_at"])


def refresh(session: Session, *, token: str, secret: MemberSecret, now: datetime) -> DeviceSession:
    """Exchange a refresh token for the next one.

    Raise ``SessionExpired`` (not ours, over, signed out), ``DeviceRevoked``, ``MemberBlocked`` or
    ``SessionReplayed``: the caller then commits ``end_replayed`` before it answers.
    """
    presented = _parsed(token)
    row = _locked(session, presented.device_id)
    _require_genuine(secret, row, presented)
    _require_alive(row, now)
    platform = row.platform
    if presented.generation == row.generation - 1 and now - row.rotated_at <= GRACE:
        return _given(
            secret, row.member_id, presented.device_id, platform, row.seed, row.generation, row.expires_at
        )
    if presented.generation < row.generation:
        raise SessionReplayed(device_id=presented.device_id)
    # A generation beyond the row's is genuine too: the database was restored from a backup.
    following, expires_at = presented.generation + 1, now + LIFE[platform]
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.member_id == row.member_id, RefreshToken.device_id == presented.device_id)
        .values(generation=following, rotated_at=now, expires_at=expires_at)
    )
    touch(session, member_id=row.member_id, device_id=presented.device_id, now=now)
    return _given(secret, row.member_id, presented.device_id, platform, row.seed, following, expires_at)


def touch(session: Session, *, member_id: int, device_id: str, now: datetime) -> None:
    """Note that a device was seen; no change of the feed."""
    session.execute(
        update(Device).where(Device.member_id == member_id, Device.id == device_id).values(last_seen_at=now)
    )


def end(session: Session, *, member_id: int, device_id: str, reason: EndReason, now: datetime) -> None:
    """End the session of a device; one that has ended stays as it is."""
    session.execute(
        update(RefreshToken)
        .where(
            RefreshToken.member_id == member_id,
            RefreshToken.device_id == device_id,
            RefreshToken.ended_at.is_(None),
        )
        .values(ended_at=now, ended_reason=reason)
    )
    news.look(session, member_id)


def end_replayed(session: Session, *, token: str, secret: MemberSecret, now: datetime) -> None:
    """End the session that ``refresh`` found to be used from two places."""
    presented = _parsed(token)
    row = _locked(session, presented.device_id)
    _require_genuine(secret, row, presented)
    end(session, member_id=row.member_id, device_id=presented.device_id, reason="replayed", now=now)


def _locked(session: Session, device_id: str) -> _Chain:
    """Lock a device's chain, then read whose it is: in one statement the latter would be from before the wait."""
    chain = session.execute(
        select(
            RefreshToken.member_id,
            RefreshToken.seed,
            RefreshToken.generation,
            RefreshToken.rotated_at,
            RefreshToken.expires_at,
            RefreshToken.ended_at,
        )
        .where(RefreshToken.device_id == device_id)
        .with_for_update()
    ).one_or_none()
    if chain is None:
        raise SessionExpired
    owner = session.execute(
        select(Device.platform, Device.status, Member.status)
        .join(Member, Member.member_id == Device.member_id)
        .where(Device.member_id == chain.member_id, Device.id == device_id)
    ).one()
    return _Chain(*chain, *owner)


def _require_genuine(secret: MemberSecret, row: _Chain, presented: _Presented) -> None:
    expected = _mac(secret, presented.device_id, row.seed, presented.generation)
    if not hmac.compare_digest(expected, presented.mac):
        raise SessionExpired


def _require_alive(row: _Chain, now: datetime) -> None:
    if row.device_status == "revoked":
        raise DeviceRevoked
    if row.ended_at is not None or row.expires_at <= now:
        raise SessionExpired
    if row.member_status != "active":
        raise MemberBlocked


def _given(
    secret: MemberSecret,
    member_id: int,
    device_id: str,
    platform: Any,
    seed: bytes,
    generation: int,
    expires_at: datetime,
) -> DeviceSession:
    mac = _mac(secret, device_id, seed, generation)
    text = PREFIX + urlsafe_b64encode(UUID(device_id).bytes + generation.to_bytes(4, "big") + mac).decode(
        "ascii"
    ).rstrip("=")
    return DeviceSession(member_id, device_id, platform, text, expires_at)


def _mac(secret: MemberSecret, device_id: str, seed: bytes, generation: int) -> bytes:
    return hmac.digest(secret.refresh, UUID(device_id).bytes + seed + generation.to_bytes(4, "big"), "sha256")


def _parsed(token: str) -> _Presented:
    body = token.removeprefix(PREFIX)
    if len(token) > 100 or body == token or not token.isascii():
        raise SessionExpired
    try:
        data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (NotBase64, ValueError):
        raise SessionExpired from None
    if len(data) != _BYTES:
        raise SessionExpired
    return _Presented(str(UUID(bytes=data[:16])), int.from_bytes(data[16:20], "big"), data[20:])
