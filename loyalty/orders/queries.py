"""Every question asked of draft orders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.orders.models import DraftOrder
from loyalty.orders.policy import Content, continued_id


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it stands; ``touched_by`` is the device and ``touched_on`` the channel of the last act on it."""

    id: str
    store: str | None
    note: str
    created_at: datetime
    touched_at: datetime
    touched_by: str
    touched_on: str
    version: int


@dataclass(frozen=True, slots=True)
class DraftLineView:
    """A line of a draft as it stands."""

    draft: str
    id: str
    content: Content
    added_at: datetime
    at: datetime
    version: int


_DRAFTS: Final = """
    SELECT id, store, note, created_at, touched_at, touched_by, touched_on, version FROM draft_order
    WHERE member_id = %(member_id)s AND discarded_at IS NULL
      AND (%(only)s::text[] IS NULL OR id = ANY(%(only)s)) ORDER BY created_at, id
"""
_LINES: Final = """
    SELECT l.draft_id, l.id, l.sku, l.options, l.quantity, l.note, l.added_at, l.edited_at, l.version
    FROM draft_line l JOIN draft_order d ON d.member_id = l.member_id AND d.id = l.draft_id
    WHERE l.member_id = %(member_id)s AND l.removed_version IS NULL AND d.discarded_at IS NULL
      AND (%(only)s::text[] IS NULL OR l.draft_id = ANY(%(only)s)) ORDER BY l.draft_id, l.added_at, l.id
"""


def drafts_of(session: Session, member_id: int, only: Collection[str] | None = None) -> list[DraftView]:
    """Return the drafts that are not discarded, oldest first; ``only`` names drafts to look at."""
    batch = Batch()
    batch.add(_DRAFTS, {"member_id": member_id, "only": None if only is None else list(only)})
    (rows,) = batch.send(session)
    return [DraftView(*row) for row in rows]


def continued(session: Session, member_id: int, draft_id: str) -> tuple[str, str] | None:
    """Return (order, draft) of a submitted draft: what it became, and which one goes on with what came too late."""
    order = None
    while (draft := session.get(DraftOrder, (member_id, draft_id))) is not None and draft.submitted_as:
        order = draft.submitted_as
        draft_id = continued_id(draft.id)
    return None if order is None else (order, draft_id)


def draft_lines_of(
    session: Session, member_id: int, only: Collection[str] | None = None
) -> list[DraftLineView]:
    """Return the lines of these drafts (``None``: of all), in the order in which they were added."""
    batch = Batch()
    batch.add(_LINES, {"member_id": member_id, "only": None if only is None else list(only)})
    (rows,) = batch.send(session)
    return [
        DraftLineView(
            draft, line_id, Content(sku, tuple(options), quantity, note), added_at, edited_at, version
        )
        for draft, line_id, sku, options, quantity, note, added_at, edited_at, version in rows
    ]
