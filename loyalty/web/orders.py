"""Orders as JSON: the same for the customers' API and for tills."""

from __future__ import annotations

from loyalty import orders
from loyalty.web.fields import Bool, Choice, Id, Instant, Many, Map, Milli, Minor, Output, Text, Whole
from loyalty.web.receipts import TenderOut


class LineFlawOut(Output):
    """Why a line cannot be ordered as it is."""

    line = Id()
    sku = Text()
    reason = Choice(
        ("product", "option", "too_many", "too_few"),
        about="The product is not sold (ahead); an option is not known for it; too many or too few of a group.",
    )
    option = Text(allow_none=True)
    group = Text(allow_none=True)


class OptionOut(Output):
    """A chosen option, as it was called and priced."""

    key = Text()
    name = Map(Text(max=500), max=20, about="By locale.")
    price_minor = Minor()


class OrderLineOut(Output):
    """One line of an order."""

    line = Id()
    sku = Text()
    name = Map(Text(max=500), max=20, about="By locale.")
    options = Many(OptionOut, max=60)
    quantity = Whole()
    note = Text()
    unit_price_minor = Minor(about="For one piece with its options.")
    discount_minor = Minor(max=10**12)
    net_minor = Minor(max=10**12)


class AnyOrderOut(Output):
    """What everybody who may see an order sees."""

    id = Id()
    sale = Id()
    number = Text(max=8, about="As it is called out: A47.", example="A47")
    store = Text()
    day = Text(max=10, about="The day of the pick-up on the store's clock.")
    state = Choice(orders.STATES)
    asap = Bool(about="As soon as possible: `pickup_at` is an estimate.")
    pickup_at = Instant()
    placed_at = Instant()
    started_at = Instant(allow_none=True)
    ready_at = Instant(allow_none=True)
    picked_up_at = Instant(allow_none=True)
    cancelled_at = Instant(allow_none=True)
    expired_at = Instant(allow_none=True)
    cancelled_by = Choice(("member", "store"), allow_none=True)
    cancel_reason = Text(allow_none=True)
    note = Text()
    lines = Many(OrderLineOut, max=200)
    currency = Text()
    gross_minor = Minor(max=10**12)
    discount_minor = Minor(max=10**12)
    total_minor = Minor(max=10**12)
    earned_milli = Milli()
    spent_milli = Milli()
    tenders = Many(TenderOut, max=11)


class OrderOut(AnyOrderOut):
    """A member's own order."""

    draft = Id(about="The draft that it was.")
    pickup_code = Text(allow_none=True, max=10, about="To be said or typed; null once it is over.")
    pickup_qr = Text(allow_none=True, max=100, about="To be shown as a QR picture.")
    can_cancel = Bool(about="Nobody has started it yet.")
