"""What is asked about members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import codes
from loyalty.codes.models import DeviceKey
from loyalty.members.contacts import Contact, MemberSecret, contact_hash
from loyalty.members.models import ContactIdentity, Device, Member, RefreshToken, Standing
from loyalty.members.refusals import DeviceRevoked, MemberBlocked, MemberUnknown, SessionExpired


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device as its member sees it. ``kid`` is the key it signs pay codes with, if it has registered one."""

    id: str
    name: str
    platform: str
    created_at: datetime
    last_seen_at: datetime
    kid: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a device belongs to, as it stands now."""

    member_id: int
    device_id: str
    platform: Literal["app", "web", "kiosk"]


CALLER: Final = """
    SELECT d.member_id, d.platform, d.status, m.status
    FROM device d JOIN member m ON m.member_id = d.member_id WHERE d.id = %(device_id)s
"""


def caller_of(rows: Sequence[Sequence[Any]], device_id: str) -> Caller:
    """Return whose device this is, of the rows of ``CALLER``.

    Raise ``SessionExpired``, ``DeviceRevoked`` or ``MemberBlocked``.
    """
    if not rows:
        raise SessionExpired
    member_id, platform, status, member_status = rows[0]
    if status != "active":
        raise DeviceRevoked
    if member_status != "active":
        raise MemberBlocked
    return Caller(member_id, device_id, platform)


def member(session: Session, member_id: int) -> Member:
    """Return a member; of a merged one, the survivor. Raise ``MemberUnknown``."""
    found = session.get(Member, member_id)
    while found is not None and found.merged_into is not None:
        found = session.get(Member, found.merged_into)
    if found is None or found.status == "erased":
        raise MemberUnknown
    return found


def has_left(session: Session, member_id: int) -> bool:
    """Tell whether a member asked to be forgotten."""
    found = session.get(Member, member_id)
    return found is None or found.status == "erased"


def find(
    session: Session, text: str, *, secret: MemberSecret | None = None, contact: Contact | None = None
) -> int:
    """Return the member with this public id, account number, card number or ``contact``; raise ``MemberUnknown``."""
    found: int | None = None
    if contact is not None and secret is not None:
        found = session.scalar(
            select(ContactIdentity.member_id).where(
                ContactIdentity.value_hash == contact_hash(secret, contact)
            )
        )
    elif text.startswith("m_"):
        found = session.scalar(select(Member.member_id).where(Member.public_id == text))
    elif text.isascii() and text.isdigit():
        found = codes.member_of(session, f"number:{text}") or codes.member_of(session, f"card:{text}")
    if found is None:
        raise MemberUnknown
    return member(session, found).member_id


def standing(session: Session, member_id: int) -> Standing:
    """Return where a member stands; raise ``MemberUnknown``."""
    found = session.get(Standing, member_id)
    if found is None:
        raise MemberUnknown
    return found


def is_signed_in(session: Session, member_id: int, device_id: str, *, now: datetime) -> bool:
    """Tell whether a device's session goes on: not signed out, not ended, not over."""
    return (
        session.scalar(
            select(
                select(RefreshToken.device_id)
                .where(
                    RefreshToken.member_id == member_id,
                    RefreshToken.device_id == device_id,
                    RefreshToken.ended_at.is_(None),
                    RefreshToken.expires_at > now,
                )
                .exists()
            )
        )
        is True
    )


def devices_of(session: Session, member_id: int, *, ids: Sequence[str] | None = None) -> list[DeviceView]:
    """Return a member's active devices (or those of ``ids``), the last seen first."""
    key = DeviceKey.kid.label("kid")
    statement = (
        select(Device.id, Device.name, Device.platform, Device.created_at, Device.last_seen_at, key)
        .outerjoin(
            DeviceKey,
            (DeviceKey.member_id == Device.member_id)
            & (DeviceKey.device_id == Device.id)
            & (DeviceKey.status != "revoked"),
        )
        .where(Device.member_id == member_id, Device.status == "active")
        .order_by(Device.last_seen_at.desc(), Device.id.desc())
    )
    if ids is not None:
        statement = statement.where(Device.id.in_(ids))
    return [DeviceView(*row) for row in session.execute(statement)]
