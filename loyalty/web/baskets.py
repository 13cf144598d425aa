"""Baskets, receipts and returns as JSON: the same for the customers' API and for tills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import codes, ledger, sales, wallet
from loyalty.actor import Actor
from loyalty.errors import DomainError
from loyalty.rules import refusals as rules_refusals
from loyalty.sales import contention, identity, refusals
from loyalty.sales.purchase import Decision
from loyalty.sales.state import State
from loyalty.web.api import Call
from loyalty.web.fields import (
    Bool,
    Choice,
    Document,
    Id,
    Input,
    Instant,
    Key,
    Many,
    Milli,
    Minor,
    One,
    Output,
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


class LineOut(Output):
    """One line with what it cost and earned."""

    line = Id()
    sku = Text()
    name = Text()
    kind = Text()
    options = Many(Text(), max=60)
    quantity = Whole()
    unit_price_minor = Minor()
    discount_minor = Minor(max=10**12)
    net_minor = Minor(max=10**12)
    earned_milli = Milli()


class TenderOut(Output):
    """A means of payment and what it paid."""

    kind = Text()
    amount_minor = Minor(max=10**12)


class EffectOut(Output):
    """Something the program did, and why."""

    kind = Text(
        about="rule, reward, coupon, earn_base, earn_multiplier, earn_bonus, challenge, grant, extension"
    )
    key = Text()
    points_milli = Milli(min=-(10**12))
    amount_minor = Minor(min=-(10**12), max=10**12)
    why = Document(about="The reason as data.")
    text = Text(max=1000, about="The reason as a sentence in the member's language.")


class HintOut(Output):
    """A warning, or why something nearly applied."""

    code = Text()
    key = Text()
    why = Document()
    text = Text(max=1000)


class BalanceOut(Output):
    """Where a member stands."""

    id = Text()
    given_name = Text()
    tier = Text()
    tier_until = Text(allow_none=True)
    tier_points_milli = Milli(min=-(10**12))
    points_milli = Milli()
    held_milli = Milli()
    owed_milli = Milli()
    wallet_minor = Minor(max=10**12)
    wallet_held_minor = Minor(max=10**12)


class PurchaseOut(Output):
    """What a basket costs and brings."""

    occurred_at = Text()
    store = Text(allow_none=True)
    channel = Text()
    currency = Text()
    program_version = Whole()
    lines = Many(LineOut, max=200)
    gross_minor = Minor(max=10**12)
    discount_minor = Minor(max=10**12)
    total_minor = Minor(max=10**12)
    tenders = Many(TenderOut, max=11)
    due_minor = Minor(max=10**12, about="What nobody has reported as paid yet.")
    change_minor = Minor(max=10**12, about="What goes back in cash.")
    earned_milli = Milli()
    spent_milli = Milli()
    effects = Many(EffectOut, max=5000)
    warnings = Many(HintOut, max=1000)


class GiftCardOut(Output):
    """A gift card that the sale sold; its code is shown until it is used."""

    id = Id()
    code = Text(max=40)
    last4 = Text(max=4)
    amount_minor = Minor()


class ReceiptOut(PurchaseOut):
    """A settled sale."""

    sale = Id()
    state = Text()
    member = One(BalanceOut, allow_none=True)
    risk_minor = Minor(max=10**12, about="What an offline till gave out and the wallet did not cover.")
    seq = Whole(allow_none=True, about="The number of the member's ledger transaction.")
    version = Whole(allow_none=True, about="The member's version after the sale.")
    claim_code = Text(max=400, allow_none=True, about="On a receipt of nobody: who scans it gets the points.")
    gift_cards = Many(GiftCardOut, max=1000, about="Those that the sale sold and nobody has used yet.")


class QuoteOut(PurchaseOut):
    """A basket as it would be settled now."""

    near_misses = Many(HintOut, max=1000)


class ReturnLineIn(Input):
    """So many pieces of one line."""

    line = Id(allow_none=True, load_default=None)
    sku = Key(allow_none=True, load_default=None, about="Where the line's own name is not known.")
    quantity = Whole(min=1, max=999, required=True)


class ReturnIn(Input):
    """What is given back."""

    lines = Many(ReturnLineIn, max=200, min=1, required=True)


class ReturnedLineOut(Output):
    """One returned line."""

    line = Id()
    sku = Text()
    quantity = Whole()
    amount_minor = Minor(max=10**12)


class TenderRefundOut(Output):
    """What goes back to one means of payment."""

    kind = Text()
    amount_minor = Minor(max=10**12)
    reference = Text(allow_none=True)


class ReturnOut(Output):
    """What a return gave back and took."""

    return_id = Id(attribute="return", data_key="return")
    kind = Text(about="return, void, return_without_receipt")
    sale = Id(allow_none=True, about="None where it is not known: returned without a receipt.")
    occurred_at = Text()
    currency = Text()
    lines = Many(ReturnedLineOut, max=200)
    amount_minor = Minor(max=10**12)
    refunds = Many(TenderRefundOut, max=11)
    taken_milli = Milli()
    restored_milli = Milli()
    member = One(BalanceOut, allow_none=True)
    seq = Whole(allow_none=True)


class SaleOut(Output):
    """A sale of the past."""

    sale = Id()
    state = Text()
    occurred_at = Instant()
    store = Text(allow_none=True)
    channel = Text()
    program_version = Whole()
    gross_minor = Minor(max=10**12)
    discount_minor = Minor(max=10**12)
    total_minor = Minor(max=10**12)
    returned_minor = Minor(max=10**12)
    earned_milli = Milli()
    spent_milli = Milli()
    offline = Bool()
    tenders = Many(TenderOut, max=11)
    lines = Many(Document(), max=200)
    effects = Many(EffectOut, max=5000)


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


# What a basket may be refused for, in the one evaluator, wherever it comes from.
BASKET_ERRORS: Final[tuple[type[DomainError], ...]] = (
    rules_refusals.CouponNotApplicable,
    rules_refusals.LimitReached,
    rules_refusals.NotHere,
    rules_refusals.NotNow,
    rules_refusals.RewardNotApplicable,
    rules_refusals.RewardUnknown,
    rules_refusals.TierTooLow,
    rules_refusals.UsedThisPeriod,
    ledger.InsufficientPoints,
    contention.AlreadySpent,
    ledger.InsufficientFunds,
    ledger.HoldMissing,
    ledger.HoldTooSmall,
    refusals.CouponLapsed,
    refusals.CouponMissing,
    refusals.CouponUsedUp,
    refusals.MemberBlocked,
    refusals.NobodyScanned,
    refusals.Overpaid,
    refusals.PriceChanged,
    refusals.SaleExists,
    refusals.SoldOut,
    refusals.TimeInFuture,
    refusals.Underpaid,
    refusals.KeyReused,
    identity.MayNotSellGiftCards,
    identity.NotYours,
    wallet.AmountOutOfRange,
    wallet.PaymentNotUsable,
)
# What a scanned code may be refused for.
CODE_ERRORS: Final[tuple[type[DomainError], ...]] = (
    codes.CodeAlreadyUsed,
    codes.CodeDeviceRevoked,
    codes.CodeExpired,
    codes.CodeForged,
    codes.CodeFromFuture,
    codes.CodeInvalid,
    codes.CodeMistyped,
    codes.CodeRolledBack,
    codes.CodeStaleEpoch,
    codes.CodeTooLong,
    codes.CodeUnknown,
    codes.NumberLocked,
    codes.NumberWrong,
    refusals.CodeCannotPay,
    refusals.NumberCap,
    refusals.TillRevoked,
)
RETURN_ERRORS: Final[tuple[type[DomainError], ...]] = (
    ledger.InsufficientPoints,
    refusals.AlreadyVoided,
    refusals.KeyReused,
    refusals.LineMissing,
    refusals.ReturnTooMuch,
    refusals.SaleMissing,
    refusals.TillRevoked,
    wallet.GiftCardUsed,
)
