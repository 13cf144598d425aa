"""Order ahead: when a store has time, order a draft, look at orders, cancel one, order again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from loyalty import changes, orders, rules, sales
from loyalty.db import snapshot, transaction
from loyalty.edits import NotYours
from loyalty.sales import refusals
from loyalty.web.api import Call, Routes
from loyalty.web.basket_errors import BASKET_ERRORS, RETURN_ERRORS
from loyalty.web.baskets import RewardIn, TenderIn
from loyalty.web.fields import Day, Id, Input, Instant, Key, Many, Minor, Output, Pattern, Text, Whole
from loyalty.web.orders import LineFlawOut, OrderOut
from loyalty.web.paging import PageQuery, page_of
from mobile_api.routes.sales import member_id_of, secret_of
from mobile_api.who import MEMBER

routes: Final = Routes("Orders", "Order ahead and pick up. Drafts and their lines are edited by `/sync`.")


class PickupQuery(Input):
    """Which day."""

    day = Day(load_default=None, about="On the store's clock; today if left out.")


class PickupTimeOut(Output):
    """A time at which an order can be picked up."""

    at = Instant()
    local = Text(max=30, about="The same on the store's clock, with its offset.")
    left = Whole(allow_none=True, about="How many more orders fit; null: as many as come.")


class PickupTimesOut(Output):
    """When a store has time for orders."""

    store = Text()
    timezone = Text()
    day = Text(max=10)
    lead_minutes = Whole()
    every_minutes = Whole()
    days = Many(Text(max=10), max=31, about="The days for which orders are taken now, today first.")
    asap = Instant(
        allow_none=True, about="When an order placed now would be ready; null: not today any more."
    )
    times = Many(PickupTimeOut, max=1440)


@routes.get(
    "/stores/<store>/pickup-times",
    summary="When can it be picked up?",
    who=None,
    path={"store": Key()},
    query=PickupQuery,
    answers={200: PickupTimesOut},
    errors=(rules.NoProgram, orders.StoreUnknown, orders.NoOrderAhead),
)
def pickup_times(call: Call) -> object:
    """Answer the times of a day that can be chosen now, and how soon an order could be ready."""
    with snapshot() as session:
        program = rules.program_at(session, call.now, fresh=True)
        store, ahead = orders.store_of(program, call.path["store"])
        today = orders.day_of(call.now, store.zone)
        days = [today + timedelta(days=after) for after in range(ahead.days_ahead + 1)]
        day = call.query["day"] or today
        first = orders.day_with(ahead, store.zone, today, orders.taken(session, store.key, today))
        asked = first
        if day != today:
            asked = orders.day_with(ahead, store.zone, day, orders.taken(session, store.key, day))
    times = orders.free_slots(asked, ahead, call.now) if day in days else []
    return {
        "store": store.key,
        "timezone": store.zone.key,
        "day": day.isoformat(),
        "lead_minutes": ahead.lead_minutes,
        "every_minutes": ahead.every_minutes,
        "days": [each.isoformat() for each in days],
        "asap": orders.soonest(first, ahead, call.now),
        "times": [
            {"at": slot.at, "local": slot.at.astimezone(store.zone).isoformat(), "left": slot.left}
            for slot in times
        ],
    }


class OrderIn(Input):
    """A draft to be ordered, as the person sees it."""

    draft = Id(required=True)
    lines_hash = Pattern(
        r"^[0-9a-f]{32}$",
        expected="32 hexadecimal digits",
        required=True,
        max=32,
        min=32,
        about="Of the lines as they are on the screen: the first 32 hexadecimal digits of the SHA-256 of the JSON "
        "[[id, sku, [options, sorted], quantity, note], …], sorted by id, without white space.",
    )
    store = Key(required=True)
    pickup_at = Instant(
        required=True,
        allow_none=True,
        about="One of the store's pick-up times; null: as soon as possible.",
    )
    expected_total_minor = Minor(required=True, about="What the person saw that it costs.")
    rewards = Many(RewardIn, max=20, load_default=list)
    coupons = Many(Text(min=1, max=64), max=20, load_default=list)
    tenders = Many(TenderIn, max=10, load_default=list)
    note = Text(load_default="", about="To the barista.")


ORDER_ERRORS: Final = (
    *BASKET_ERRORS,
    NotYours,
    changes.MemberMissing,
    orders.DraftInvalid,
    orders.DraftUnknown,
    orders.DraftDiscarded,
    orders.DraftChanged,
    orders.DraftEmpty,
    orders.StoreUnknown,
    orders.NoOrderAhead,
    orders.LinesUnavailable,
    orders.PickupUnavailable,
)


@routes.post(
    "/orders",
    summary="Order ahead",
    who=MEMBER,
    body=OrderIn,
    answers={200: OrderOut},
    errors=ORDER_ERRORS,
    idempotent=True,
)
def place(call: Call) -> object:
    """Order a draft and pay for it: all of it, or nothing.

    A draft is ordered once: whoever orders it again, with another key or on another device, gets the same order.
    409 `draft_changed` has the present `lines` and their `lines_hash`; 409 `price_changed` the present `quote`; 409
    `lines_unavailable` says what cannot be made; 409 `pickup_unavailable` why not then.
    """
    body = call.body
    asked = orders.Placing(
        draft=body["draft"],
        lines_hash=body["lines_hash"],
        store=body["store"],
        pickup_at=body["pickup_at"],
        expected_total_minor=body["expected_total_minor"],
        rewards=tuple(sales.RewardClaim(**reward) for reward in body["rewards"]),
        coupons=tuple(body["coupons"]),
        tenders=tuple(sales.TenderRequest(**tender) for tender in body["tenders"]),
        note=body["note"],
    )
    with transaction() as session:
        return orders.place(
            session,
            actor=call.actor,
            member_id=member_id_of(call),
            asked=asked,
            key=call.key,
            secret=secret_of(call),
            now=call.now,
        )


@routes.get("/orders", summary="Past orders", who=MEMBER, query=PageQuery, answers={200: page_of(OrderOut)})
def list_orders(call: Call) -> object:
    """Answer orders, the newest first. Devices have the newest 20 and all open ones by `/sync`."""
    scope = f"orders:{call.actor.member_id}"
    position = call.site.cursors.read(scope, call.query["cursor"])
    limit = call.query["limit"]
    with snapshot() as session:
        found = orders.history(
            session,
            member_id_of(call),
            before=None if position is None else str(position[0]),
            limit=limit + 1,
        )
    shown = found[:limit]
    cursor = call.site.cursors.write(scope, [shown[-1]["id"]]) if len(found) > limit else None
    return {"items": shown, "next": cursor}


@routes.get(
    "/orders/<order>",
    summary="One order",
    who=MEMBER,
    path={"order": Id()},
    answers={200: OrderOut},
    errors=(orders.OrderMissing,),
)
def one_order(call: Call) -> object:
    """Answer one of the caller's own orders as it stands now."""
    with snapshot() as session:
        found = orders.orders_of(session, member_id_of(call), [call.path["order"]])
    if not found:
        raise orders.OrderMissing
    return found[0]


@routes.post(
    "/orders/<order>/cancel",
    summary="Cancel an order",
    who=MEMBER,
    path={"order": Id()},
    answers={200: OrderOut},
    errors=(*RETURN_ERRORS, NotYours, changes.MemberMissing, orders.OrderMissing, orders.OrderState),
)
def cancel(call: Call) -> object:
    """Cancel an order that nobody has started, and give back everything: money, points, rewards, coupons.

    Again: the same answer. 409 `order_state` with `state` where the store was faster.
    """
    with transaction() as session:
        return orders.cancel(
            session,
            actor=call.actor,
            member_id=member_id_of(call),
            order_id=call.path["order"],
            now=call.now,
        )


class AgainIn(Input):
    """What to order again, and the draft to put it into."""

    sale = Id(required=True, about="A sale of the member's, ordered ahead or not.")
    draft = Id(required=True, about="The new draft's id, made by the device.")
    store = Key(allow_none=True, load_default=None)


class MissingOut(LineFlawOut):
    """What the draft lacks of the sale, or what must be chosen now."""

    name = Text(about="As it was called then.")


class AgainOut(Output):
    """The draft, and what is missing in it."""

    draft = Id()
    missing = Many(MissingOut, max=2000)


@routes.post(
    "/reorders",
    summary="Order again",
    who=MEMBER,
    body=AgainIn,
    answers={200: AgainOut},
    errors=(
        rules.NoProgram,
        refusals.SaleMissing,
        NotYours,
        changes.MemberMissing,
        orders.DraftInvalid,
        orders.DraftDiscarded,
        orders.DraftFull,
        orders.DraftSubmitted,
        orders.LineRemoved,
    ),
)
def again(call: Call) -> object:
    """Make a draft of a past sale's lines; it comes to all devices by `/sync`. Again with the same id: no more.

    What is not sold any more is named, not silently left out.
    """
    with transaction() as session:
        missing = orders.order_again(
            session,
            actor=call.actor,
            member_id=member_id_of(call),
            sale=call.body["sale"],
            draft_id=call.body["draft"],
            store=call.body["store"],
            now=call.now,
        )
    return {"draft": call.body["draft"], "missing": missing}
