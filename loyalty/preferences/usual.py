"""The usual: learned from purchases, and what the member says about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty import changes, edits
from loyalty.actor import Actor
from loyalty.edits import Edit, Stamp, Status
from loyalty.preferences import policy
from loyalty.preferences.models import Usual
from loyalty.preferences.policy import Item, Purchase

# The stamp of a row that nobody edited: every edit has seen it.
_UNEDITED: Final = Stamp(version=0, time=datetime(1970, 1, 1, tzinfo=UTC), counter=0, device="")


def learn_usual(session: Session, *, member_id: int, purchases: Iterable[Purchase], now: datetime) -> bool:
    """Learn the usual of every slot from past purchases (the rule: ``policy``), and tell whether anything changed.

    Learning is no edit: what the member chose or hid stays as it is, and no edit loses to it.
    """
    learned = policy.usual_by_slot(purchases, now)
    changes.lock(session, member_id)
    rows = _rows(session, member_id)
    changed: list[str] = []
    for slot, items in learned.items():
        suggested = _stored(items)
        row = rows.get(slot)
        if suggested == (row.suggested if row is not None else []):
            continue
        if row is None:
            row = _new(session, member_id, slot)
        row.suggested = suggested
        changed.append(f"usual/{slot}")
    if changed:
        session.flush()
        changes.mark(session, member_id, *changed, now=now)
    return bool(changed)


def set_usual(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    slot: str,
    items: Sequence[Item],
    edit: Edit,
    now: datetime,
) -> Status:
    """Say what the usual of a slot is, and show it; of concurrent edits of the slot the newer stands."""
    chosen = _stored(policy.check_items(items))
    return _edit(session, actor, member_id, slot, {"chosen": chosen, "hidden": False}, edit, now)


def forget_chosen_usual(
    session: Session, *, actor: Actor, member_id: int, slot: str, edit: Edit, now: datetime
) -> Status:
    """Go back to what past purchases say."""
    return _edit(session, actor, member_id, slot, {"chosen": None}, edit, now)


def hide_usual(
    session: Session, *, actor: Actor, member_id: int, slot: str, edit: Edit, now: datetime
) -> Status:
    """Show the usual of a slot nowhere until the member shows it again."""
    return _edit(session, actor, member_id, slot, {"hidden": True}, edit, now)


def show_usual(
    session: Session, *, actor: Actor, member_id: int, slot: str, edit: Edit, now: datetime
) -> Status:
    """Show the usual of a slot again."""
    return _edit(session, actor, member_id, slot, {"hidden": False}, edit, now)


def _edit(
    session: Session,
    actor: Actor,
    member_id: int,
    slot: str,
    values: Mapping[str, Any],
    edit: Edit,
    now: datetime,
) -> Status:
    policy.check_slot(slot)
    edits.begin(session, actor=actor, member_id=member_id)
    row = session.get(Usual, (member_id, slot))
    last = row.stamp if row is not None and row.version else None
    if not edits.wins(edit, last):
        return "superseded"
    version = changes.mark(session, member_id, f"usual/{slot}", now=now)
    if row is None:
        row = _new(session, member_id, slot)
    for name, value in values.items():
        setattr(row, name, value)
    row.stamp = edits.stamped(edit, last, version)
    session.flush()
    return "ok"


def _rows(session: Session, member_id: int) -> dict[str, Usual]:
    found = session.execute(select(Usual).where(Usual.member_id == member_id)).scalars()
    return {row.slot: row for row in found}


def _new(session: Session, member_id: int, slot: str) -> Usual:
    row = Usual(member_id=member_id, slot=slot, suggested=[], chosen=None, hidden=False)
    row.stamp = _UNEDITED
    session.add(row)
    return row


def _stored(items: Iterable[Item]) -> list[Any]:
    return [{"sku": item.sku, "options": list(item.options), "quantity": item.quantity} for item in items]
