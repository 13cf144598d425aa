"""Sell at a till: quote, settle, look up, take back, void."""

from __future__ import annotations

from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from loyalty import codes, orders, sales
from loyalty.db import snapshot, transaction
from loyalty.web import baskets
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.basket_errors import BASKET_ERRORS, CODE_ERRORS, RETURN_ERRORS
from loyalty.web.baskets import BasketIn, ReturnIn, request_of
from loyalty.web.fields import Choice, Id, Instant, Many, Map, One, Output, Text, Whole
from loyalty.web.receipts import BalanceOut, OneSaleOut, QuoteOut, ReceiptOut, ReturnOut
from pos_adapter.who import CASHIER, TILL
from pos_adapter.whom import admit, secret_of

routes: Final = Routes("Sales", "Quote, sell, take back.")


class TillBasketIn(BasketIn):
    """A basket at a till, and what the customer showed."""

    code = Text(
        max=400, allow_none=True, load_default=None, about="What the till scanned or the cashier typed."
    )
    member = Id(
        allow_none=True, load_default=None, about="A member the till knows already: earns, cannot spend."
    )
    channel = Choice(
        ("app", "web", "store"), allow_none=True, load_default=None, about="Where the order came from."
    )


class UsualItemOut(Output):
    """A product as the member takes it."""

    sku = Text()
    options = Many(Text(), max=60)
    quantity = Whole()


class ReadyOut(Output):
    """A reward that waits for the member at the till: present it among the `rewards` of the basket."""

    reward = Text()
    name = Text(max=400)
    hold = Id(allow_none=True, about="Set aside on the phone: its points wait in this hold.")
    grant = Id(allow_none=True, about="Given to the member: it costs no points.")
    until = Instant(allow_none=True)


class MemberCardOut(BalanceOut):
    """Whom the till has in front of it, as far as they let it see; the standing is from before this basket."""

    usual = Many(UsualItemOut, max=20, about="What they usually have at this time of day.")
    takes = Map(Text(), max=50, about="How they take it: milk, sugar, …")
    favorites = Many(Text(), max=200)
    dietary = Many(Text(), max=50)
    ready = Many(ReadyOut, max=1000, about="What they set aside or were given.")


class TillQuoteOut(QuoteOut):
    """A quote, with the member who was scanned."""

    member = One(MemberCardOut, allow_none=True)


def settle_request(call: Call, body: dict[str, Any]) -> sales.SaleRequest:
    """Return the sale that is asked for; let a scanned number in first, which counts wrong ones."""
    request = request_of(
        body, actor=call.actor, code=body["code"], member=body["member"], channel=body["channel"]
    )
    code = None if request.code is None else codes.number_of(request.code)
    if code is not None:
        if request.id is None:
            # The number is bound to this sale, and a retry must find it bound to the same.
            body["id"] = str(
                uuid5(NAMESPACE_URL, f"{call.actor.client}:{call.idempotency_key or request.code}")
            )
            request = request_of(
                body, actor=call.actor, code=body["code"], member=body["member"], channel=body["channel"]
            )
        admit(call, code, f"sale:{request.id}")
    return request


@routes.post(
    "/quotes",
    summary="What would it cost and bring?",
    who=TILL,
    needs="sales.quote",
    body=TillBasketIn,
    answers={200: TillQuoteOut},
    errors=(*BASKET_ERRORS, *CODE_ERRORS),
)
def quote(call: Call) -> object:
    """Price a basket for whoever was scanned: discounts, points to come, rewards, what nearly applied, the usual.

    With an `id` the scanned code is bound to that sale, so that the same scan settles it later.
    """
    request = settle_request(call, call.body)
    with transaction() as session:
        loaded, answer = sales.quote(
            session, actor=call.actor, request=request, secret=secret_of(call), now=call.now
        )
        return {**answer, "member": sales.member_card(session, loaded, answer["member"], now=call.now)}


@routes.post(
    "/sales",
    summary="Sell",
    who=TILL,
    needs="sales.settle",
    body=TillBasketIn,
    answers={200: ReceiptOut},
    errors=(*BASKET_ERRORS, *CODE_ERRORS),
    idempotent=True,
)
def settle(call: Call) -> object:
    """Settle a sale once. A retry with the same key gets the same receipt."""
    request = settle_request(call, call.body)
    with transaction() as session:
        return baskets.settle(session, call, request, key=call.key)


@routes.get(
    "/sales/<sale>",
    summary="A sale",
    who=TILL,
    needs="sales.settle",
    path={"sale": Id()},
    answers={200: OneSaleOut},
    errors=(sales.SaleMissing,),
)
def sale(call: Call) -> object:
    """Answer a sale as it stands now, returns counted."""
    with snapshot() as session:
        return sales.describe(session, call.path["sale"], locale=None)


class TillReturnIn(ReturnIn):
    """What is given back, and when, where that was not now."""

    occurred_at = Instant(allow_none=True, load_default=None)


@routes.post(
    "/sales/<sale>/returns",
    summary="Take lines back",
    who=CASHIER,
    needs="sales.return",
    path={"sale": Id()},
    body=TillReturnIn,
    answers={200: ReturnOut},
    errors=RETURN_ERRORS,
    idempotent=True,
)
def give_back(call: Call) -> object:
    """Undo exactly what the returned lines caused: money, points, rewards, limits, challenges, tier."""
    lines = tuple(
        sales.ReturnLine(line["quantity"], line=line["line"], sku=line["sku"]) for line in call.body["lines"]
    )
    with transaction() as session:
        answer = sales.return_lines(
            session,
            actor=call.actor,
            sale=call.path["sale"],
            lines=lines,
            key=call.key,
            now=call.now,
            occurred_at=call.body["occurred_at"],
        )
        orders.sale_undone(session, sale=call.path["sale"], now=call.now)
        return answer


@routes.post(
    "/sales/<sale>/void",
    summary="Void a sale",
    who=CASHIER,
    needs="sales.void",
    path={"sale": Id()},
    answers={200: ReturnOut},
    errors=RETURN_ERRORS,
    idempotent=True,
)
def void(call: Call) -> Answer:
    """Undo everything that is left of a sale."""
    with transaction() as session:
        answer = sales.void(session, actor=call.actor, sale=call.path["sale"], key=call.key, now=call.now)
        orders.sale_undone(session, sale=call.path["sale"], now=call.now)
        return Answer(answer)
