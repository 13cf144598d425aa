"""The whole program document."""

from __future__ import annotations

from typing import Final

from loyalty.rules import words
from loyalty.rules.schema.catalog import Category, OptionGroup, Product, Store, Tier, TierPolicy, color, zone
from loyalty.rules.schema.deals import Coupon, Offer, Reward, Rule, listing
from loyalty.rules.schema.fields import (
    LOCALE,
    NAME,
    Choice,
    Constant,
    Flag,
    Line,
    Part,
    Whole,
    key,
)
from loyalty.rules.schema.parts import Expiry
from loyalty.rules.schema.shapes import (
    Inside,
    Listing,
    Table,
    strict,
    texts,
)
from loyalty.rules.settings import OFFLINE, SETTINGS, Setting

FORMAT: Final = 1


def _setting(setting: Setting) -> Part:
    meaning = f"{setting.meaning} (default: {str(setting.default).lower()})"
    if setting.kind == "choice":
        return Choice(meaning, setting.choices)
    if setting.kind == "boolean":
        return Flag(meaning)
    return Whole(meaning, low=setting.low, high=setting.high)


Offline = strict("Offline", {name: _setting(setting) for name, setting in OFFLINE.items()})
Settings = strict(
    "Settings",
    {
        **{name: _setting(setting) for name, setting in SETTINGS.items()},
        "offline": Inside("what a till may do without network", Offline),
    },
    "What other systems leave to accident.",
)
Brand = strict(
    "Brand",
    {
        "name": Line("the name members read", longest=100),
        "primary_color": color("color of buttons and headers"),
        "accent_color": color("color of what should be seen"),
        "tagline": texts("one line under the name"),
        "story": texts("a paragraph about the brand", longest=2000),
        "logo": Line("address of the logo", longest=500),
        "website": Line("address of the website", longest=500),
        "support_email": Line(
            "address for questions", longest=254, pattern=r"^[^@\s]+@[^@\s]+$", words="an e-mail address"
        ),
    },
    "How it looks and what it is called.",
)
_PLURALS: Final = Table(
    "forms by plural category",
    Line("form", longest=50),
    pattern=f"^({'|'.join(words.PLURALS)})$",
    words=f"one of {', '.join(words.PLURALS)}",
    least=1,
    most=6,
)
Points = strict(
    "Points",
    {
        "key": key("their key; points where nothing is said"),
        "name": Table(
            "what one and several are called, by locale",
            _PLURALS,
            pattern=LOCALE,
            words="a locale like en or fr-CA",
            least=1,
            most=20,
        ),
    },
    "What points are called.",
)
Program = strict(
    "Program",
    {
        "$schema": Line("address of the JSON Schema, for editors", longest=500),
        "format": Constant("version of this format", FORMAT, required=True),
        "key": key("the program's key, the same in every version", required=True),
        "name": texts("its name by locale", required=True),
        "currency": Line(
            "ISO 4217 code", longest=3, pattern=r"^[A-Z]{3}$", words="a currency code like USD", required=True
        ),
        "timezone": zone(
            "IANA time zone of the program, and of its stores unless they say another", required=True
        ),
        "locales": Listing(
            "its languages; the first must be complete",
            Line("locale", longest=12, pattern=LOCALE, words="a locale like en or fr-CA"),
            least=1,
            most=20,
        ),
        "brand": Inside("how it looks", Brand),
        "points": Inside("what points are called", Points),
        "settings": Inside("settings; each has a default", Settings),
        "tier_policy": Inside("how tiers are reached and lost", TierPolicy),
        "tiers": Listing(
            "tiers, the entry tier first", Inside("tier", Tier), least=1, most=20, required=True
        ),
        "expiry": Inside(
            "how long points live where tier and rule say nothing; for ever where nothing is said", Expiry
        ),
        "categories": listing("categories of products", Category, 200),
        "option_groups": listing("groups of options", OptionGroup, 200),
        "products": listing("what is sold", Product, 5000),
        "stores": listing("where it is sold; the first is the default", Store, 5000),
        "rules": listing("rules", Rule, 500),
        "rewards": listing("what points buy", Reward, 500),
        "offers": listing("what is sent to members", Offer, 500),
        "coupons": listing("what codes do", Coupon, 500),
        "texts": Table("other texts by name and locale", texts("text", longest=2000), pattern=NAME),
    },
    "A loyalty program: everything a brand promises its members.",
)
PROGRAM: Final = Program()
