"""What happens to drafts when two members become one, when one asks for everything, and when one goes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, make_transient

from loyalty import changes
from loyalty.edits import Stamp
from loyalty.orders import queries
from loyalty.orders.models import DraftLine, DraftOrder
from loyalty.orders.policy import MOST_DRAFTS


def merge(session: Session, *, survivor: int, merged: int, now: datetime) -> None:
    """Give the survivor the merged member's open drafts, as many as fit. The caller holds both locks."""
    room = MOST_DRAFTS - len(queries.drafts_of(session, survivor))
    drafts = session.scalars(
        select(DraftOrder)
        .where(DraftOrder.member_id == merged, DraftOrder.discarded_at.is_(None))
        .order_by(DraftOrder.touched_at.desc())
    ).all()
    for draft in drafts[: max(room, 0)]:
        if session.get(DraftOrder, (survivor, draft.id)) is None:
            _move(session, draft, survivor, now)
    session.flush()
    erase(session, merged)


def _move(session: Session, draft: DraftOrder, survivor: int, now: datetime) -> None:
    lines = session.scalars(
        select(DraftLine).where(
            DraftLine.member_id == draft.member_id,
            DraftLine.draft_id == draft.id,
            DraftLine.removed_version.is_(None),
        )
    ).all()
    entities = [f"draft/{draft.id}", *(f"draft/{draft.id}/line/{line.id}" for line in lines)]
    version = changes.mark(session, survivor, *entities, now=now)
    for row in (draft, *lines):
        session.expunge(row)
        make_transient(row)
        last = row.stamp
        row.member_id = survivor
        row.stamp = Stamp(version, last.time, last.counter, last.device)
        row.dots = dict.fromkeys(row.dots, version)
        session.add(row)
        session.flush()


def export(session: Session, member_id: int) -> dict[str, Any]:
    """Return the member's drafts with their lines, as plain data (instants as ``datetime``)."""
    return {
        "drafts": [asdict(each) for each in queries.drafts_of(session, member_id)],
        "draft_lines": [asdict(each) for each in queries.draft_lines_of(session, member_id)],
    }


def erase(session: Session, member_id: int) -> None:
    """Forget the member's drafts. The caller holds the lock."""
    session.execute(delete(DraftLine).where(DraftLine.member_id == member_id))
    session.execute(delete(DraftOrder).where(DraftOrder.member_id == member_id))
