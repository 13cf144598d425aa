"""What a face asks of a sale, before anything is looked up: plain values, the same from every door."""

from __future__ import annotations

from datetime import datetime

from loyalty.record import record
from loyalty.rules.facts import Channel, RewardClaim, TenderKind


@record
class LineRequest:
    """One line as the caller knows it. ``price_minor`` is for one piece with its options; ``None``: the catalog's.

    What is ``None`` or empty is taken from the catalog where it lists the ``sku``.
    """

    sku: str
    quantity: int = 1
    price_minor: int | None = None
    kind: str | None = None
    options: tuple[str, ...] = ()
    category: str = ""
    tags: frozenset[str] = frozenset()
    name: str = ""
    id: str | None = None


@record
class TenderRequest:
    """A means of payment. ``amount_minor`` of cash may exceed what is due: the rest is change.

    ``reference`` names the payment at whoever took it: a card terminal's id, or our payment's id.
    """

    kind: TenderKind
    amount_minor: int
    reference: str | None = None


@record
class SaleRequest:
    """A basket to be quoted or settled.

    ``code`` is what the till scanned; ``member`` the public id a till already knows (it identifies, and cannot
    spend). ``id`` is the sale's own id where the caller makes it (a till, also offline); ``occurred_at`` is the time
    of the sale where that is not now.
    """

    lines: tuple[LineRequest, ...]
    code: str | None = None
    member: str | None = None
    rewards: tuple[RewardClaim, ...] = ()
    coupons: tuple[str, ...] = ()
    tenders: tuple[TenderRequest, ...] = ()
    tags: frozenset[str] = frozenset()
    channel: Channel | None = None
    store: str | None = None
    id: str | None = None
    occurred_at: datetime | None = None


@record
class ReturnLine:
    """So many pieces of one line of a sale, named by its ``line`` or, where that is unique enough, its ``sku``."""

    quantity: int
    line: str | None = None
    sku: str | None = None
