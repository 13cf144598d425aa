"""Puts a checked document together into a ``Program``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.core import get_global

from loyalty.rules import goods, parse, specs
from loyalty.rules.order_ahead import order_ahead_of
from loyalty.rules.outcome import Expiry
from loyalty.rules.program import Program
from loyalty.rules.settings import settings_from

T = TypeVar("T")
Document = Mapping[str, Any]

NEVER = Expiry("never")


def currency_digits(currency: str) -> int:
    """Return the number of decimals of a currency, from Babel's data (USD 2, JPY 0, KWD 3)."""
    fractions: Mapping[str, tuple[int, ...]] = get_global("currency_fractions")
    return fractions.get(currency, fractions["DEFAULT"])[0]


def program_of(document: Document, version: int) -> Program:
    """Return the view of a checked document."""
    zone = ZoneInfo(document["timezone"])
    tiers = _by_key(_tiers(document["tiers"]))
    categories = _keyed(document.get("categories", ()), _category)
    groups = _keyed(document.get("option_groups", ()), _option_group)
    rules = _by_key([parse.rule(each, index) for index, each in enumerate(document.get("rules", ()))])
    entry = next(iter(tiers))
    rewards = _keyed(document.get("rewards", ()), lambda each: parse.reward(each, entry))
    offers = _keyed(document.get("offers", ()), parse.offer)
    coupons = _keyed(document.get("coupons", ()), parse.coupon)
    limited = [*rules.values(), *rewards.values(), *offers.values(), *coupons.values()]
    return Program(
        key=document["key"],
        version=version,
        name=document["name"],
        currency=document["currency"],
        currency_digits=currency_digits(document["currency"]),
        zone=zone,
        locales=tuple(document.get("locales", ("en",))),
        settings=settings_from(document.get("settings", {})),
        tier_policy=_tier_policy(document.get("tier_policy", {})),
        tiers=tiers,
        expiry=parse.expiry(document.get("expiry")) or NEVER,
        categories=categories,
        option_groups=groups,
        options={option.key: option for group in groups.values() for option in group.options},
        products={
            each["sku"]: _product(each, categories.get(each.get("category", "")))
            for each in document.get("products", ())
        },
        stores=_keyed(document.get("stores", ()), lambda each: _store(each, zone)),
        rules=rules,
        rewards=rewards,
        offers=offers,
        coupons=coupons,
        points_name=document.get("points", {}).get("name", {}),
        texts=document.get("texts", {}),
        brand=document.get("brand", {}),
        limits=tuple(limit for each in limited for limit in each.limits),
        document=document,
    )


def _by_key(parsed: Sequence[Any]) -> dict[str, Any]:
    return {each.key: each for each in parsed}


def _keyed(documents: Sequence[Document], make: Callable[[Document], T]) -> dict[str, T]:
    return {document["key"]: make(document) for document in documents}


def _tiers(documents: Sequence[Document]) -> list[goods.Tier]:
    return [
        goods.Tier(
            key=document["key"],
            name=document["name"],
            rank=rank,
            points_milli=document["points_milli"],
            expiry=parse.expiry(document.get("expiry")),
            color=document.get("color", ""),
            text=document.get("text", {}),
        )
        for rank, document in enumerate(documents)
    ]


def _tier_policy(document: Document) -> goods.TierPolicy:
    values = dict(document)
    window: Document = values.pop("window", {})
    named = {
        name: window[key] for name, key in (("window", "kind"), ("window_months", "months")) if key in window
    }
    return goods.TierPolicy(**named, **values)


def _category(document: Document) -> goods.Category:
    return goods.Category(document["key"], document["name"], frozenset(document.get("tags", ())))


def _option_group(document: Document) -> goods.OptionGroup:
    options = tuple(_option(each, document["key"]) for each in document["options"])
    return goods.OptionGroup(
        key=document["key"],
        name=document["name"],
        minimum=document.get("min", 0),
        maximum=document.get("max", len(options)),
        options=options,
    )


def _option(document: Document, group: str) -> goods.Option:
    return goods.Option(
        key=document["key"],
        name=document["name"],
        price_minor=document.get("price_minor", 0),
        tags=frozenset(document.get("tags", ())),
        group=group,
    )


def _product(document: Document, category: goods.Category | None) -> goods.Product:
    return goods.Product(
        sku=document["sku"],
        name=document["name"],
        category=document.get("category", ""),
        kind=document.get("kind", "product"),
        tags=frozenset(document.get("tags", ())) | (category.tags if category else frozenset()),
        price_minor=document.get("price_minor", 0),
        prices=document.get("prices", {}),
        option_groups=tuple(document.get("option_groups", ())),
        open_price=document.get("open_price", False),
        text=document.get("text", {}),
    )


def _store(document: Document, zone: ZoneInfo) -> specs.Store:
    return specs.Store(
        key=document["key"],
        name=document["name"],
        zone=ZoneInfo(document["timezone"]) if "timezone" in document else zone,
        address=document.get("address", ""),
        tags=frozenset(document.get("tags", ())),
        order_ahead=order_ahead_of(document["order_ahead"]) if "order_ahead" in document else None,
    )
