"""Work outside requests: tombstones beyond the horizon go, old notices go, a restored database gets a new epoch."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.db import Batch
from loyalty.sync import notices, policy, queries

_HORIZON: Final = """
    INSERT INTO feed_horizon (member_id, version)
    SELECT member_id, max(version) FROM change
    WHERE member_id = %(member_id)s AND deleted AND at < %(before)s GROUP BY member_id
    ON CONFLICT (member_id) DO UPDATE SET version = greatest(feed_horizon.version, excluded.version)
"""
_PURGE: Final = (
    "DELETE FROM change WHERE member_id = %(member_id)s AND deleted AND at < %(before)s RETURNING 1"
)
# Another cluster, database or timeline: this database does not continue the one whose epoch it carries.
_LINEAGE: Final = """
    SELECT (SELECT system_identifier FROM pg_control_system()) || ':' ||
           (SELECT oid FROM pg_database WHERE datname = current_database()) || ':' ||
           (SELECT timeline_id FROM pg_control_checkpoint())
"""
_READ_EPOCH: Final = "SELECT epoch, lineage FROM feed_epoch FOR UPDATE"
_WRITE_EPOCH: Final = """
    INSERT INTO feed_epoch (id, epoch, lineage, since) VALUES (1, %(epoch)s, %(lineage)s, %(now)s)
    ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, lineage = excluded.lineage, since = excluded.since
"""
_LAST_FAILURES: Final = (
    "DELETE FROM mutation_failure WHERE parked_at IS NULL AND failed_at < %(before)s RETURNING 1"
)


def members_to_purge(
    session: Session, *, now: datetime, after: int = 0, limit: int = 1000
) -> tuple[list[int], int | None]:
    """Return members of whom tombstones are older than 90 days, and where to go on (``None``: nowhere).

    Each is purged by ``purge_tombstones`` in a transaction of its own.
    """
    return queries.old_tombstones(session, before=now - policy.HORIZON, after=after, limit=limit)


def purge_tombstones(session: Session, *, member_id: int, now: datetime) -> int:
    """Forget what was deleted more than 90 days ago; devices with an older cursor will start again."""
    changes.lock(session, member_id)
    of = {"member_id": member_id, "before": now - policy.HORIZON}
    batch = Batch()
    batch.add(_HORIZON, of)
    batch.add(_PURGE, of)
    _, purged = batch.send(session)
    return len(purged)


def dismiss_old_notices(session: Session, *, member_id: int, uids: list[str], now: datetime) -> None:
    """Remove notices that nobody dismissed in 30 days (``notices.members_with_old`` names them)."""
    for uid in uids:
        notices.dismiss(session, member_id=member_id, uid=uid, now=now)


def forget_failures(session: Session, *, now: datetime) -> int:
    """Forget failures of mutations that were not sent again within 90 days; parked ones stay."""
    batch = Batch()
    batch.add(_LAST_FAILURES, {"before": now - policy.HORIZON})
    (rows,) = batch.send(session)
    return len(rows)


def confirm_epoch(session: Session, *, now: datetime) -> str:
    """Return the epoch of this database; begin a new one if it was restored or moved. Call it at every start.

    A backup that was restored on another cluster, under another database, or to a point in time has another lineage
    than the one written here. One that was copied back file by file has not: then call ``begin_epoch``.
    """
    batch = Batch()
    batch.add(_LINEAGE)
    batch.add(_READ_EPOCH)
    lineages, rows = batch.send(session)
    if rows and rows[0][1] == lineages[0][0]:
        return rows[0][0]
    return begin_epoch(session, now=now)


def begin_epoch(session: Session, *, now: datetime) -> str:
    """Begin a new epoch: every device starts again with a snapshot and keeps its queue."""
    epoch = secrets.token_hex(8)
    batch = Batch()
    batch.add(_LINEAGE)
    ((lineage,),) = batch.send(session)[0]
    batch = Batch()
    batch.add(_WRITE_EPOCH, {"epoch": epoch, "lineage": lineage, "now": now})
    batch.send(session)
    return epoch
