"""Draft orders: begin one, edit it, discard it; from several devices at once.

Ids come from the device. Of concurrent edits the newer stands; a discarding loses to an edit that it did not see, and
such an edit brings the draft back (``merged``). What was edited too late for an order goes to a draft that continues
the submitted one (``merged``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Status
from loyalty.orders import policy, touching
from loyalty.orders.models import DraftOrder
from loyalty.orders.refusals import DraftDiscarded, DraftUnknown


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
    touching.room_for_draft(session, member_id)
    touching.start(session, actor, member_id, draft_id, values, edit, now)
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
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is None:
        raise DraftUnknown
    return _edit_header(session, actor, draft, values, edit, now)


def discard_draft(
    session: Session, *, actor: Actor, member_id: int, draft_id: str, edit: Edit, now: datetime
) -> Status:
    """Throw the draft away with its lines, unless somebody touched it whom this edit did not see."""
    edits.begin(session, actor=actor, member_id=member_id)
    draft = session.get(DraftOrder, (member_id, draft_id))
    if draft is not None and draft.submitted_as is not None:
        draft = touching.following(session, draft, edit)
        if draft is None:
            return "superseded"
    if draft is None or draft.discarded_at is not None:
        return "ok"
    left = edits.unseen(draft.dots, edit)
    if left:
        draft.dots = left
        session.flush()
        return "superseded"
    entities = [f"draft/{draft.id}", *touching.present_lines(session, draft)]
    draft.dots = {}
    draft.discarded_at, draft.discarded_by = now, edit.device
    session.flush()
    draft.discarded_version = changes.mark(session, member_id, *entities, now=now, deleted=True)
    session.flush()
    return "ok" if draft.id == draft_id else "merged"


def _edit_header(
    session: Session, actor: Actor, draft: DraftOrder, values: Mapping[str, Any], edit: Edit, now: datetime
) -> Status:
    asked, found = draft.id, touching.following(session, draft, edit)
    if found is None:
        return "superseded"  # where and when a submitted order is picked up is said; there is nothing to continue
    draft = found
    if draft.discarded_at is not None and touching.knew(edit, draft.discarded_by, draft.discarded_version):
        raise DraftDiscarded
    stands = edits.wins(edit, draft.stamp)
    back = touching.bring_back(session, draft)
    if not stands and not back:
        return "superseded"
    version = changes.mark(session, draft.member_id, f"draft/{draft.id}", *back, now=now)
    if stands:
        touching.assign(draft, values, edits.stamped(edit, draft.stamp, version))
    touching.touch(session, actor, draft, edit, version, now)
    return "merged" if back or draft.id != asked else "ok"


def _header(*, store: str | None, note: str) -> dict[str, Any]:
    if store is not None:
        policy.check_text(store, "/store", 64, least=1)
    policy.check_text(note, "/note", policy.LONGEST_NOTE)
    return {"store": store, "note": note}
