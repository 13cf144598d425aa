"""Tiers, products, options and stores as they are written in the document."""

from __future__ import annotations

from typing import Final

from loyalty.rules import words
from loyalty.rules.schema.fields import (
    Choice,
    Flag,
    Line,
    Whole,
    key,
)
from loyalty.rules.schema.parts import Expiry, keys, money, points
from loyalty.rules.schema.shapes import (
    Inside,
    Listing,
    Table,
    strict,
    texts,
)

COLOR: Final = r"^#[0-9a-fA-F]{6}$"


def color(meaning: str) -> Line:
    """Return the field of a color."""
    return Line(meaning, longest=7, pattern=COLOR, words="a color like #1f6f54")


def zone(meaning: str, *, required: bool = False) -> Line:
    """Return the field of an IANA time zone."""
    return Line(meaning, longest=64, required=required)


TierWindow = strict(
    "TierWindow",
    {
        "kind": Choice("what is counted", ("rolling_months", "calendar_year", "anniversary"), required=True),
        "months": Whole("length of a rolling window", low=1, high=120),
    },
)
TierPolicy = strict(
    "TierPolicy",
    {
        "window": Inside("in which time tier points are counted", TierWindow),
        "valid_months": Whole("how long a reached tier is valid", low=1, high=120),
        "demotion": Choice("what follows when it ends", ("full", "one_step", "none")),
        "grace_days": Whole("days a tier lives on after its end", high=365),
    },
    "How tiers are reached and lost.",
)
Tier = strict(
    "Tier",
    {
        "key": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "points_milli": points(
            "tier points that reach it; 0 for the entry tier, which is the first", required=True
        ),
        "expiry": Inside("how long points earned in it live", Expiry),
        "color": color("its color"),
        "text": texts("what a member reads about it", longest=2000),
    },
)
_TAGS: Final = "its tags"
Category = strict(
    "Category",
    {
        "key": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "tags": keys(_TAGS, least=0, most=50),
        "text": texts("what a member reads about it", longest=2000),
    },
)
Option = strict(
    "Option",
    {
        "key": key("its key, unique in the program", required=True),
        "name": texts("its name by locale", required=True),
        "price_minor": money("what it adds"),
        "tags": keys(_TAGS, least=0, most=50),
    },
)
OptionGroup = strict(
    "OptionGroup",
    {
        "key": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "min": Whole("least number of options to choose", high=60),
        "max": Whole("greatest number of options to choose", low=1, high=60),
        "options": Listing("its options", Inside("option", Option), least=1, most=100, required=True),
    },
)
Product = strict(
    "Product",
    {
        "sku": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "category": key("its category"),
        "kind": Choice("its kind of line; product where nothing is said", words.LINE_KINDS),
        "tags": keys(_TAGS, least=0, most=50),
        "price_minor": money("its price without options"),
        "prices": Table("stores with another price", money("price")),
        "option_groups": keys("its option groups", least=0, most=50),
        "open_price": Flag("true: the till says the price"),
        "text": texts("what a member reads about it", longest=2000),
    },
)
_CLOCK: Final = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DAY: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(meaning: str) -> Listing:
    clock = Line("a time", longest=5, pattern=_CLOCK, words="a time like 07:30, or 24:00")
    span = Listing("from and until", clock, least=2, most=2)
    return Listing(f"{meaning}: from and until, on the store's clock; nothing: not that day", span, most=10)


PickupHours = strict(
    "PickupHours",
    {day: _hours(day) for day in WEEKDAYS},
    "When orders can be picked up, by day of the week.",
)
OrderAhead = strict(
    "OrderAhead",
    {
        "lead_minutes": Whole("minutes that the store needs for an order", low=1, high=240, required=True),
        "every_minutes": Whole("minutes from one pick-up time to the next; 5 if not said", low=1, high=240),
        "most_per_slot": Whole("orders for one pick-up time; as many as come if not said", low=1, high=1000),
        "days_ahead": Whole("days after today for which orders are taken; 0 if not said", high=30),
        "hours": Inside("when orders can be picked up", PickupHours, required=True),
        "closed_days": Listing(
            "days without pick-up",
            Line("a day", longest=10, pattern=_DAY, words="a day like 2026-12-25"),
            most=400,
        ),
        "not_skus": keys("products that cannot be ordered ahead here", least=0, most=500),
    },
    "How a store takes orders ahead. A store without it takes none.",
)
Store = strict(
    "Store",
    {
        "key": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "timezone": zone("its time zone; the program's where nothing is said"),
        "address": Line("its address", longest=500),
        "tags": keys(_TAGS, least=0, most=50),
        "order_ahead": Inside("how it takes orders ahead; nothing: it takes none", OrderAhead),
    },
)
