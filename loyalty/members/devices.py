"""A member's devices: which there are, what they are called, and signing them out from elsewhere.

Rows are locked in the order account, refresh token, device, key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty import changes, codes, push
from loyalty.errors import Flaw, Invalid
from loyalty.ids import new_id
from loyalty.members import sessions
from loyalty.members.models import Device
from loyalty.members.refusals import DeviceRevoked, DeviceUnknown

MOST_DEVICES: Final = 20
NAME_MAX: Final = 60

Platform = Literal["app", "web", "kiosk"]


class DeviceNameInvalid(Invalid):
    """A device's name is empty, too long or not printable."""

    code = "device_name_invalid"
    text = "A device's name has 1 to 60 printable characters."


def entity(device_id: str) -> str:
    """Return the name of a device in the change feed."""
    return f"device/{device_id}"


def enroll(
    session: Session, *, member_id: int, name: str, platform: Platform, known_id: str | None, now: datetime
) -> str:
    """Return the device a member signs in on: the one it was before (``known_id``), or a new one.

    Beyond twenty, the one that was not seen for longest is signed out. The caller holds the account's lock.
    """
    name = _clean_name(name)
    if known_id is not None:
        row = session.get(Device, (member_id, known_id), populate_existing=True)
        if row is not None and row.status == "active" and row.platform == platform:
            row.last_seen_at = now
            session.flush()
            return known_id
    for old in _beyond_limit(session, member_id):
        _sign_out(session, member_id, old, reason="replaced", now=now)
    device_id = new_id(now)
    session.add(
        Device(
            member_id=member_id,
            id=device_id,
            name=name,
            platform=platform,
            status="active",
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    changes.mark(session, member_id, entity(device_id), now=now)
    return device_id


def rename(session: Session, *, member_id: int, device_id: str, name: str, now: datetime) -> Device:
    """Call a device something else; raise ``DeviceUnknown`` or ``DeviceNameInvalid``."""
    name = _clean_name(name)
    changes.lock(session, member_id)
    device = _active(session, member_id, device_id)
    if device.name != name:
        device.name = name
        session.flush()
        changes.mark(session, member_id, entity(device_id), now=now)
    return device


def revoke(session: Session, *, member_id: int, device_id: str, now: datetime) -> None:
    """Sign a device out from elsewhere: session, pay codes and data; raise ``DeviceUnknown``."""
    changes.lock(session, member_id)
    _active(session, member_id, device_id)
    _sign_out(session, member_id, device_id, reason="revoked", now=now)


def sign_out(session: Session, *, member_id: int, device_id: str, now: datetime) -> None:
    """Let a device sign itself out; one that is signed out already stays so."""
    changes.lock(session, member_id)
    device = session.get(Device, (member_id, device_id), populate_existing=True)
    if device is not None and device.status == "active":
        _sign_out(session, member_id, device_id, reason="signed_out", now=now)


def revoke_all(session: Session, *, member_id: int, now: datetime, but: str | None = None) -> int:
    """Sign all of a member's devices out (``but`` one); return how many."""
    changes.lock(session, member_id)
    ids = [each for each in active_ids(session, member_id) if each != but]
    for device_id in ids:
        _sign_out(session, member_id, device_id, reason="revoked", now=now)
    return len(ids)


def register_key(
    session: Session, *, member_id: int, device_id: str, public_key: Mapping[str, Any], now: datetime
) -> str:
    """Register the key a device signs pay codes with and return its ``kid``.

    Raise ``codes.KeyInvalid``, or ``DeviceRevoked`` for a device that is signed out.
    """
    changes.lock(session, member_id)
    device = session.get(Device, (member_id, device_id), populate_existing=True)
    if device is None or device.status != "active":
        raise DeviceRevoked
    kid = codes.register_key(
        session, member_id=member_id, device_id=device_id, public_key=public_key, now=now
    )
    changes.mark(session, member_id, entity(device_id), now=now)
    return kid


def _sign_out(
    session: Session, member_id: int, device_id: str, *, reason: sessions.EndReason, now: datetime
) -> None:
    sessions.end(session, member_id=member_id, device_id=device_id, reason=reason, now=now)
    session.execute(
        update(Device)
        .where(Device.member_id == member_id, Device.id == device_id)
        .values(status="revoked", revoked_at=now)
    )
    codes.revoke_keys(session, member_id=member_id, device_id=device_id)
    push.unsubscribe(session, member_id=member_id, device_id=device_id)
    changes.mark(session, member_id, entity(device_id), now=now, deleted=True)


def _active(session: Session, member_id: int, device_id: str) -> Device:
    device = session.get(Device, (member_id, device_id), populate_existing=True)
    if device is None or device.status != "active":
        raise DeviceUnknown
    return device


def active_ids(session: Session, member_id: int) -> list[str]:
    """Return the devices that are signed in, last seen first."""
    return list(
        session.scalars(
            select(Device.id)
            .where(Device.member_id == member_id, Device.status == "active")
            .order_by(Device.last_seen_at.desc(), Device.id.desc())
        )
    )


def _beyond_limit(session: Session, member_id: int) -> list[str]:
    """Return the devices that must go so that one more fits."""
    return active_ids(session, member_id)[MOST_DEVICES - 1 :]


def _clean_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise DeviceNameInvalid(flaws=(Flaw("/name", "1 to 60 printable characters."),))
    return name
