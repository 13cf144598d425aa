"""Why a change of a draft order, or an order, is refused."""

from __future__ import annotations

from loyalty.errors import Missing, Refused
from loyalty.sales.refusals import PriceChanged


class DraftUnknown(Missing):
    """The member has no such draft, or it was discarded long ago."""

    code = "draft_not_found"
    text = "There is no such draft order."


class DraftDiscarded(Refused):
    """The draft was discarded, and the caller knew."""

    code = "draft_discarded"
    text = "This draft order was discarded."


class LineUnknown(Missing):
    """The draft has no such line."""

    code = "line_not_found"
    text = "The draft order has no such line."


class LineRemoved(Refused):
    """The line was removed, and the caller knew."""

    code = "line_removed"
    text = "This line was removed."


class DraftFull(Refused):
    """As many drafts, or lines in one, as there may be."""

    code = "draft_full"
    text = "At most {most} of these can be kept."


class DraftSubmitted(Refused):
    """The draft was ordered, and the caller knew."""

    code = "draft_submitted"
    text = "This draft order was ordered already."


class DraftChanged(Refused):
    """The draft's lines are not those that the person saw; ``lines`` are the present ones, ``lines_hash`` theirs."""

    code = "draft_changed"
    text = "The order was changed on another device."


class DraftEmpty(Refused):
    """There is nothing in the draft."""

    code = "draft_empty"
    text = "There is nothing to order."


class LinesUnavailable(Refused):
    """The store does not make some of it; ``lines`` says which and why: [{line, sku, reason, option, group}].

    ``reason``: ``product`` (not sold, or not ahead), ``option`` (not known for it), ``too_many`` or ``too_few`` of a
    group of options.
    """

    code = "lines_unavailable"
    text = "Some of this cannot be ordered now."


class TotalChanged(PriceChanged):
    """It costs something else than the person saw; ``quote`` is what it costs now."""

    text = "The total is {total_minor} minor units now."


class StoreUnknown(Missing):
    """The program has no such store."""

    code = "store_not_found"
    text = "There is no such store."


class NoOrderAhead(Refused):
    """The store takes no orders ahead."""

    code = "order_ahead_off"
    text = "This store takes no orders ahead."


class PickupUnavailable(Refused):
    """Nothing can be picked up then; ``reason``: ``closed``, ``past``, ``full``, ``too_far``."""

    code = "pickup_unavailable"
    text = "The order cannot be picked up at this time."


class OrderMissing(Missing):
    """There is no such order, or not for this caller."""

    code = "order_not_found"
    text = "There is no such order."


class OrderState(Refused):
    """The order is past that; ``state`` is where it stands."""

    code = "order_state"
    text = "The order is {state}."
