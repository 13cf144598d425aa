"""What is asked of the code tables. A sale reads them in statements of its own; these serve everything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.codes.keys import DeviceKeyState
from loyalty.codes.models import CodeHandle, CodeUse, DeviceKey, NumberState
from loyalty.codes.pay import Use


def member_of(session: Session, handle: str) -> int | None:
    """Return whose handle (``kid:…``, ``number:…``, ``card:…``) this is."""
    return session.scalar(select(CodeHandle.member_id).where(CodeHandle.handle == handle))


def device_key(session: Session, member_id: int, kid: str) -> DeviceKeyState | None:
    """Return one of a member's keys."""
    row = session.scalar(select(DeviceKey).where(DeviceKey.member_id == member_id, DeviceKey.kid == kid))
    return None if row is None else _state(row)


def device_keys(session: Session, member_id: int) -> Sequence[DeviceKeyState]:
    """Return all keys a member ever registered, oldest first."""
    rows = session.scalars(
        select(DeviceKey)
        .where(DeviceKey.member_id == member_id)
        .order_by(DeviceKey.created_at, DeviceKey.kid)
    )
    return [_state(row) for row in rows]


def use_of(session: Session, member_id: int, use_key: str) -> Use | None:
    """Return where a code was seen first."""
    row = session.execute(
        select(CodeUse.reference, CodeUse.used_at).where(
            CodeUse.member_id == member_id, CodeUse.code == use_key
        )
    ).first()
    return None if row is None else Use(row.reference, row.used_at)


def number_rotation(session: Session, member_id: int) -> int:
    """Return which secret of the member's number is in force."""
    return session.scalars(select(NumberState.rotation).where(NumberState.member_id == member_id)).one()


def uses_of(session: Session, member_id: int) -> Sequence[tuple[str, str, datetime]]:
    """Return a member's used codes: (code, reference, used_at), oldest first."""
    rows = session.execute(
        select(CodeUse.code, CodeUse.reference, CodeUse.used_at)
        .where(CodeUse.member_id == member_id)
        .order_by(CodeUse.used_at, CodeUse.code)
    )
    return [(row.code, row.reference, row.used_at) for row in rows]


def _state(row: DeviceKey) -> DeviceKeyState:
    return DeviceKeyState(row.member_id, row.device_id, row.kid, row.public_key, row.counter, row.status)
