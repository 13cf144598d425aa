"""Orders ahead at the store that makes them: what is to be made, and each step of it."""

from __future__ import annotations

from typing import Final

from loyalty import changes, orders, rules
from loyalty.db import snapshot, transaction
from loyalty.jsontext import canonical
from loyalty.orders import Step
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.basket_errors import RETURN_ERRORS
from loyalty.web.etags import is_current, tag_of
from loyalty.web.fields import Id, Input, Many, Output, Text
from loyalty.web.orders import AnyOrderOut
from pos_adapter.who import CASHIER, TILL

routes: Final = Routes("Orders", "Orders ahead: the store's queue, and handing over.")

STEP_ERRORS: Final = (
    rules.NoProgram,
    changes.MemberMissing,
    orders.OrderMissing,
    orders.OrderState,
)


class TillOrderOut(AnyOrderOut):
    """An order as the store sees it."""

    given_name = Text(about="Whom to call.")


class QueuedOut(TillOrderOut):
    """An order that is to be made or waits to be picked up."""

    dietary = Many(Text(), max=50, about="Only if the member lets cashiers see it.")


class QueueOut(Output):
    """What is to be made here."""

    store = Text()
    orders = Many(QueuedOut, max=500)


@routes.get(
    "/orders", summary="The queue", who=TILL, needs="sales.settle", answers={200: QueueOut}, etag=True
)
def queue(call: Call) -> object:
    """Answer the store's open orders, oldest pick-up first. Poll with `If-None-Match`."""
    store = call.actor.store or ""
    with snapshot() as session:
        found = orders.queue_of(session, store)
    tag = tag_of("orders", store, canonical(found, str).hex())
    return Answer.unchanged(tag) if is_current(tag) else Answer({"store": store, "orders": found}, etag=tag)


def _serve(call: Call, step: Step, reason: str = "") -> object:
    with transaction() as session:
        return orders.serve(
            session, actor=call.actor, order_id=call.path["order"], step=step, reason=reason, now=call.now
        )


@routes.post(
    "/orders/<order>/start",
    summary="Start",
    who=TILL,
    needs="sales.settle",
    path={"order": Id()},
    answers={200: TillOrderOut},
    errors=STEP_ERRORS,
)
def start(call: Call) -> object:
    """Say that somebody makes it: the member cannot cancel any more. Again: the same answer."""
    return _serve(call, "start")


@routes.post(
    "/orders/<order>/ready",
    summary="Ready",
    who=TILL,
    needs="sales.settle",
    path={"order": Id()},
    answers={200: TillOrderOut},
    errors=STEP_ERRORS,
)
def ready(call: Call) -> object:
    """Say that it can be picked up: the member is told. Again: the same answer."""
    return _serve(call, "ready")


class HandOverIn(Input):
    """What the customer showed or said."""

    code = Text(
        min=1,
        max=100,
        required=True,
        about="The QR text, the short code, or the number (`A47`).",
        example="A47",
    )


@routes.post(
    "/orders/hand-over",
    summary="Hand over",
    who=TILL,
    needs="sales.settle",
    body=HandOverIn,
    answers={200: TillOrderOut},
    errors=STEP_ERRORS,
)
def hand_over(call: Call) -> object:
    """Hand an order of this store over to who shows its code or says its number. Again: the same answer."""
    with transaction() as session:
        return orders.hand_over(session, actor=call.actor, shown=call.body["code"], now=call.now)


class CancelIn(Input):
    """Why the store cannot make it."""

    reason = Text(min=1, max=200, required=True, about="The member reads it.", example="The oven is broken.")


@routes.post(
    "/orders/<order>/cancel",
    summary="Cancel",
    who=CASHIER,
    needs="sales.void",
    path={"order": Id()},
    body=CancelIn,
    answers={200: TillOrderOut},
    errors=(*STEP_ERRORS, *RETURN_ERRORS),
)
def cancel(call: Call) -> object:
    """Cancel an order that was not handed over, give everything back and tell the member why.

    Also where nobody came for it (`expired`): that gives nothing back by itself.
    """
    return _serve(call, "cancel_by_store", call.body["reason"])
