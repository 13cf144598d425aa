"""Notices: what a synchronization did and a person should know on every device, until dismissed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.db import Batch
from loyalty.sync.models import Notice

KEPT: Final = timedelta(days=30)

_NOTICES: Final = """
    SELECT uid, code, data, created_at FROM notice
    WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR uid = ANY(%(only)s)) ORDER BY uid
"""
_OLD: Final = """
    SELECT member_id, array_agg(uid) FROM (
        SELECT member_id, uid FROM notice WHERE created_at < %(before)s ORDER BY created_at LIMIT %(limit)s
    ) AS old GROUP BY member_id ORDER BY member_id
"""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice; ``uid`` is the mutation that caused it, ``code`` what to say, ``data`` about what."""

    uid: str
    code: str
    data: dict[str, Any]
    at: datetime


def add(
    session: Session, *, member_id: int, uid: str, code: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Leave a notice. The caller holds the member's lock."""
    session.add(Notice(member_id=member_id, uid=uid, code=code, data=dict(data), created_at=now))
    changes.mark(session, member_id, f"notice/{uid}", now=now)


def dismiss(session: Session, *, member_id: int, uid: str, now: datetime) -> None:
    """Remove a notice from all devices; one that is gone is no error."""
    changes.lock(session, member_id)
    row = session.get(Notice, (member_id, uid))
    if row is not None:
        session.delete(row)
        changes.mark(session, member_id, f"notice/{uid}", now=now, deleted=True)


def notices_of(session: Session, member_id: int, only: Collection[str] | None = None) -> list[NoticeView]:
    """Return the notices that nobody dismissed."""
    batch = Batch()
    batch.add(_NOTICES, {"member_id": member_id, "only": None if only is None else list(only)})
    (rows,) = batch.send(session)
    return [NoticeView(*row) for row in rows]


def members_with_old(session: Session, *, now: datetime, limit: int = 1000) -> list[tuple[int, list[str]]]:
    """Return (member, uids) of notices older than 30 days: each is dismissed in a transaction of its own."""
    batch = Batch()
    batch.add(_OLD, {"before": now - KEPT, "limit": limit})
    (rows,) = batch.send(session)
    return [(member_id, uids) for member_id, uids in rows]
