"""Lines of a draft order: add, change and remove them; from several devices at once.

Ids come from the device. Of concurrent edits of one line the newer stands; a removal loses to an edit that it did not
see, and such an edit brings the line back (``merged``). What was edited too late for an order goes to a draft that
continues the submitted one (``merged``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Status
from loyalty.orders import policy, touching
from loyalty.orders.models import DraftLine, DraftOrder
from loyalty.orders.policy import Content
from loyalty.orders.refusals import LineRemoved, LineUnknown


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
    draft = touching.begin(session, actor, member_id, draft_id, edit, now)
    return _put(session, actor, draft, line_id, content, edit, now, asked=draft_id)


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
    draft = touching.begin(session, actor, member_id, draft_id, edit, now)
    line = session.get(DraftLine, (member_id, draft.id, line_id))
    if line is None and draft.id != draft_id:
        ordered = session.get(DraftLine, (member_id, draft_id, line_id))
        if ordered is not None:
            # Edited too late for the order: the line as it would have been is what the new draft has.
            content = replace(_content_of(ordered), **values)
            return _put(session, actor, draft, line_id, content, edit, now, asked=draft_id)
    if line is None:
        raise LineUnknown
    status = _edit_line(session, actor, draft, line, values, edit, now)
    return "merged" if status == "ok" and draft.id != draft_id else status


def remove_line(
    session: Session, *, actor: Actor, member_id: int, draft_id: str, line_id: str, edit: Edit, now: datetime
) -> Status:
    """Take a line out of the draft, unless somebody edited it whom this edit did not see."""
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    late = draft is not None and draft.submitted_as is not None
    if draft is not None and late:
        draft = touching.following(session, draft, edit)
    line = None if draft is None else session.get(DraftLine, (member_id, draft.id, line_id))
    if draft is None or line is None or line.removed_version is not None:
        return "superseded" if late else "ok"
    left = edits.unseen(line.dots, edit)
    if left:
        line.dots = left
        session.flush()
        return "superseded"
    visible = draft.discarded_at is None
    entities = (f"draft/{draft.id}/line/{line_id}",) if visible else ()
    version = changes.mark(session, member_id, *entities, now=now, deleted=True)
    line.dots = {}
    line.removed_version, line.removed_by = version, edit.device
    session.flush()
    if visible:
        touching.show_touch(session, actor, draft, edit, now)
    return "merged" if late else "ok"


def _put(
    session: Session,
    actor: Actor,
    draft: DraftOrder,
    line_id: str,
    content: Content,
    edit: Edit,
    now: datetime,
    *,
    asked: str,
) -> Status:
    """Add a line to a draft, which continues ``asked`` where that is submitted."""
    line = session.get(DraftLine, (draft.member_id, draft.id, line_id))
    values = _content(content)
    late = draft.id != asked
    if line is not None:
        status = _edit_line(session, actor, draft, line, values, edit, now)
        return "merged" if status == "ok" and late else status
    touching.room_for_line(session, draft)
    back = touching.bring_back(session, draft)
    version = changes.mark(session, draft.member_id, f"draft/{draft.id}/line/{line_id}", *back, now=now)
    line = DraftLine(
        member_id=draft.member_id,
        draft_id=draft.id,
        id=line_id,
        added_at=edit.at,
        dots=edits.touched({}, edit, version),
        **values,
    )
    line.stamp = edits.stamped(edit, None, version)
    session.add(line)
    touching.touch(session, actor, draft, edit, version, now)
    return "merged" if back or late else "ok"


def _edit_line(
    session: Session,
    actor: Actor,
    draft: DraftOrder,
    line: DraftLine,
    values: Mapping[str, Any],
    edit: Edit,
    now: datetime,
) -> Status:
    if line.removed_version is not None and touching.knew(edit, line.removed_by, line.removed_version):
        raise LineRemoved
    stands = edits.wins(edit, line.stamp)
    back = touching.bring_back(session, draft)
    brought_back = bool(back) or line.removed_version is not None
    if not stands and not brought_back:
        return "superseded"
    version = changes.mark(session, draft.member_id, f"draft/{draft.id}/line/{line.id}", *back, now=now)
    if stands:
        touching.assign(line, values, edits.stamped(edit, line.stamp, version))
    line.dots = edits.touched(line.dots, edit, version)
    line.removed_by = line.removed_version = None
    touching.touch(session, actor, draft, edit, version, now)
    return "merged" if brought_back else "ok"


def _content(content: Content) -> dict[str, Any]:
    return {
        "sku": content.sku,
        "options": list(content.options),
        "quantity": content.quantity,
        "note": content.note,
    }


def _content_of(line: DraftLine) -> Content:
    return Content(line.sku, tuple(line.options), line.quantity, line.note)
