"""What the evaluator is told: the basket and the member, as plain values.

Nothing here comes from a database or a request; whoever calls the evaluator builds these.
Money is integer minor units, points are integer thousandths (``_milli``), instants are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Any, Literal

from loyalty.record import record

Channel = Literal["app", "web", "store"]
TenderKind = Literal["wallet", "cash", "card", "gift_card", "other"]


@record
class Line:
    """One line of a basket. ``unit_price_minor`` is the price of one unit with its options, before any discount.

    ``category`` and ``tags`` are what the till says of goods that the program does not list; for listed goods the
    program's own category wins and its tags are added.
    """

    id: str
    sku: str
    quantity: int
    unit_price_minor: int
    kind: str = "product"
    options: tuple[str, ...] = ()
    category: str = ""
    tags: frozenset[str] = frozenset()
    name: str = ""

    @property
    def gross_minor(self) -> int:
        """Return the price of the whole line before any discount."""
        return self.quantity * self.unit_price_minor


@record
class Tender:
    """What somebody pays with, and how much of the total."""

    kind: TenderKind
    amount_minor: int


@record
class RewardClaim:
    """A reward the member wants in this basket; ``line`` names the line it is for (else the evaluator chooses).

    ``grant`` is the id of the grant that pays for it instead of points (a birthday item, a voucher); ``hold`` the
    id of the hold in which its points already wait.
    """

    reward: str
    line: str | None = None
    grant: str | None = None
    hold: str | None = None


@record
class CouponClaim:
    """A coupon code that was presented and found: ``coupon`` is its key in the program, ``id`` the code's own id."""

    coupon: str
    id: str
    code: str


@record
class Basket:
    """What is bought, where, when and how it is paid for.

    ``paid_minor`` is what each line cost where that is settled already (a receipt claimed afterwards): no price effect,
    reward or coupon changes it.
    """

    lines: tuple[Line, ...]
    occurred_at: datetime
    channel: Channel = "store"
    store: str | None = None
    rewards: tuple[RewardClaim, ...] = ()
    coupons: tuple[CouponClaim, ...] = ()
    tenders: tuple[Tender, ...] = ()
    tags: frozenset[str] = frozenset()
    paid_minor: tuple[int, ...] | None = None


@record
class Occasion:
    """Something other than a purchase that rules answer: ``top_up``, ``signup``, ``event:<name>``, …

    ``amount_minor`` is the money of a top-up; ``data`` what a custom event carries (strings and integers).
    """

    when: str
    occurred_at: datetime
    channel: Channel = "store"
    store: str | None = None
    amount_minor: int = 0
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@record
class Used:
    """How much of a limit is used in one period: times, and the amount in the limit's own unit."""

    times: int
    amount: int
    since: datetime
    until: datetime | None


@record
class Step:
    """What one line of one past sale contributed to a challenge (returned parts already taken out).

    ``amount`` is in the challenge's unit: minor units (accumulated, single_purchase), pieces (items), 1 (visits,
    distinct_days). ``day`` is the store-local day.
    """

    sale: str
    line: str
    amount: int
    day: date
    occurred_at: datetime


@record
class OfferInstance:
    """One offer a member received. Listed in order of receipt; completed and expired ones are not passed in,
    except completed challenges whose window is still open (they go on counting, so that a return can be exact).
    """

    id: str
    offer: str
    received_at: datetime
    seen_at: datetime | None = None
    activated_at: datetime | None = None
    completed_at: datetime | None = None
    window_from: datetime | None = None
    window_until: datetime | None = None
    progress: int = 0
    days: frozenset[date] = frozenset()


@record
class Grant:
    """A reward or coupon that was given to the member, to be used once before ``valid_until``."""

    id: str
    reward: str
    valid_from: datetime
    valid_until: datetime | None


@record
class MemberFacts:
    """What rules may ask about a member, as of the moment of the occasion."""

    tier: str
    joined_at: datetime
    points_milli: int = 0
    tier_points_milli: int = 0
    tier_since: datetime | None = None
    tier_until: datetime | None = None
    birthday: date | None = None
    locale: str = "en"
    tags: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    employee: bool = False
    visits: int = 0
    last_visit_at: datetime | None = None
    spent_minor: int = 0
    favorite_store: str | None = None
    preferences: Mapping[str, str] = field(default_factory=dict[str, str])
    used: Mapping[tuple[str, str], Used] = field(default_factory=dict[tuple[str, str], Used])
    offers: tuple[OfferInstance, ...] = ()
    grants: tuple[Grant, ...] = ()
