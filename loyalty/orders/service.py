"""Draft orders: begin one, add, change and remove lines, discard it; from several devices at once.

Ids come from the device. Of concurrent edits of one line the newer stands; a removal or discarding loses to an edit
that it did not see, and such an edit brings the thing back (``merged``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Stamp, Status
from loyalty.errors import Missing, Refused
from loyalty.orders import policy
from loyalty.orders.models import DraftLine, DraftOrder
from loyalty.orders.policy import MOST_DRAFTS, MOST_LINES, Content

_MOST_LINES_EVER: Final = 5 * MOST_LINES
"""Removed lines count here: they stay so that they can be brought back."""


class DraftUnknown(Missing):
    """The member has no such draft, or it was discarded long ago."""

    code = "draft_not_found"
    text = "There is no such draft order."


class DraftDiscarded(Refused):
    """The draft was discarded, and the caller knew."""

    code = "draft_discarded"
    text = "This draft order was discarded."


class LineUnknown(Missing):
    """The draft has no such line."""

    code = "line_not_found"
    text = "The draft order has no such line."


class LineRemoved(Refused):
    """The line was removed, and the caller knew."""

    code = "line_removed"
    text = "This line was removed."


class DraftFull(Refused):
    """As many drafts, or lines in one, as there may be."""

    code = "draft_full"
    text = "At most {most} of these can be kept."


def create_draft(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    draft_id: str,
    store: str | None,
    note: str = "",
    edit: Edit,
    now: datetime,
) -> Status:
    """Begin a draft under an id that the device made; an id that is there already is edited instead."""
    policy.check_id(draft_id, "/draft")
    values = _header(store=store, note=note)
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is not None:
        return _edit_header(session, actor, draft, values, edit, now)
    _room_for_draft(session, member_id)
    version = changes.mark(session, member_id, f"draft/{draft_id}", now=now)
    draft = DraftOrder(
        member_id=member_id,
        id=draft_id,
        created_at=edit.at,
        touched_at=edit.at,
        touched_by=edit.device,
        touched_on=actor.channel,
        dots=edits.touched({}, edit, version),
        **values,
    )
    draft.stamp = edits.stamped(edit, None, version)
    session.add(draft)
    session.flush()
    return "ok"


def edit_draft(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    draft_id: str,
    store: str | None,
    note: str = "",
    edit: Edit,
    now: datetime,
) -> Status:
    """Say where the draft is to be picked up, and its note; of concurrent edits the newer stands."""
    values = _header(store=store, note=note)
    draft = _begin(session, actor, member_id, draft_id, edit)
    return _edit_header(session, actor, draft, values, edit, now)


def discard_draft(
    session: Session, *, actor: Actor, member_id: int, draft_id: str, edit: Edit, now: datetime
) -> Status:
    """Throw the draft away with its lines, unless somebody touched it whom this edit did not see."""
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is None or draft.discarded_at is not None:
        return "ok"
    left = edits.unseen(draft.dots, edit)
    if left:
        draft.dots = left
        session.flush()
        return "superseded"
    entities = [f"draft/{draft_id}", *_present_lines(session, draft)]
    draft.dots = {}
    draft.discarded_at, draft.discarded_by = now, edit.device
    session.flush()
    draft.discarded_version = changes.mark(session, member_id, *entities, now=now, deleted=True)
    session.flush()
    return "ok"


def put_line(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    draft_id: str,
    line_id: str,
    content: Content,
    edit: Edit,
    now: datetime,
) -> Status:
    """Add a line under an id that the device made: it conflicts with nothing. A line that is there is edited."""
    policy.check_id(line_id, "/line")
    policy.check_content(content)
    draft = _begin(session, actor, member_id, draft_id, edit)
    line = session.get(DraftLine, (member_id, draft_id, line_id))
    values = _content(content)
    if line is not None:
        return _edit_line(session, actor, draft, line, values, edit, now)
    _room_for_line(session, draft)
    back = _bring_back(session, draft)
    version = changes.mark(session, member_id, f"draft/{draft_id}/line/{line_id}", *back, now=now)
    line = DraftLine(
        member_id=member_id,
        draft_id=draft_id,
        id=line_id,
        added_at=edit.at,
        dots=edits.touched({}, edit, version),
        **values,
    )
    line.stamp = edits.stamped(edit, None, version)
    session.add(line)
    _touch(session, actor, draft, edit, version, now)
    return "merged" if back else "ok"


def edit_line(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    draft_id: str,
    line_id: str,
    values: Mapping[str, Any],
    edit: Edit,
    now: datetime,
) -> Status:
    """Change ``quantity``, ``options``, ``note`` of a line (those in ``values``); the newer edit stands."""
    if "options" in values:
        policy.check_options(values["options"])
    if "quantity" in values:
        policy.check_quantity(values["quantity"])
    if "note" in values:
        policy.check_text(values["note"], "/note", policy.LONGEST_NOTE)
    draft = _begin(session, actor, member_id, draft_id, edit)
    line = session.get(DraftLine, (member_id, draft_id, line_id))
    if line is None:
        raise LineUnknown
    return _edit_line(session, actor, draft, line, values, edit, now)


def remove_line(
    session: Session, *, actor: Actor, member_id: int, draft_id: str, line_id: str, edit: Edit, now: datetime
) -> Status:
    """Take a line out of the draft, unless somebody edited it whom this edit did not see."""
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    line = session.get(DraftLine, (member_id, draft_id, line_id))
    if draft is None or line is None or line.removed_version is not None:
        return "ok"
    left = edits.unseen(line.dots, edit)
    if left:
        line.dots = left
        session.flush()
        return "superseded"
    visible = draft.discarded_at is None
    entities = (f"draft/{draft_id}/line/{line_id}",) if visible else ()
    version = changes.mark(session, member_id, *entities, now=now, deleted=True)
    line.dots = {}
    line.removed_version, line.removed_by = version, edit.device
    session.flush()
    if visible:
        _show_touch(session, actor, draft, edit, now)
    return "ok"


def _begin(session: Session, actor: Actor, member_id: int, draft_id: str, edit: Edit) -> DraftOrder:
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is None:
        raise DraftUnknown
    if draft.discarded_at is not None and _knew(edit, draft.discarded_by, draft.discarded_version):
        raise DraftDiscarded
    return draft


def _edit_header(
    session: Session, actor: Actor, draft: DraftOrder, values: Mapping[str, Any], edit: Edit, now: datetime
) -> Status:
    if draft.discarded_at is not None and _knew(edit, draft.discarded_by, draft.discarded_version):
        raise DraftDiscarded
    stands = edits.wins(edit, draft.stamp)
    back = _bring_back(session, draft)
    if not stands and not back:
        return "superseded"
    version = changes.mark(session, draft.member_id, f"draft/{draft.id}", *back, now=now)
    if stands:
        _assign(draft, values, edits.stamped(edit, draft.stamp, version))
    _touch(session, actor, draft, edit, version, now)
    return "merged" if back else "ok"


def _edit_line(
    session: Session,
    actor: Actor,
    draft: DraftOrder,
    line: DraftLine,
    values: Mapping[str, Any],
    edit: Edit,
    now: datetime,
) -> Status:
    if line.removed_version is not None and _knew(edit, line.removed_by, line.removed_version):
        raise LineRemoved
    stands = edits.wins(edit, line.stamp)
    back = _bring_back(session, draft)
    brought_back = bool(back) or line.removed_version is not None
    if not stands and not brought_back:
        return "superseded"
    version = changes.mark(session, draft.member_id, f"draft/{draft.id}/line/{line.id}", *back, now=now)
    if stands:
        _assign(line, values, edits.stamped(edit, line.stamp, version))
    line.dots = edits.touched(line.dots, edit, version)
    line.removed_by = line.removed_version = None
    _touch(session, actor, draft, edit, version, now)
    return "merged" if brought_back else "ok"


def _assign(row: DraftOrder | DraftLine, values: Mapping[str, Any], stamp: Stamp) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.stamp = stamp


def _touch(
    session: Session, actor: Actor, draft: DraftOrder, edit: Edit, version: int, now: datetime
) -> None:
    """Keep the draft alive by this edit: a discarding that has not seen it will lose."""
    draft.dots = edits.touched(draft.dots, edit, version)
    draft.discarded_at = draft.discarded_by = draft.discarded_version = None
    session.flush()
    _show_touch(session, actor, draft, edit, now)


def _show_touch(session: Session, actor: Actor, draft: DraftOrder, edit: Edit, now: datetime) -> None:
    if edit.at <= draft.touched_at:
        return
    draft.touched_at, draft.touched_by, draft.touched_on = edit.at, edit.device, actor.channel
    session.flush()
    changes.mark(session, draft.member_id, f"draft/{draft.id}", now=now)


def _bring_back(session: Session, draft: DraftOrder) -> list[str]:
    """Return what can be seen again when a discarded draft comes back; nothing if it was not discarded."""
    if draft.discarded_at is None:
        return []
    _room_for_draft(session, draft.member_id)
    return [f"draft/{draft.id}", *_present_lines(session, draft)]


def _present_lines(session: Session, draft: DraftOrder) -> list[str]:
    lines = select(DraftLine.id).where(
        DraftLine.member_id == draft.member_id,
        DraftLine.draft_id == draft.id,
        DraftLine.removed_version.is_(None),
    )
    return [f"draft/{draft.id}/line/{line_id}" for line_id in session.execute(lines).scalars()]


def _room_for_draft(session: Session, member_id: int) -> None:
    held = select(func.count()).where(DraftOrder.member_id == member_id, DraftOrder.discarded_at.is_(None))
    if session.execute(held).scalar_one() >= MOST_DRAFTS:
        raise DraftFull(most=MOST_DRAFTS)


def _room_for_line(session: Session, draft: DraftOrder) -> None:
    removed = DraftLine.removed_version.is_not(None)
    counts = select(func.count(), func.count().filter(~removed)).where(
        DraftLine.member_id == draft.member_id, DraftLine.draft_id == draft.id
    )
    ever, present = session.execute(counts).one()
    if present >= MOST_LINES or ever >= _MOST_LINES_EVER:
        raise DraftFull(most=MOST_LINES)


def _knew(edit: Edit, device: str | None, version: int | None) -> bool:
    return device == edit.device or (edit.seen is not None and version is not None and edit.seen >= version)


def _header(*, store: str | None, note: str) -> dict[str, Any]:
    if store is not None:
        policy.check_text(store, "/store", 64, least=1)
    policy.check_text(note, "/note", policy.LONGEST_NOTE)
    return {"store": store, "note": note}


def _content(content: Content) -> dict[str, Any]:
    return {
        "sku": content.sku,
        "options": list(content.options),
        "quantity": content.quantity,
        "note": content.note,
    }
