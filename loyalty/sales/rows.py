"""One request on its way, and a decided sale as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loyalty.actor import Actor
from loyalty.jsontext import dumps
from loyalty.record import record
from loyalty.sales.consequences import Moment
from loyalty.sales.purchase import Decision
from loyalty.sales.requests import SaleRequest
from loyalty.sales.state import State


@record
class Asked:
    """One request on its way: who asks for what, when, and how a retry of it is known."""

    actor: Actor
    request: SaleRequest
    sale: str
    at: datetime
    now: datetime
    key: str = ""
    digest: bytes = b""
    late: bool = False

    @property
    def reference(self) -> str:
        """Return the name of the sale in ledger and codes."""
        return f"sale:{self.sale}"

    @property
    def moment(self) -> Moment:
        """Return when and by what the effects happen."""
        return Moment(self.at, self.now, self.reference, self.sale)


def sale_rows(loaded: State, decision: Decision, asked: Asked) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a decided sale as its row of ``sale`` and its rows of ``sale_line``."""
    said, payment, made = decision.said, decision.payment, decision.basket
    tenders = [
        {"kind": t.kind, "amount_minor": t.amount_minor, "reference": t.reference, "refunded_minor": 0}
        for t in payment.tenders
    ]
    if payment.due_minor:
        tenders.append(
            {"kind": "other", "amount_minor": payment.due_minor, "reference": None, "refunded_minor": 0}
        )
    outcomes = {line.line: line for line in said.lines}
    row = {
        "member_id": loaded.member_id,
        "id": asked.sale,
        "channel": made.channel,
        "store": made.store,
        "till": asked.actor.id if asked.actor.kind in ("till", "vendor") else None,
        "staff": asked.actor.staff_id,
        "occurred_at": asked.at,
        "recorded_at": asked.now,
        "program_version": loaded.program.version,
        "tier": (loaded.standing.tier_then or decision.tier_before) if loaded.standing else None,
        "gross_minor": said.gross_minor,
        "discount_minor": said.discount_minor,
        "total_minor": said.total_minor,
        "earned_milli": said.earned_milli,
        "spent_milli": said.spent_milli,
        "offline": asked.late,
        "tenders": dumps(tenders),
        "effects": dumps(
            {**decision.done.record, "tags": sorted(made.tags), "risk_minor": decision.risk_minor}
        ),
        "seq": loaded.books.account.seq if loaded.books else None,
    }
    lines = [
        {
            "line": line.id,
            "position": place,
            "sku": line.sku,
            "name": line.name,
            "kind": line.kind,
            "category": line.category,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "discount_minor": outcomes[line.id].discount_minor,
            "net_minor": outcomes[line.id].net_minor,
            "options": list(line.options),
            "tags": sorted(line.tags),
        }
        for place, line in enumerate(made.lines)
    ]
    return row, lines
