"""Order again: a draft with the lines of a past sale, and what of them is not sold any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import rules, sales
from loyalty.actor import Actor
from loyalty.edits import made_now
from loyalty.orders import lines, menu, service
from loyalty.orders.policy import MOST_OPTIONS, MOST_PIECES, Content


def order_again(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    sale: str,
    draft_id: str,
    store: str | None,
    now: datetime,
) -> list[dict[str, Any]]:
    """Put the lines of one of the member's sales into a draft under an id that the device made.

    Return what is missing in it: products that are gone are left out, options that are gone are left off, and what a
    product wants to be chosen now is named (see ``LinesUnavailable``). Doing it again does no more. Raise
    ``SaleMissing``, and what ``create_draft`` raises.
    """
    bought = sales.describe(session, sale, locale=None, member_id=member_id)["lines"]
    program = rules.program_at(session, now)
    known = None if store is None else program.stores.get(store)
    common: dict[str, Any] = {
        "actor": actor,
        "member_id": member_id,
        "edit": made_now(actor.id, now),
        "now": now,
    }
    service.create_draft(session, draft_id=draft_id, store=store, **common)
    missing: list[dict[str, Any]] = []
    for line in bought:
        content = Content(
            line["sku"], tuple(line["options"][:MOST_OPTIONS]), min(line["quantity"], MOST_PIECES)
        )
        flaws = menu.unavailable(program, [(line["line"], content)], known.order_ahead if known else None)
        missing += [{**flaw, "name": line["name"]} for flaw in flaws]
        if all(flaw["reason"] != "product" for flaw in flaws):
            gone = {flaw["option"] for flaw in flaws}
            kept = Content(
                content.sku, tuple(key for key in content.options if key not in gone), content.quantity
            )
            lines.put_line(session, draft_id=draft_id, line_id=line["line"], content=kept, **common)
    return missing
