"""Every question asked of the feed and of what devices sent before; and of things no other feature tells about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.sync.policy import Known, epoch_of
from loyalty.sync.protocol import Result

# One row: is the device still the member's, and where does the feed stand?
_STAND: Final = """
    SELECT a.version, a.epoch, coalesce((SELECT epoch FROM feed_epoch), ''),
           coalesce((SELECT h.version FROM feed_horizon h WHERE h.member_id = a.member_id), 0),
           (SELECT d.status FROM device d WHERE d.member_id = a.member_id AND d.id = %(device)s)
    FROM account a WHERE a.member_id = %(member_id)s
"""
_CHANGES: Final = """
    SELECT entity, version, deleted FROM change
    WHERE member_id = %(member_id)s AND version > %(after)s ORDER BY version, entity LIMIT %(limit)s
"""
_CHANGES_OF_VERSION: Final = """
    SELECT entity, version, deleted FROM change
    WHERE member_id = %(member_id)s AND version = %(version)s ORDER BY entity
"""
_KNOWN: Final = """
    SELECT uid, number, status, code, version, device_id, args_hash FROM mutation_outcome
    WHERE member_id = %(member_id)s AND uid = ANY(%(uids)s)
"""
_LAST_NUMBER: Final = """
    SELECT last_number FROM device_queue WHERE member_id = %(member_id)s AND device_id = %(device)s
"""
_FAILURES: Final = """
    SELECT uid, tries FROM mutation_failure
    WHERE member_id = %(member_id)s AND uid = ANY(%(uids)s) AND parked_at IS NULL
"""
_BALANCE: Final = """
    SELECT a.points_milli, a.held_milli, a.owed_milli, a.seq,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(l.expires_at, l.milli)
                                      ORDER BY l.expires_at), '[]')
            FROM (SELECT expires_at, sum(free_milli)::bigint AS milli FROM lot
                  WHERE member_id = a.member_id AND NOT closed AND expires_at IS NOT NULL AND free_milli > 0
                  GROUP BY expires_at ORDER BY expires_at LIMIT 60) AS l)
    FROM account a WHERE a.member_id = %(member_id)s
"""
_WALLET: Final = """
    SELECT wallet_minor, wallet_held_minor, wallet_limit_minor FROM account WHERE member_id = %(member_id)s
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a member's feed stands, and the status of the asking device (``None``: it is not the member's)."""

    version: int
    epoch: str
    horizon: int
    device_status: str | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Points as they are booked; ``expiring`` is free points by the instant at which they lapse, the next 60."""

    points_milli: int
    held_milli: int
    owed_milli: int
    seq: int
    expiring: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Wallet:
    """Stored value as it is booked."""

    balance_minor: int
    held_minor: int
    limit_minor: int


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a device and of the uids it sends."""

    known: dict[str, Known]
    last_number: int
    failures: dict[str, int]


def stand_of(session: Session, member_id: int, device: str) -> Stand | None:
    """Return where the member's feed stands; ``None`` if there is no such member."""
    batch = Batch()
    batch.add(_STAND, {"member_id": member_id, "device": device})
    (rows,) = batch.send(session)
    return _stand(rows, member_id)


def changes_since(
    session: Session, member_id: int, device: str, after: int, limit: int
) -> tuple[Stand | None, Sequence[tuple[str, int, bool]]]:
    """Return where the feed stands and (entity, version, deleted) of what changed after a version, in one round trip.

    By rising version, at most ``limit``. Both are of one moment in a snapshot only.
    """
    batch = Batch()
    batch.add(_STAND, {"member_id": member_id, "device": device})
    batch.add(_CHANGES, {"member_id": member_id, "after": after, "limit": limit})
    stands, rows = batch.send(session)
    return _stand(stands, member_id), [(entity, version, deleted) for entity, version, deleted in rows]


def _stand(rows: Sequence[Sequence[Any]], member_id: int) -> Stand | None:
    if not rows:
        return None
    version, member_epoch, database_epoch, horizon, status = rows[0]
    return Stand(version, epoch_of(member_id, member_epoch, database_epoch), horizon, status)


def changes_of_version(session: Session, member_id: int, version: int) -> Sequence[tuple[str, int, bool]]:
    """Return what was last changed by the transaction of one version."""
    batch = Batch()
    batch.add(_CHANGES_OF_VERSION, {"member_id": member_id, "version": version})
    (rows,) = batch.send(session)
    return [(entity, found, deleted) for entity, found, deleted in rows]


def sent_before(session: Session, member_id: int, device: str, uids: Sequence[str]) -> Before:
    """Return the outcomes of these uids, the device's last number, and at what the server failed; one round trip."""
    of = {"member_id": member_id, "device": device, "uids": list(uids)}
    batch = Batch()
    for statement in (_KNOWN, _LAST_NUMBER, _FAILURES):
        batch.add(statement, of)
    known, last, rows = batch.send(session)
    failures: list[tuple[str, int]] = [(uid, tries) for uid, tries in rows]
    return Before(
        known={
            uid: Known(device_id, number, bytes(hashed), Result(uid, number, status, code, version))
            for uid, number, status, code, version, device_id, hashed in known
        },
        last_number=last[0][0] if last else 0,
        failures=dict(failures),
    )


def balance_of(session: Session, member_id: int) -> Balance | None:
    """Return the member's points as booked."""
    batch = Batch()
    batch.add(_BALANCE, {"member_id": member_id})
    (rows,) = batch.send(session)
    if not rows:
        return None
    points, held, owed, seq, expiring = rows[0]
    return Balance(
        points, held, owed, seq, tuple((datetime.fromisoformat(at), milli) for at, milli in expiring)
    )


def wallet_of(session: Session, member_id: int) -> Wallet | None:
    """Return the member's stored value as booked."""
    batch = Batch()
    batch.add(_WALLET, {"member_id": member_id})
    (rows,) = batch.send(session)
    return Wallet(*rows[0]) if rows else None


# Walks the members, a part at a time: the feed has no index on time, and needs none for anything else.
_PURGEABLE: Final = """
    SELECT a.member_id,
           EXISTS (SELECT FROM change c WHERE c.member_id = a.member_id AND c.deleted AND c.at < %(before)s)
    FROM account a WHERE a.member_id > %(after)s ORDER BY a.member_id LIMIT %(limit)s
"""


def old_tombstones(
    session: Session, *, before: datetime, after: int, limit: int
) -> tuple[list[int], int | None]:
    """Look at ``limit`` members above ``after``: whose feed has tombstones from before an instant, and the last one.

    The last one is ``None`` where there are no more members.
    """
    batch = Batch()
    batch.add(_PURGEABLE, {"before": before, "after": after, "limit": limit})
    (rows,) = batch.send(session)
    return [member_id for member_id, found in rows if found], rows[-1][0] if len(rows) == limit else None
