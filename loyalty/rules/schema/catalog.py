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
Store = strict(
    "Store",
    {
        "key": key("its key", required=True),
        "name": texts("its name by locale", required=True),
        "timezone": zone("its time zone; the program's where nothing is said"),
        "address": Line("its address", longest=500),
        "tags": keys(_TAGS, least=0, most=50),
    },
)
