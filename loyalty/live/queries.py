"""Where the members of connected devices stand, and whether the devices are still welcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import psycopg
from sqlalchemy.orm import Session

from loyalty import pipeline
from loyalty.db import SOON, Batch
from loyalty.members import MemberUnknown
from loyalty.sync import epoch_of

_STANDS: Final = """
    SELECT d.id, d.member_id, a.version, a.epoch,
           CASE WHEN d.status <> 'active' THEN 'revoked'
                WHEN m.status <> 'active' OR t.ended_at IS NOT NULL OR t.expires_at <= %(now)s::timestamptz THEN 'over'
                ELSE 'welcome' END
    FROM device d
    JOIN member m ON m.member_id = d.member_id
    JOIN account a ON a.member_id = d.member_id
    LEFT JOIN refresh_token t ON t.member_id = d.member_id AND t.device_id = d.id
    WHERE d.id = ANY(%(devices)s::text[])
"""
_EPOCH: Final = "SELECT epoch FROM feed_epoch"
_STAND: Final = """
    SELECT version, epoch, coalesce((SELECT epoch FROM feed_epoch), '')
    FROM account WHERE member_id = %(member_id)s
"""

Welcome = Literal["welcome", "over", "revoked"]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a member's feed stands, in the words of the sync cursor."""

    epoch: str
    version: int


@dataclass(frozen=True, slots=True)
class Found:
    """A connected device as the database knows it: whose it is, how far they are, whether it may listen.

    ``over``: its session has ended or its member is blocked. ``revoked``: it was signed out, or is gone.
    """

    member_id: int
    stand: Stand
    welcome: Welcome


# A stream is a device that listens for a member, who may no longer be its own.
Of = tuple[int, str]
Asked = Mapping[Of, Found]
_GONE: Final = Found(0, Stand("", 0), "revoked")


def stand_of(session: Session, member_id: int) -> Stand:
    """Return where a member's feed stands, in one round trip; raise ``MemberUnknown``."""
    batch = Batch()
    batch.add(_STAND, {"member_id": member_id})
    (rows,) = batch.send(session)
    if not rows:
        raise MemberUnknown
    version, member_epoch, database_epoch = rows[0]
    return Stand(epoch_of(member_id, member_epoch, database_epoch), version)


def look_up(connection: psycopg.Connection[Any], asked: Sequence[Of], *, now: datetime) -> Asked:
    """Return each of these devices as it is now; those that the database does not know are revoked.

    One round trip, outside of any transaction.
    """
    rows, epochs = pipeline.send(
        connection,
        [(_STANDS, {"devices": [device for _, device in asked], "now": now}), (_EPOCH, ())],
        begin=False,
        longest_seconds=SOON,
    )
    database_epoch = epochs[0][0] if epochs else ""
    found = {
        device: Found(member_id, Stand(epoch_of(member_id, epoch, database_epoch), version), welcome)
        for device, member_id, version, epoch, welcome in rows
    }
    return {each: found.get(each[1], _GONE) for each in asked}
