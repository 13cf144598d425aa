"""The nouns of a program as frozen values: what the document says, parsed, with its defaults filled in.

Money is integer minor units (``_minor``), points are integer thousandths (``_milli``), percents and factors are exact
fractions (10 % is ``Fraction(10)``). Empty sets and None mean "no restriction".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal
from zoneinfo import ZoneInfo

from loyalty.rules.outcome import Expiry
from loyalty.rules.windows import Window

Texts = Mapping[str, str]
Choice = Literal["order", "lines", "cheapest", "dearest"]
ExpirySpec = Expiry


Hours = tuple[tuple[int, int], ...]
"""Spans of one day, each from and until in minutes after midnight on the store's clock, in order."""


@dataclass(frozen=True, slots=True)
class OrderAhead:
    """How a store takes orders ahead. ``hours`` has one entry for each day of the week, Monday first.

    ``most_per_slot`` None: as many orders for one pick-up time as come.
    """

    lead_minutes: int
    every_minutes: int
    most_per_slot: int | None
    days_ahead: int
    hours: tuple[Hours, ...]
    closed_days: frozenset[date]
    not_skus: frozenset[str]


@dataclass(frozen=True, slots=True)
class Store:
    """A place of sale and its zone; the first store of a program is its default."""

    key: str
    name: Texts
    zone: ZoneInfo
    address: str = ""
    tags: frozenset[str] = frozenset()
    order_ahead: OrderAhead | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The members something is for. ``days_from`` and ``days_until`` are days since joining, both included."""

    tiers: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    employees: bool | None = None
    offer: str | None = None
    days_from: int | None = None
    days_until: int | None = None
    first_purchase: bool | None = None

    @property
    def anybody(self) -> bool:
        """Tell whether this restricts nothing."""
        return self == _ANYBODY


_ANYBODY = Who()


@dataclass(frozen=True, slots=True)
class Where:
    """The channels and stores something holds in; store restrictions fail where no store is named."""

    channels: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    store_tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class On:
    """The lines something is about; ``kinds`` is ``product`` unless said. A line must pass every given part.

    ``tags`` and ``options`` want one of theirs on the line, ``not_tags`` and ``not_skus`` none. ``tenders`` takes the
    share of the lines that is paid by those tenders.
    """

    kinds: frozenset[str] = frozenset({"product"})
    categories: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    not_tags: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    not_skus: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    tenders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many ``times``, points or money per period, of a member, or of everybody (``budget``).

    ``key`` stays the same in every version of the program as long as owner, period and measure do, e.g.
    ``rule:own-cup:day:times``. ``per`` is ``hours`` for a visit window of ``hours`` that starts at the first use.
    """

    key: str
    per: Literal["order", "hours", "day", "week", "calendar_month", "year", "life", "program"]
    times: int | None = None
    points_milli: int | None = None
    amount_minor: int | None = None
    hours: int | None = None
    budget: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """How a rule works with others of its ``group`` ("" is a group of its own); high ``priority`` goes first."""

    group: str = ""
    mode: Literal["best", "add", "multiply"] = "add"
    priority: int = 0
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Validity:
    """When something holds, in the store's local time: ``starts`` included, ``ends`` excluded, inside any window.

    A date in the document means the whole day: ``until 2026-06-14`` ends at 2026-06-15T00:00.
    """

    starts: datetime | None = None
    ends: datetime | None = None
    windows: tuple[Window, ...] = ()

    def covers(self, local: datetime) -> bool:
        """Tell whether a store-local instant is inside."""
        wall = local.replace(tzinfo=None)
        if (self.starts and wall < self.starts) or (self.ends and wall >= self.ends):
            return False
        return not self.windows or any(wall in window for window in self.windows)


# Effects. ``formula`` is the document's own tree; formula.py compiles it.


@dataclass(frozen=True, slots=True)
class Earn:
    """Points: a rate (``points_milli`` per ``per_minor``), a fixed amount (``per_item``: per piece), or a formula."""

    points_milli: int = 0
    per_minor: int | None = None
    per_item: bool = False
    formula: Any = None


@dataclass(frozen=True, slots=True)
class Multiply:
    """Multiply the base points."""

    factor: Fraction


@dataclass(frozen=True, slots=True)
class DiscountEffect:
    """Take off a percent or an amount, at most ``max_minor``."""

    percent: Fraction | None
    amount_minor: int | None
    of: Choice = "order"
    max_minor: int | None = None


@dataclass(frozen=True, slots=True)
class FreeItem:
    """Give one piece of a matching line, worth at most ``max_minor``."""

    max_minor: int | None = None
    of: Literal["cheapest", "dearest"] = "dearest"


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """Sell each matching piece at a price."""

    price_minor: int


@dataclass(frozen=True, slots=True)
class BuyXGetY:
    """For every ``buy`` pieces take ``percent`` off the next ``get``."""

    buy: int
    get: int
    percent: Fraction = Fraction(100)
    of: Literal["cheapest", "dearest"] = "cheapest"


@dataclass(frozen=True, slots=True)
class GrantEffect:
    """Give a reward or a coupon, to be used once within ``valid_days`` (None: no end). Exactly one of the two."""

    reward: str | None
    coupon: str | None
    valid_days: int | None = None


@dataclass(frozen=True, slots=True)
class ProgressEffect:
    """Move a challenge by ``amount`` of its unit."""

    challenge: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class ExtendExpiry:
    """Move the end of lots earned in earlier calendar months."""

    months: int


@dataclass(frozen=True, slots=True)
class SetTier:
    """Put the member into a tier for some months (None: as the tier policy says)."""

    tier: str
    valid_months: int | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the member something."""

    text: Texts


@dataclass(frozen=True, slots=True)
class PartnerPoints:
    """Send points to a partner."""

    partner: str
    points_milli: int


Effect = (
    Earn
    | Multiply
    | DiscountEffect
    | FreeItem
    | FixedPrice
    | BuyXGetY
    | GrantEffect
    | ProgressEffect
    | ExtendExpiry
    | SetTier
    | Notify
    | PartnerPoints
)
