"""An order as it is shown: plain values, the same to the member's devices and to the till."""

from __future__ import annotations

from typing import Any

from loyalty.orders import stages
from loyalty.orders.models import Order

TIMES = ("pickup_at", "placed_at", "started_at", "ready_at", "picked_up_at", "cancelled_at", "expired_at")
"""The fields of ``document_of`` that are instants (or None)."""


def document_of(order: Order) -> dict[str, Any]:
    """Return everything that is shown of an order; instants are ``datetime``, the day is written out."""
    waiting = order.state in (*stages.OPEN, "expired")
    notes = order.line_notes or {}
    return {
        "id": order.id,
        "draft": order.draft_id,
        "sale": order.sale_id,
        "number": stages.number_text(order.number),
        "store": order.store,
        "day": order.day.isoformat(),
        "state": order.state,
        "asap": order.asap,
        **{name: getattr(order, name) for name in TIMES},
        "cancelled_by": order.cancelled_by,
        "cancel_reason": order.cancel_reason or None,
        "note": order.note or "",
        "lines": [{**line, "note": notes.get(line["line"], "")} for line in order.lines],
        "currency": order.currency,
        "gross_minor": order.gross_minor,
        "discount_minor": order.discount_minor,
        "total_minor": order.total_minor,
        "earned_milli": order.earned_milli,
        "spent_milli": order.spent_milli,
        "tenders": order.tenders,
        "pickup_code": order.pickup_code if waiting else None,
        "pickup_qr": order.pickup_qr if waiting else None,
        "can_cancel": stages.allows(order.state, "cancel_by_member"),
    }
