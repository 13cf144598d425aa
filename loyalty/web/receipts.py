"""Receipts, quotes and returns as JSON: the same for the customers' API and for tills."""

from __future__ import annotations

from loyalty.web.fields import (
    Bool,
    Document,
    Id,
    Instant,
    Many,
    Milli,
    Minor,
    One,
    Output,
    Text,
    Whole,
)


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


class PastLineOut(Output):
    """So many of a line that came back."""

    line = Id()
    quantity = Whole()


class PastReturnOut(Output):
    """What came back of a sale at one moment."""

    return_id = Id(attribute="return", data_key="return")
    kind = Text(about="return, void")
    occurred_at = Instant()
    lines = Many(PastLineOut, max=200)
    refunds = Many(TenderRefundOut, max=11)
    amount_minor = Minor(max=10**12)
    taken_milli = Milli()
    restored_milli = Milli()


class PastEffectOut(EffectOut):
    """Something the program did, why, and for which lines."""

    lines = Many(Id(), max=200)


class OneSaleOut(SaleOut):
    """A sale of the past, with the lines of every effect and what came back of it."""

    effects = Many(PastEffectOut, max=5000)
    returns = Many(PastReturnOut, max=1000)
