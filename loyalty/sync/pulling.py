"""What a device is told: what changed since its cursor, or everything page by page. Runs in a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.sync import documents, policy, queries
from loyalty.sync.admission import admitted, member_of
from loyalty.sync.protocol import MOST_DOCUMENTS, Cursor, Page

_NOTHING: Final = 2**62
"""As a version to go on from: no change lies behind it."""


def pull(session: Session, *, actor: Actor, cursor: Cursor | None) -> Page:
    """Return what changed since the cursor, or the first page of everything. Run it in a snapshot.

    Raise ``DeviceRevoked``, ``SessionExpired``, ``MemberUnknown``.
    """
    member_id = member_of(actor)
    after = cursor.version if cursor is not None else _NOTHING
    found, changed = queries.changes_since(session, member_id, actor.id, after, MOST_DOCUMENTS + 1)
    stand = admitted(found)
    if policy.needs_reset(cursor, epoch=stand.epoch, version=stand.version, horizon=stand.horizon):
        start = Cursor(stand.epoch, stand.version)
        return replace(_snapshot_page(session, member_id, start, after=""), reset=True)
    assert cursor is not None
    if cursor.after is not None:
        return _snapshot_page(session, member_id, Cursor(cursor.epoch, cursor.version), after=cursor.after)
    return _changes_page(session, member_id, cursor, stand.version, changed)


def _changes_page(
    session: Session, member_id: int, cursor: Cursor, version: int, found: Sequence[tuple[str, int, bool]]
) -> Page:
    if cursor.version == version:
        return Page(cursor)
    more = len(found) > MOST_DOCUMENTS
    if more:
        found = _whole_versions(session, member_id, found[:MOST_DOCUMENTS])
    reached = found[-1][1] if more else version
    documents_of = documents.load(session, member_id, [entity for entity, _, deleted in found if not deleted])
    gone = tuple(
        entity for entity, _, _ in found if entity not in documents_of and documents.is_known(entity)
    )
    return Page(
        Cursor(cursor.epoch, reached), more=more and reached < version, put=documents_of, deleted=gone
    )


def _whole_versions(
    session: Session, member_id: int, found: Sequence[tuple[str, int, bool]]
) -> Sequence[tuple[str, int, bool]]:
    """Complete the last version: what one transaction changed is told together."""
    last = found[-1][1]
    return [
        *(change for change in found if change[1] < last),
        *queries.changes_of_version(session, member_id, last),
    ]


def _snapshot_page(session: Session, member_id: int, start: Cursor, *, after: str) -> Page:
    """Return documents after ``after`` in the order of their entities.

    Between pages things may change: after the last page the device asks for the changes since the first one's
    version, and shows nothing before it has them (``more``).
    """
    everything = documents.load_all(session, member_id)
    rest = sorted(entity for entity in everything if entity > after)
    part = rest[:MOST_DOCUMENTS]
    put = {entity: everything[entity] for entity in part}
    if len(rest) > len(part):
        return Page(replace(start, after=part[-1]), more=True, put=put)
    return Page(start, more=bool(after), put=put)
