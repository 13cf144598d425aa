"""Marking what changed: one number per member, taken under the lock of the account row.

``account.version`` grows by one in every transaction that changes anything the member can see, so a device that
holds version 1842 holds everything up to 1842.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import news
from loyalty.db import Batch, Inserts
from loyalty.errors import Missing

_COLUMNS: Final = ("member_id", "entity", "version", "deleted", "at")
_AGAIN: Final = (
    "ON CONFLICT (member_id, entity) "
    "DO UPDATE SET version = excluded.version, deleted = excluded.deleted, at = excluded.at"
)
MARK: Final = """
    INSERT INTO change (member_id, entity, version, deleted, at)
    SELECT %(member_id)s, entity, %(version)s, %(deleted)s, %(at)s
    FROM unnest(%(entities)s::text[]) AS e (entity)
    ON CONFLICT (member_id, entity)
    DO UPDATE SET version = excluded.version, deleted = excluded.deleted, at = excluded.at
"""
BUMP: Final = "UPDATE account SET version = version + 1 WHERE member_id = %(member_id)s RETURNING version"
_INFO: Final = "loyalty.changes"


class MemberMissing(Missing):
    """There is no such member."""

    code = "member_not_found"
    text = "There is no such member."


@dataclass(frozen=True, slots=True)
class Head:
    """Where a member's feed stands."""

    member_id: int
    version: int
    epoch: int


def lock(session: Session, member_id: int) -> Head:
    """Lock the member's account row for a change that moves no points or money; raise ``MemberMissing``."""
    return _head(session, member_id, " FOR NO KEY UPDATE")


def head(session: Session, member_id: int) -> Head:
    """Return where the member's feed stands, without a lock; raise ``MemberMissing``."""
    return _head(session, member_id, "")


def _head(session: Session, member_id: int, suffix: str) -> Head:
    batch = Batch()
    batch.add(
        f"SELECT member_id, version, epoch FROM account WHERE member_id = %(member_id)s{suffix}",
        {"member_id": member_id},
    )
    (rows,) = batch.send(session)
    if not rows:
        raise MemberMissing
    return Head(*rows[0])


def mark(session: Session, member_id: int, *entities: str, now: datetime, deleted: bool = False) -> int:
    """Say that these things of the member changed, and return the version of this transaction.

    The caller holds the lock of the account row. All marks of one transaction share one version.
    """
    version = _version(session, member_id)
    batch = Batch()
    batch.add(MARK, mark_parameters(member_id, version, entities, now, deleted=deleted))
    batch.send(session)
    return version


def queue(batch: Batch, member_id: int, version: int, entities: Iterable[str], now: datetime) -> None:
    """Queue the marks of a transaction that raised the member's version itself, under the lock."""
    rows = [(member_id, entity, version, False, now) for entity in sorted(entities)]
    batch.insert("change", _COLUMNS, rows, _AGAIN)


def insert_feed(inserts: Inserts, member_id: int, marks: Mapping[str, tuple[int, datetime]]) -> None:
    """Add the feed of a new member as it stands: of each thing the version and the moment of its latest change."""
    rows = [(member_id, entity, version, False, at) for entity, (version, at) in sorted(marks.items())]
    inserts.insert("change", _COLUMNS, rows)


def mark_parameters(
    member_id: int,
    version: int,
    entities: tuple[str, ...] | list[str],
    now: datetime,
    *,
    deleted: bool = False,
) -> dict[str, Any]:
    """Return the parameters of ``MARK``, for a caller who sends it in a batch of its own."""
    return {
        "member_id": member_id,
        "version": version,
        "entities": sorted(set(entities)),
        "deleted": deleted,
        "at": now,
    }


def _version(session: Session, member_id: int) -> int:
    """Raise the member's version once per transaction (and once more inside a savepoint, which may be undone)."""
    scope = (session.get_transaction(), session.get_nested_transaction())
    known: tuple[Any, dict[int, int]] | None = session.info.get(_INFO)
    if known is None or known[0] != scope:
        known = (scope, {})
        session.info[_INFO] = known
    versions = known[1]
    if member_id not in versions:
        batch = Batch()
        batch.add(BUMP, {"member_id": member_id})
        (rows,) = batch.send(session)
        if not rows:
            raise MemberMissing
        versions[member_id] = rows[0][0]
        news.raised(session, member_id, rows[0][0])
    return versions[member_id]
