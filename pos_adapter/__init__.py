"""The tills' API: ``/pos/v1``."""

from __future__ import annotations

from typing import Final

from loyalty.web.face import Face
from pos_adapter.routes import enroll, members, offline, orders, returns, sales, sessions, till, wallet

FACE: Final = Face(
    name="pos_adapter",
    prefix="/pos/v1",
    title="Regulars for tills",
    about="What a till does: enroll, sign cashiers in, scan, quote, sell, return.",
    # One line for each subject; the order is the document's.
    sections=(
        enroll.routes,
        till.routes,
        sessions.routes,
        members.routes,
        sales.routes,
        returns.routes,
        orders.routes,
        offline.routes,
        wallet.routes,
    ),
)
blueprint = FACE.blueprint(__name__)

__all__ = ["FACE", "blueprint"]
