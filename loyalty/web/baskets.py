"""Baskets and returns as they are asked for in JSON, and their way into the domain: for customers and for tills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import codes, sales, wallet
from loyalty.actor import Actor
from loyalty.sales.purchase import Decision
from loyalty.sales.state import State
from loyalty.web.api import Call
from loyalty.web.fields import (
    Choice,
    Id,
    Input,
    Key,
    Many,
    Minor,
    Text,
    Whole,
)

KINDS: Final = ("product", "gift_card", "top_up", "tax", "tip", "fee", "donation", "delivery")
TENDERS: Final = ("wallet", "cash", "card", "gift_card", "other")


class LineIn(Input):
    """One line of a basket."""

    id = Id(about="The caller's own name of the line; 1, 2, … if it has none.")
    sku = Key(required=True, about="The product.", example="caramel-latte")
    quantity = Whole(min=1, max=999, load_default=1)
    price_minor = Minor(
        allow_none=True, load_default=None, about="For one piece with its options; the catalog's if left out."
    )
    kind = Choice(KINDS, allow_none=True, load_default=None)
    options = Many(Key(), max=60, load_default=list)
    category = Text(max=64, load_default="")
    tags = Many(Key(), max=20, load_default=list)
    name = Text(max=200, load_default="")


class RewardIn(Input):
    """A reward the member wants."""

    reward = Key(required=True)
    line = Id(allow_none=True, load_default=None, about="The line it is for; the best one if left out.")
    grant = Id(allow_none=True, load_default=None, about="What pays for it instead of points.")
    hold = Id(allow_none=True, load_default=None, about="The hold in which its points wait.")


class TenderIn(Input):
    """A means of payment."""

    kind = Choice(TENDERS, required=True)
    amount_minor = Minor(required=True, min=1, about="Cash may be more than what is due: the rest is change.")
    reference = Text(max=64, allow_none=True, load_default=None, about="The payment at whoever took it.")


class BasketIn(Input):
    """What is bought and how it is paid."""

    id = Id(allow_none=True, load_default=None, about="The sale's own id, where the caller makes it.")
    lines = Many(LineIn, max=200, min=1, required=True)
    rewards = Many(RewardIn, max=20, load_default=list)
    coupons = Many(Text(min=1, max=64), max=20, load_default=list)
    tenders = Many(TenderIn, max=10, load_default=list)
    tags = Many(Key(), max=20, load_default=list)


class ReturnLineIn(Input):
    """So many pieces of one line."""

    line = Id(allow_none=True, load_default=None)
    sku = Key(allow_none=True, load_default=None, about="Where the line's own name is not known.")
    quantity = Whole(min=1, max=999, required=True)


class ReturnIn(Input):
    """What is given back."""

    lines = Many(ReturnLineIn, max=200, min=1, required=True)


def settle(
    session: Session, call: Call, request: sales.SaleRequest, *, key: str, late: bool = False
) -> dict[str, Any]:
    """Settle a sale with everything that belongs to it: the gift cards it sells, the receipt's own codes."""
    secret_key = call.site.settings.secret_key

    def sell_gift_cards(loaded: State, decision: Decision, sale: str) -> None:
        lines = [
            (line.id, line.quantity, line.unit_price_minor)
            for line in decision.basket.lines
            if line.kind == "gift_card" and line.unit_price_minor
        ]
        if lines:
            wallet.issue_for_sale(
                session,
                secret_key,
                sale=sale,
                lines=lines,
                currency=loaded.program.currency,
                bought_by=loaded.member_id or None,
                now=call.now,
            )

    answer = sales.settle(
        session,
        actor=call.actor,
        request=request,
        key=key,
        secret=codes.code_secret(secret_key),
        now=call.now,
        late=late,
        then=sell_gift_cards,
    )
    claim_code = None
    if answer["member"] is None and call.actor.kind != "member":
        claim_code = codes.draw_claim(codes.code_secret(secret_key), answer["sale"], issued_at=call.now)
    sold = any(line["kind"] == "gift_card" for line in answer["lines"])
    cards = wallet.codes_of_sale(session, secret_key, answer["sale"]) if sold else []
    return {**answer, "claim_code": claim_code, "gift_cards": cards}


def lines_of(body: Mapping[str, Any]) -> tuple[sales.LineRequest, ...]:
    """Return the lines of a checked body that has ``LineIn``."""
    return tuple(
        sales.LineRequest(
            sku=line["sku"],
            quantity=line["quantity"],
            price_minor=line["price_minor"],
            kind=line["kind"],
            options=tuple(line["options"]),
            category=line["category"],
            tags=frozenset(line["tags"]),
            name=line["name"],
            id=line.get("id"),
        )
        for line in body["lines"]
    )


def request_of(body: dict[str, Any], *, actor: Actor, **more: Any) -> sales.SaleRequest:
    """Return the sale that a checked ``BasketIn`` (or one with more fields) asks for."""
    return sales.SaleRequest(
        lines=lines_of(body),
        rewards=tuple(sales.RewardClaim(**reward) for reward in body["rewards"]),
        coupons=tuple(body["coupons"]),
        tenders=tuple(sales.TenderRequest(**tender) for tender in body["tenders"]),
        tags=frozenset(body["tags"]),
        id=body["id"],
        store=more.pop("store", None) or actor.store,
        **more,
    )
