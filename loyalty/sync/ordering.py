"""Documents of drafts, their lines and the orders they become."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from loyalty import orders
from loyalty.clock import rfc3339
from loyalty.sync.protocol import Document

Keys = Collection[str] | None


def draft(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Load drafts (``<id>``) and lines (``<id>/line/<id>``): lines are looked up by the drafts they are in."""
    lines = None if keys is None else {key.partition("/")[0] for key in keys if "/" in key}
    heads = None if keys is None else [key for key in keys if "/" not in key]
    found: dict[str, Document] = {}
    if heads is None or heads:
        found.update((each.id, _draft_document(each)) for each in orders.drafts_of(session, member_id, heads))
    if lines is None or lines:
        for line in orders.draft_lines_of(session, member_id, lines):
            key = f"{line.draft}/line/{line.id}"
            if keys is None or key in keys:
                found[key] = _line_document(line)
    return found


def _draft_document(draft: orders.DraftView) -> Document:
    return {
        "id": draft.id,
        "store": draft.store,
        "note": draft.note,
        "created_at": rfc3339(draft.created_at),
        "touched_at": rfc3339(draft.touched_at),
        "touched_by": draft.touched_by,
        "touched_on": draft.touched_on,
        "version": draft.version,
    }


def _line_document(line: orders.DraftLineView) -> Document:
    content = line.content
    return {
        "draft": line.draft,
        "id": line.id,
        "sku": content.sku,
        "options": list(content.options),
        "quantity": content.quantity,
        "note": content.note,
        "added_at": rfc3339(line.added_at),
        "at": rfc3339(line.at),
        "version": line.version,
    }


def order(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    """Return orders: all open ones and the newest 20 (older ones are paged, not synchronized), or these."""
    return {
        found["id"]: {
            **found,
            **{name: rfc3339(found[name]) for name in orders.TIMES},
        }
        for found in orders.orders_of(session, member_id, keys)
    }
