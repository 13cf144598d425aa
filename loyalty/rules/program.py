"""The program as the evaluator sees it: one immutable view of one version, every lookup a dictionary's.

``compile_program`` in ``parse`` makes it from a document; nothing else should.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from loyalty.rules.deals import (
    Challenge,
    ChallengeWindow,
    Coupon,
    Gift,
    GiveAmountOff,
    GiveFreeItem,
    GiveMerchandise,
    GiveOption,
    GivePercentOff,
    Offer,
    Reward,
    RuleSpec,
)
from loyalty.rules.goods import Category, Option, OptionGroup, Product, Tier, TierPolicy
from loyalty.rules.periods import Period, period_of
from loyalty.rules.settings import Settings
from loyalty.rules.specs import (
    BuyXGetY,
    DiscountEffect,
    Earn,
    Effect,
    ExpirySpec,
    ExtendExpiry,
    FixedPrice,
    FreeItem,
    GrantEffect,
    Limit,
    Multiply,
    Notify,
    On,
    PartnerPoints,
    ProgressEffect,
    SetTier,
    Stack,
    Store,
    Texts,
    Validity,
    Where,
    Who,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One version of a program. Mappings are in the document's order; nothing in here may be changed.

    ``document`` is what it was made from; ``currency_digits`` the exponent of its currency (USD 2, JPY 0).
    """

    key: str
    version: int
    name: Texts
    currency: str
    currency_digits: int
    zone: ZoneInfo
    locales: tuple[str, ...]
    settings: Settings
    tier_policy: TierPolicy
    tiers: Mapping[str, Tier]
    expiry: ExpirySpec
    categories: Mapping[str, Category]
    option_groups: Mapping[str, OptionGroup]
    options: Mapping[str, Option]
    products: Mapping[str, Product]
    stores: Mapping[str, Store]
    rules: Mapping[str, RuleSpec]
    rewards: Mapping[str, Reward]
    offers: Mapping[str, Offer]
    coupons: Mapping[str, Coupon]
    points_name: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, Texts]
    brand: Mapping[str, Any]
    limits: tuple[Limit, ...]
    document: Mapping[str, Any] = field(repr=False)
    _made: dict[Callable[[Program], Any], Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, make: Callable[[Program], T]) -> T:
        """Return ``make(self)``, made at the first call and kept for the life of this version (closures, indexes).

        Two threads may both make it at the same moment; both then get the same one.
        """
        if make not in self._made:
            self._made.setdefault(make, make(self))
        return cast("T", self._made[make])

    @property
    def entry_tier(self) -> Tier:
        """Return the tier of a new member."""
        return next(iter(self.tiers.values()))

    @property
    def default_store(self) -> Store | None:
        """Return the store meant where none is named: the first; None where the program lists none."""
        return next(iter(self.stores.values()), None)

    def tier_rank(self, tier: str) -> int:
        """Return the rank of a tier; a tier that this version no longer has ranks as the entry tier."""
        known = self.tiers.get(tier)
        return known.rank if known else 0

    def tier_for(self, tier_points_milli: int) -> Tier:
        """Return the highest tier that so many tier points reach."""
        return max(
            (tier for tier in self.tiers.values() if tier.points_milli <= tier_points_milli),
            key=lambda tier: tier.rank,
        )

    def next_tier(self, tier: str) -> Tier | None:
        """Return the tier above, None at the top."""
        rank = self.tier_rank(tier) + 1
        return next((each for each in self.tiers.values() if each.rank == rank), None)

    def zone_of(self, store: str | None) -> ZoneInfo:
        """Return the zone of a store; the program's where no store, or one it does not know, is named."""
        known = self.stores.get(store) if store else None
        return known.zone if known else self.zone

    def local(self, occurred_at: datetime, store: str | None) -> datetime:
        """Return an instant on the clock of a store."""
        return occurred_at.astimezone(self.zone_of(store))

    def limit_periods(self, occurred_at: datetime, store: str | None) -> tuple[tuple[Limit, Period], ...]:
        """Return every limit that is kept between occasions with its current period: what ``facts.used`` must hold.

        A loader fetches the counters keyed ``(limit.key, period.key)``; limits per order need none.
        """
        zone = self.zone_of(store)
        return tuple(
            (limit, period_of(limit, occurred_at, zone)) for limit in self.limits if limit.per != "order"
        )

    def text(self, texts: Mapping[str, str], locale: str) -> str:
        """Return a text in a locale, in its language (``fr`` for ``fr-CA``), or in the program's first locale."""
        for each in (locale, locale.partition("-")[0], *self.locales):
            if each in texts:
                return texts[each]
        return ""


__all__ = [
    "BuyXGetY",
    "Category",
    "Challenge",
    "ChallengeWindow",
    "Coupon",
    "DiscountEffect",
    "Earn",
    "Effect",
    "ExpirySpec",
    "ExtendExpiry",
    "FixedPrice",
    "FreeItem",
    "Gift",
    "GiveAmountOff",
    "GiveFreeItem",
    "GiveMerchandise",
    "GiveOption",
    "GivePercentOff",
    "GrantEffect",
    "Limit",
    "Multiply",
    "Notify",
    "Offer",
    "On",
    "Option",
    "OptionGroup",
    "PartnerPoints",
    "Period",
    "Product",
    "Program",
    "ProgressEffect",
    "Reward",
    "RuleSpec",
    "SetTier",
    "Settings",
    "Stack",
    "Store",
    "Tier",
    "TierPolicy",
    "Validity",
    "Where",
    "Who",
]
