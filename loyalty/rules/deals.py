"""What a brand promises, as frozen values: rules, rewards, offers and coupons, made of the parts in ``specs``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from loyalty.record import record
from loyalty.rules.outcome import Expiry
from loyalty.rules.specs import Effect, Limit, On, Stack, Texts, Validity, Where, Who


@record
class RuleSpec:
    """One rule. ``condition`` is the document's own tree (conditions.py compiles it); None holds always.

    ``expiry`` None inherits: the tier's, else the program's. ``counts_for_tier`` None: base points count, bonuses as
    the setting says. ``index`` is the place in the document.
    """

    key: str
    name: Texts
    index: int
    when: frozenset[str]
    effects: tuple[Effect, ...]
    who: Who = field(default_factory=Who)
    where: Where = field(default_factory=Where)
    condition: Mapping[str, Any] | None = None
    on: On = field(default_factory=On)
    limits: tuple[Limit, ...] = ()
    stack: Stack = field(default_factory=Stack)
    valid: Validity = field(default_factory=Validity)
    expiry: Expiry | None = None
    on_return: Literal["reverse", "keep"] = "reverse"
    counts_for_tier: bool | None = None
    text: Texts = field(default_factory=dict[str, str])


@record
class GiveFreeItem:
    """One piece free, worth at most ``max_minor``; the member pays the rest."""

    on: On
    max_minor: int | None
    of: Literal["cheapest", "dearest"] = "dearest"


@record
class GiveAmountOff:
    """An amount off the matching piece (never more than it costs)."""

    on: On
    amount_minor: int
    of: Literal["order", "cheapest", "dearest"] = "dearest"


@record
class GivePercentOff:
    """A percent off the matching lines, at most ``max_minor``."""

    on: On
    percent: Fraction
    max_minor: int | None = None
    of: Literal["order", "cheapest", "dearest"] = "order"


@record
class GiveOption:
    """One option free, worth at most ``max_minor``; empty ``options`` means any priced option."""

    on: On
    max_minor: int | None = None
    options: frozenset[str] = frozenset()


@record
class GiveMerchandise:
    """One piece of a product, whatever it costs."""

    sku: str


Gift = GiveFreeItem | GiveAmountOff | GivePercentOff | GiveOption | GiveMerchandise


@record
class Reward:
    """What points buy. ``price_milli`` unless ``prices`` names the member's tier.

    ``stock`` None is unlimited; ``granted_only`` cannot be bought with points, only given by a grant.
    """

    key: str
    name: Texts
    price_milli: int
    prices: Mapping[str, int]
    gives: Gift
    who: Who = field(default_factory=Who)
    where: Where = field(default_factory=Where)
    valid: Validity = field(default_factory=Validity)
    condition: Mapping[str, Any] | None = None
    limits: tuple[Limit, ...] = ()
    stock: int | None = None
    granted_only: bool = False
    text: Texts = field(default_factory=dict[str, str])

    def price_for(self, tier: str) -> int:
        """Return the price in thousandths of a point for a member of a tier."""
        return self.prices.get(tier, self.price_milli)


@record
class ChallengeWindow:
    """The time in which a challenge counts, both ends included (the last one unless ``includes_end`` is false).

    ``receipt`` and ``activation`` last ``days`` or ``hours`` from that moment; ``fixed`` has store-local ``starts``
    (included) and ``ends`` (excluded: a date in the document means its whole day).
    """

    kind: Literal["receipt", "activation", "fixed"]
    days: int | None = None
    hours: int | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    includes_end: bool = True


@record
class Challenge:
    """Progress towards ``target``: minor units (accumulated, single_purchase), pieces, visits or distinct days."""

    qualifies_by: Literal["accumulated", "single_purchase", "items", "visits", "distinct_days"]
    target: int
    window: ChallengeWindow
    comparison: Literal["gte", "gt"] = "gte"
    repeat_receipt: Literal["independent", "restart", "ignore"] = "independent"
    requires: Literal["none", "seen", "activated"] = "none"
    purchase_counts_for: Literal["all_open", "oldest_open"] = "all_open"


@record
class Offer:
    """Something sent to members. ``effects`` are a challenge's award, or what holds while it is open.

    ``requires`` says from which state a coupon or multiplier works; a challenge has its own. ``public`` ones are told
    on the program page.
    """

    key: str
    name: Texts
    kind: Literal["coupon", "multiplier", "challenge", "information"]
    channels: frozenset[str]
    effects: tuple[Effect, ...]
    challenge: Challenge | None = None
    requires: Literal["none", "seen", "activated"] = "none"
    days: int | None = None
    public: bool = False
    who: Who = field(default_factory=Who)
    where: Where = field(default_factory=Where)
    condition: Mapping[str, Any] | None = None
    on: On = field(default_factory=On)
    limits: tuple[Limit, ...] = ()
    stack: Stack = field(default_factory=Stack)
    valid: Validity = field(default_factory=Validity)
    expiry: Expiry | None = None
    on_return: Literal["reverse", "keep"] = "reverse"
    counts_for_tier: bool | None = None
    text: Texts = field(default_factory=dict[str, str])


@record
class Coupon:
    """What a coupon code does. ``uses`` is how often one code can be used in all (None: no end; ``single`` is 1)."""

    key: str
    name: Texts
    kind: Literal["single", "multi", "personal"]
    effects: tuple[Effect, ...]
    uses: int | None = None
    who: Who = field(default_factory=Who)
    where: Where = field(default_factory=Where)
    condition: Mapping[str, Any] | None = None
    on: On = field(default_factory=On)
    limits: tuple[Limit, ...] = ()
    stack: Stack = field(default_factory=Stack)
    valid: Validity = field(default_factory=Validity)
    expiry: Expiry | None = None
    on_return: Literal["reverse", "keep"] = "reverse"
    counts_for_tier: bool | None = None
    text: Texts = field(default_factory=dict[str, str])
