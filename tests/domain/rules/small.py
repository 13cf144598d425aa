"""Small programs, baskets and members for tests of the evaluator: only what a test is about need be said."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from loyalty import rules
from loyalty.rules.facts import (
    Basket,
    CouponClaim,
    Line,
    MemberFacts,
    Occasion,
    OfferInstance,
    RewardClaim,
    Tender,
)
from loyalty.rules.outcome import Evaluation
from loyalty.rules.program import Program

NEW_YORK = ZoneInfo("America/New_York")
NOT_ALCOHOL = {"kinds": ["product"], "not_tags": ["alcohol"]}


def text(value: str) -> dict[str, str]:
    return {"en": value, "fr": f"{value} (fr)"}


def rule(key: str, *effects: dict[str, Any], **parts: Any) -> dict[str, Any]:
    parts = {name.rstrip("_"): value for name, value in parts.items()}
    return {"key": key, "name": text(key), "when": "purchase", "then": list(effects), **parts}


def rate(points_milli: int, per_minor: int = 100) -> dict[str, Any]:
    return {"earn": {"points_milli": points_milli, "per_minor": per_minor}}


def points(points_milli: int, **more: Any) -> dict[str, Any]:
    return {"earn": {"points_milli": points_milli, **more}}


def double(factor: str = "2") -> dict[str, Any]:
    return {"multiply": {"factor": factor}}


def discount(**parts: Any) -> dict[str, Any]:
    return {"discount": parts}


def keyed(key: str, **parts: Any) -> dict[str, Any]:
    parts = {name.rstrip("_"): value for name, value in parts.items()}
    return {"key": key, "name": text(key), **parts}


BASES = [
    rule("green-base", rate(1000), who={"tiers": ["green"]}, on=NOT_ALCOHOL),
    rule("gold-base", rate(1200), who={"tiers": ["gold"]}, on=NOT_ALCOHOL),
    rule("reserve-base", rate(1700), who={"tiers": ["reserve"]}, on=NOT_ALCOHOL),
]
OWN_CUP = rule(
    "own-cup",
    double(),
    on=NOT_ALCOHOL,
    limits=[{"times": 1, "per": "order"}, {"times": 3, "per": "day"}],
    if_={"field": "order.tags", "op": "has", "value": "own-cup"},
)
DOUBLE_DAY = rule(
    "double-day", double(), on=NOT_ALCOHOL, if_={"field": "order.tags", "op": "has", "value": "double"}
)
TINY: dict[str, Any] = {
    "format": 1,
    "key": "tiny",
    "name": text("Tiny"),
    "currency": "USD",
    "timezone": "America/New_York",
    "locales": ["en", "fr"],
    "points": {
        "name": {"en": {"one": "star", "other": "stars"}, "fr": {"one": "étoile", "other": "étoiles"}}
    },
    "tiers": [
        keyed("green", points_milli=0, expiry={"kind": "months_end", "count": 6}),
        keyed("gold", points_milli=500_000, expiry={"kind": "never"}),
        keyed("reserve", points_milli=2_500_000, expiry={"kind": "never"}),
    ],
    "categories": [keyed("drinks", tags=["drink"]), keyed("wine", tags=["alcohol"]), keyed("food")],
    "option_groups": [
        keyed(
            "extras",
            options=[
                keyed("oat", price_minor=80),
                keyed("shot", price_minor=120),
                keyed("lid", price_minor=0),
            ],
        )
    ],
    "products": [
        {
            "sku": "latte",
            "name": text("Latte"),
            "category": "drinks",
            "price_minor": 690,
            "option_groups": ["extras"],
        },
        {"sku": "merlot", "name": text("Merlot"), "category": "wine", "price_minor": 2000},
        {"sku": "toast", "name": text("Toast"), "category": "food", "price_minor": 800},
        {"sku": "cookie", "name": text("Cookie"), "category": "food", "price_minor": 150, "tags": ["sweet"]},
    ],
    "stores": [keyed("main", tags=["seats"]), keyed("west", timezone="America/Los_Angeles")],
}


def program(
    *rules_: dict[str, Any], bases: bool = True, settings: dict[str, Any] | None = None, **parts: Any
) -> Program:
    document = deepcopy({**TINY, **parts})
    document["rules"] = deepcopy([*(BASES if bases else []), *rules_])
    document["settings"] = settings or {}
    return rules.compile_program(document, version=1)


_ids = count(1)


def line(sku: str = "latte", price: int = 690, quantity: int = 1, **parts: Any) -> Line:
    parts["tags"] = frozenset(parts.get("tags", ()))
    return Line(parts.pop("id", None) or f"l{next(_ids)}", sku, quantity, price, **parts)


def tax(price: int) -> Line:
    return line("tax", price, kind="tax", id="tax")


def tip(price: int) -> Line:
    return line("tip", price, kind="tip", id="tip")


def local(
    year: int, month: int, day: int, hour: int = 12, minute: int = 0, zone: ZoneInfo = NEW_YORK
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


MARCH = local(2026, 3, 1)
NOON = local(2026, 3, 10)


def basket(*lines: Line, at: datetime = NOON, **parts: Any) -> Basket:
    for name in ("rewards", "coupons", "tenders"):
        parts[name] = tuple(parts.get(name, ()))
    parts["tags"] = frozenset(parts.get("tags", ()))
    return Basket(tuple(lines), at, **parts)


def member(tier: str = "gold", **parts: Any) -> MemberFacts:
    parts.setdefault("joined_at", local(2025, 1, 15))
    for name in ("tags", "segments"):
        parts[name] = frozenset(parts.get(name, ()))
    parts.setdefault("visits", 5)
    return MemberFacts(tier, **parts)


def claim(reward: str, **parts: Any) -> RewardClaim:
    return RewardClaim(reward, **parts)


def code(coupon: str) -> CouponClaim:
    return CouponClaim(coupon, f"id-{coupon}", coupon.upper())


def pay(kind: Any, amount_minor: int) -> Tender:
    return Tender(kind, amount_minor)


def received(offer: str, key: str = "", at: datetime = MARCH, **parts: Any) -> OfferInstance:
    return OfferInstance(key or f"i-{offer}", offer, at, **parts)


def buy(of: Program, *lines: Line, who: MemberFacts | None = None, **parts: Any) -> Evaluation:
    """Evaluate a purchase of a gold member (or of ``who``) and check what must always be true."""
    bought = basket(*lines, **parts)
    outcome = rules.evaluate(of, bought, who or member())
    check(outcome)
    return outcome


def happens(
    of: Program, when: str, who: MemberFacts | None = None, at: datetime = NOON, **parts: Any
) -> Evaluation:
    outcome = rules.answer(of, Occasion(when, at, **parts), who or member())
    check(outcome)
    return outcome


def check(outcome: Evaluation) -> None:
    """Parts add up, nothing is negative, nothing is a float."""
    for one in outcome.lines:
        assert one.net_minor == one.gross_minor - one.discount_minor >= 0
    by_line = {one.line: 0 for one in outcome.lines}
    for each in outcome.discounts:
        assert sum(part for _, part in each.by_line) == each.amount_minor > 0
        for name, part in each.by_line:
            by_line[name] += part
    assert by_line == {one.line: one.discount_minor for one in outcome.lines}
    for earning in outcome.earnings:
        assert earning.points_milli > 0
        assert not outcome.lines or sum(part for _, part in earning.by_line) == earning.points_milli
    for use in outcome.limits:
        assert not use.by_line or sum(part for _, part in use.by_line) == use.amount
        assert use.maximum_amount is None or use.amount <= use.maximum_amount
    assert_no_float(outcome)


def assert_no_float(value: Any) -> None:
    assert not isinstance(value, float)
    if isinstance(value, dict):
        for each in value.values():
            assert_no_float(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            assert_no_float(each)
    elif hasattr(type(value), "__dataclass_fields__"):
        for name in type(value).__dataclass_fields__:
            assert_no_float(getattr(value, name))


def earned(outcome: Evaluation, key: str) -> int:
    return sum(each.points_milli for each in outcome.earnings if each.rule == key)


def off(outcome: Evaluation, key: str) -> int:
    return sum(each.amount_minor for each in outcome.discounts if each.key == key)


def missing(outcome: Evaluation) -> dict[str, str]:
    return {each.key: each.code for each in outcome.near_misses}
