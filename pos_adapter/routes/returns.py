"""Take goods back whose sale nobody knows."""

from __future__ import annotations

from typing import Final

from loyalty import sales
from loyalty.db import transaction
from loyalty.sales import refusals
from loyalty.web.api import Call, Routes
from loyalty.web.baskets import LineIn, lines_of
from loyalty.web.fields import Choice, Instant, Many, Text
from loyalty.web.receipts import ReturnOut
from pos_adapter.who import CASHIER
from pos_adapter.whom import WHOM_ERRORS, Shown, anybody_of

routes: Final = Routes("Returns", "Take goods back without their receipt.")


class GoodsBackIn(Shown):
    """What comes back without its receipt, who brings it (nobody, or somebody scanned), how the money goes back."""

    lines = Many(LineIn, max=200, min=1, required=True)
    refund = Choice(
        ("cash", "wallet", "card", "other"), load_default="cash", about="How the money goes back."
    )
    reason = Text(max=200, load_default="", about="Why, for the record: nothing personal.")
    occurred_at = Instant(allow_none=True, load_default=None)


@routes.post(
    "/returns",
    summary="Take goods back without their receipt",
    who=CASHIER,
    needs="sales.return_without_receipt",
    body=GoodsBackIn,
    answers={200: ReturnOut},
    errors=(
        *WHOM_ERRORS,
        refusals.ReturnNeedsReceipt,
        refusals.NobodyScanned,
        refusals.MemberBlocked,
        refusals.TimeInFuture,
        refusals.KeyReused,
    ),
    idempotent=True,
)
def take_goods_back(call: Call) -> object:
    """Take goods back as the program's `return_without_receipt` allows.

    Whoever was scanned loses the points that the goods earn at the entry tier's rate, and owes what is not there.
    """
    member_id = anybody_of(call, f"return:{call.key}")
    with transaction() as session:
        return sales.return_without_receipt(
            session,
            actor=call.actor,
            lines=lines_of(call.body),
            member_id=member_id,
            refund=call.body["refund"],
            reason=call.body["reason"],
            key=call.key,
            now=call.now,
            occurred_at=call.body["occurred_at"],
        )
