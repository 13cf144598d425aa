"""What every edit of a draft order does beside itself: find it, keep it alive, bring it back, look for room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Stamp
from loyalty.orders import policy
from loyalty.orders.models import DraftLine, DraftOrder
from loyalty.orders.policy import MOST_DRAFTS, MOST_LINES
from loyalty.orders.refusals import DraftDiscarded, DraftFull, DraftSubmitted, DraftUnknown

_MOST_LINES_EVER: Final = 5 * MOST_LINES
"""Removed lines count here: they stay so that they can be brought back."""


def begin(
    session: Session, actor: Actor, member_id: int, draft_id: str, edit: Edit, now: datetime
) -> DraftOrder:
    """Lock the member and return the draft to be edited: of a submitted one the draft that continues it.

    Raise ``DraftUnknown``, ``DraftDiscarded``, ``DraftSubmitted``.
    """
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is None:
        raise DraftUnknown
    draft = following(session, draft, edit) or _continue(session, actor, draft, edit, now)
    if draft.discarded_at is not None and knew(edit, draft.discarded_by, draft.discarded_version):
        raise DraftDiscarded
    return draft


def following(session: Session, draft: DraftOrder, edit: Edit) -> DraftOrder | None:
    """Return the draft itself, or the one that goes on with what was edited too late for its order, if there is one.

    Raise ``DraftSubmitted`` where the editor saw that it was submitted.
    """
    found: DraftOrder | None = draft
    while found is not None and found.submitted_as is not None:
        if edit.seen is not None and edit.seen >= (found.discarded_version or 0):
            raise DraftSubmitted(order=found.submitted_as)
        found = session.get(DraftOrder, (draft.member_id, policy.continued_id(found.id)))
    return found


def _continue(session: Session, actor: Actor, draft: DraftOrder, edit: Edit, now: datetime) -> DraftOrder:
    """Begin the draft that continues a submitted one."""
    member_id, draft_id = draft.member_id, draft.id
    while (known := session.get(DraftOrder, (member_id, draft_id))) is not None:
        draft_id = policy.continued_id(known.id)
    room_for_draft(session, member_id)
    return start(session, actor, member_id, draft_id, {"store": draft.store, "note": ""}, edit, now)


def start(
    session: Session,
    actor: Actor,
    member_id: int,
    draft_id: str,
    values: Mapping[str, Any],
    edit: Edit,
    now: datetime,
) -> DraftOrder:
    """Add a draft that is not there yet."""
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
    return draft


def assign(row: DraftOrder | DraftLine, values: Mapping[str, Any], stamp: Stamp) -> None:
    """Write what was edited, and by which edit."""
    for name, value in values.items():
        setattr(row, name, value)
    row.stamp = stamp


def touch(session: Session, actor: Actor, draft: DraftOrder, edit: Edit, version: int, now: datetime) -> None:
    """Keep the draft alive by this edit: a discarding that has not seen it will lose."""
    draft.dots = edits.touched(draft.dots, edit, version)
    draft.discarded_at = draft.discarded_by = draft.discarded_version = None
    session.flush()
    show_touch(session, actor, draft, edit, now)


def show_touch(session: Session, actor: Actor, draft: DraftOrder, edit: Edit, now: datetime) -> None:
    """Show who touched a draft last, if this is newer."""
    if edit.at <= draft.touched_at:
        return
    draft.touched_at, draft.touched_by, draft.touched_on = edit.at, edit.device, actor.channel
    session.flush()
    changes.mark(session, draft.member_id, f"draft/{draft.id}", now=now)


def bring_back(session: Session, draft: DraftOrder) -> list[str]:
    """Return what can be seen again when a discarded draft comes back; nothing if it was not discarded."""
    if draft.discarded_at is None:
        return []
    room_for_draft(session, draft.member_id)
    return [f"draft/{draft.id}", *present_lines(session, draft)]


def present_lines(session: Session, draft: DraftOrder) -> list[str]:
    """Return the entities of the lines that are in a draft."""
    lines = select(DraftLine.id).where(
        DraftLine.member_id == draft.member_id,
        DraftLine.draft_id == draft.id,
        DraftLine.removed_version.is_(None),
    )
    return [f"draft/{draft.id}/line/{line_id}" for line_id in session.execute(lines).scalars()]


def room_for_draft(session: Session, member_id: int) -> None:
    """Raise ``DraftFull`` where the member has as many drafts as there may be."""
    held = select(func.count()).where(DraftOrder.member_id == member_id, DraftOrder.discarded_at.is_(None))
    if session.execute(held).scalar_one() >= MOST_DRAFTS:
        raise DraftFull(most=MOST_DRAFTS)


def room_for_line(session: Session, draft: DraftOrder) -> None:
    """Raise ``DraftFull`` where the draft has, or had, as many lines as there may be."""
    removed = DraftLine.removed_version.is_not(None)
    counts = select(func.count(), func.count().filter(~removed)).where(
        DraftLine.member_id == draft.member_id, DraftLine.draft_id == draft.id
    )
    ever, present = session.execute(counts).one()
    if present >= MOST_LINES or ever >= _MOST_LINES_EVER:
        raise DraftFull(most=MOST_LINES)


def knew(edit: Edit, device: str | None, version: int | None) -> bool:
    """Tell whether an edit was made by who removed something, or after seeing that."""
    return device == edit.device or (edit.seen is not None and version is not None and edit.seen >= version)
