"""What a program lists, as frozen values: tiers, categories, products and their options.

Money is integer minor units, points are integer thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loyalty.rules.outcome import Expiry
from loyalty.rules.specs import Texts


@dataclass(frozen=True, slots=True)
class Tier:
    """One level; ``rank`` 0 is the entry tier. ``points_milli`` are the tier points that reach it."""

    key: str
    name: Texts
    rank: int
    points_milli: int
    expiry: Expiry | None = None
    color: str = ""
    text: Texts = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """How tier points are counted, how long a tier is valid and what follows. ``grace_days`` come after it."""

    window: Literal["rolling_months", "calendar_year", "anniversary"] = "rolling_months"
    window_months: int = 12
    valid_months: int = 12
    demotion: Literal["full", "one_step", "none"] = "full"
    grace_days: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A group of products."""

    key: str
    name: Texts
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an option group; its key is unique in the program, so a line names it without its group."""

    key: str
    name: Texts
    price_minor: int
    tags: frozenset[str]
    group: str


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Choices of which a line takes at least ``minimum`` and at most ``maximum``."""

    key: str
    name: Texts
    minimum: int
    maximum: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale.

    ``tags`` include its category's; ``prices`` are those of the stores that differ from ``price_minor``.
    """

    sku: str
    name: Texts
    category: str
    kind: str
    tags: frozenset[str]
    price_minor: int
    prices: Mapping[str, int]
    option_groups: tuple[str, ...]
    open_price: bool = False
    text: Texts = field(default_factory=dict[str, str])

    def price_at(self, store: str | None) -> int:
        """Return the price in minor units at a store, options apart."""
        return self.prices.get(store, self.price_minor) if store else self.price_minor
