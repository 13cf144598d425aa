"""From what a face asked to what the evaluator is told: lines with their catalog facts, tenders, claims."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from loyalty.actor import Actor
from loyalty.errors import Flaw, Invalid
from loyalty.offers import code_hash
from loyalty.rules.facts import Basket, Channel, CouponClaim, Line, Tender
from loyalty.rules.program import Product, Program
from loyalty.sales.refusals import CouponLapsed, CouponMissing, CouponUsedUp, PriceChanged
from loyalty.sales.requests import LineRequest, SaleRequest
from loyalty.sales.state import State

MAX_LINES: Final = 200
MAX_LINE_MINOR: Final = 10**9


def basket_of(request: SaleRequest, state: State, *, actor: Actor, at: datetime) -> Basket:
    """Return the basket to evaluate; raise ``Invalid`` with a flaw per line, ``PriceChanged``, coupon refusals."""
    store = request.store or actor.store
    return Basket(
        lines=lines_of(request, state.program, prices=state.prices, store=store, actor=actor),
        occurred_at=at,
        channel=channel_of(request, actor),
        store=store,
        rewards=request.rewards,
        coupons=coupons_of(request, state, at=at),
        tenders=tuple(Tender(tender.kind, tender.amount_minor) for tender in request.tenders),
        tags=request.tags,
    )


def channel_of(request: SaleRequest, actor: Actor) -> Channel:
    """Return the channel: a customer's own is that of their device; a till may settle for another."""
    return actor.channel if actor.kind == "member" else request.channel or actor.channel


def lines_of(
    request: SaleRequest, program: Program, *, prices: Mapping[str, int], store: str | None, actor: Actor
) -> tuple[Line, ...]:
    """Return the lines with price, kind and name; a customer's own product prices must be the catalog's."""
    flaws: list[Flaw] = []
    if not request.lines or len(request.lines) > MAX_LINES:
        flaws.append(Flaw("/lines", f"A sale has 1 to {MAX_LINES} lines.", "length"))
    lines: list[Line] = []
    seen: set[str] = set()
    for place, asked in enumerate(request.lines):
        line_id = asked.id or str(place + 1)
        if line_id in seen:
            flaws.append(Flaw(f"/lines/{place}/id", f"Two lines are called {line_id}.", "duplicate"))
        seen.add(line_id)
        line = _line(asked, line_id, place, program, prices, store, actor, flaws)
        if line is not None:
            lines.append(line)
    if flaws:
        raise Invalid(flaws=tuple(flaws))
    return tuple(lines)


def _line(
    asked: LineRequest,
    line_id: str,
    place: int,
    program: Program,
    prices: Mapping[str, int],
    store: str | None,
    actor: Actor,
    flaws: list[Flaw],
) -> Line | None:
    product = program.products.get(asked.sku)
    kind = asked.kind or (product.kind if product else "product")
    price = asked.price_minor
    if actor.kind == "member" and kind == "product":
        before = len(flaws)
        listed = _catalog_price(asked, product, program, prices, store, f"/lines/{place}", flaws)
        if listed is None or len(flaws) > before:
            return None
        if price is not None and price != listed:
            raise PriceChanged(sku=asked.sku, price_minor=listed, line=line_id)
        price = listed
    elif price is None:
        price = _catalog_price(asked, product, program, prices, store, f"/lines/{place}", flaws)
    if price is None:
        return None
    if not (0 <= price * asked.quantity <= MAX_LINE_MINOR and asked.quantity > 0):
        flaws.append(Flaw(f"/lines/{place}", f"A line costs 0 to {MAX_LINE_MINOR} minor units.", "range"))
        return None
    return Line(
        id=line_id,
        sku=asked.sku,
        quantity=asked.quantity,
        unit_price_minor=price,
        kind=kind,
        options=asked.options,
        category=asked.category or (product.category if product else ""),
        tags=asked.tags,
        name=asked.name or (program.text(product.name, program.locales[0]) if product else asked.sku),
    )


def _catalog_price(
    asked: LineRequest,
    product: Product | None,
    program: Program,
    prices: Mapping[str, int],
    store: str | None,
    pointer: str,
    flaws: list[Flaw],
) -> int | None:
    """Return the price of one piece with its options, or add the flaws that stand in the way."""
    if product is None:
        flaws.append(
            Flaw(f"{pointer}/sku", f"The catalog has no product {asked.sku}; name its price.", "unknown")
        )
        return None
    if product.open_price and asked.price_minor is not None:
        return asked.price_minor
    total = prices.get(asked.sku, product.price_at(store))
    for key in asked.options:
        option = program.options.get(key)
        if option is None or option.group not in product.option_groups:
            flaws.append(Flaw(f"{pointer}/options", f"{asked.sku} has no option {key}.", "unknown"))
            continue
        total += option.price_minor
    for group_key in product.option_groups:
        group = program.option_groups[group_key]
        count = sum(1 for key in asked.options if key in {option.key for option in group.options})
        if count > group.maximum:
            flaws.append(
                Flaw(
                    f"{pointer}/options",
                    f"{asked.sku} takes {group.maximum} of {group_key} at most.",
                    "range",
                )
            )
    return total


def coupons_of(request: SaleRequest, state: State, *, at: datetime) -> tuple[CouponClaim, ...]:
    """Return the presented coupons; raise ``CouponMissing``, ``CouponUsedUp``, ``CouponLapsed``."""
    claims: list[CouponClaim] = []
    for code in dict.fromkeys(request.coupons):
        row = state.coupons.get(code_hash(code))
        if row is None or (row.member_id is not None and row.member_id != state.member_id):
            raise CouponMissing
        if row.uses_left == 0:
            raise CouponUsedUp
        if (row.valid_from and at < row.valid_from) or (row.valid_until and at > row.valid_until):
            raise CouponLapsed
        claims.append(CouponClaim(row.coupon, row.id, code))
    return tuple(claims)
