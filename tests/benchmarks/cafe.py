"""The café that is measured: the demo program with twelve rules that look at every purchase, and its baskets."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from loyalty import rules
from loyalty.rules.facts import Basket, Line, MemberFacts, Tender
from loyalty.rules.program import Program

STORES: Final = ("main-street", "harbor", "station")
TIERS: Final = ("green", "gold", "reserve")
LINES: Final = 4
# Everything a rule may hang on: tags, options, categories, tenders, time, place, limits, a discount, a budget-free cap.
_MORE_RULES: Final[tuple[dict[str, Any], ...]] = (
    {"key": "bakes", "name": {"en": "Two stars with every bake"}, "when": "purchase", "on": {"tags": ["bakery"]},
     "then": [{"earn": {"points_milli": 2000, "per_item": True}}], "limits": [{"times": 20, "per": "day"}]},
    {"key": "oat", "name": {"en": "A star for oat"}, "when": "purchase", "on": {"options": ["oat"]},
     "then": [{"earn": {"points_milli": 1000}}], "limits": [{"times": 50, "per": "week"}]},
    {"key": "big-order", "name": {"en": "15 stars from $25"}, "when": "purchase",
     "if": {"field": "order.eligible_minor", "op": ">=", "value": 2500}, "then": [{"earn": {"points_milli": 15000}}]},
    {"key": "wallet", "name": {"en": "Half a star more by balance"}, "when": "purchase", "on": {"tenders": ["wallet"]},
     "then": [{"earn": {"points_milli": 500, "per_minor": 100}}], "stack": {"group": "wallet", "mode": "add"}},
    {"key": "quiet-hours", "name": {"en": "Double in quiet hours"}, "when": "purchase", "where": {"stores": ["harbor"]},
     "valid": {"windows": ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;BYHOUR=14,15"]}, "then": [{"multiply": {"factor": "2"}}]},
    {"key": "coffee-and-cake", "name": {"en": "50 cents off coffee and cake"}, "when": "purchase",
     "if": {"all": [{"field": "order.item_tags", "op": "has", "value": "coffee"},
                    {"field": "order.item_tags", "op": "has", "value": "bakery"}]},
     "then": [{"discount": {"amount_minor": 50, "of": "order"}}]},
    {"key": "students", "name": {"en": "Students: ten stars"}, "when": "purchase", "who": {"tags": ["student"]},
     "then": [{"earn": {"points_milli": 10000}}], "limits": [{"times": 1, "per": "day"}]},
)  # fmt: skip


def document() -> dict[str, Any]:
    """Return the program: the café's own, and seven more rules, so that twelve look at a purchase."""
    made = rules.load_shipped("cafe-stars")
    made["rules"] = [*made["rules"], *_MORE_RULES]
    looking = [rule for rule in made["rules"] if "purchase" in rule["when"]]
    assert len(looking) == 12, len(looking)
    return made


@dataclass(frozen=True)
class Order:
    """One basket as a till sends it, without the code; the wallet pays all of it."""

    store: str
    tier: str
    lines: tuple[dict[str, Any], ...]
    tags: tuple[str, ...]
    total_minor: int


def orders(program: Program, number: int, *, now: datetime, seed: int = 7) -> list[Order]:
    """Return different baskets of four lines, with what the program says they cost."""
    dice = random.Random(seed)
    return [_order(program, dice, now) for _ in range(number)]


def _order(program: Program, dice: random.Random, now: datetime) -> Order:
    store, tier = dice.choice(STORES), dice.choice(TIERS)
    tags = ("own-cup",) if dice.random() < 0.2 else ()
    asked, lines = [], []
    for place in range(LINES):
        product = dice.choice([each for each in program.products.values() if each.kind == "product"])
        options = [
            dice.choice(program.option_groups[group].options)
            for group in product.option_groups
            if program.option_groups[group].minimum or dice.random() < 0.3
        ]
        keys = tuple(option.key for option in options)
        quantity = dice.choice((1, 1, 1, 2))
        price = product.price_at(store) + sum(option.price_minor for option in options)
        asked.append({"sku": product.sku, "quantity": quantity, "options": list(keys)})
        lines.append(Line(str(place + 1), product.sku, quantity, price, product.kind, keys, product.category))
    return Order(store, tier, tuple(asked), tags, _total(program, tuple(lines), store, tier, tags, now))


def _total(
    program: Program, lines: tuple[Line, ...], store: str, tier: str, tags: tuple[str, ...], now: datetime
) -> int:
    gross = sum(line.gross_minor for line in lines)
    basket = Basket(lines, now, "store", store, tenders=(Tender("wallet", gross),), tags=frozenset(tags))
    return rules.evaluate(program, basket, MemberFacts(tier, now), hints=False).total_minor
