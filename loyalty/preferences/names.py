"""The known names of this feature, in tables: preferences, times of day, dietary tags, purposes of consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Final

MOST_PREFERENCES: Final = 60
MOST_FAVORITES: Final = 200
MOST_DIETARY_NOTES: Final = 30
MOST_USUAL_ITEMS: Final = 5
MOST_OPTIONS: Final = 20
MOST_PIECES: Final = 20


@dataclass(frozen=True, slots=True)
class Known:
    """A preference that the faces know by name; ``at_till`` says that a cashier needs it to make the drink."""

    label: str
    at_till: bool = True


# Other names are allowed (a program's own option groups); the faces show them by their key.
PREFERENCES: Final[Mapping[str, Known]] = {
    "milk": Known("Milk"),
    "size": Known("Size"),
    "sweetness": Known("Sweetness"),
    "ice": Known("Ice"),
    "temperature": Known("Temperature"),
    "strength": Known("Strength"),
    "cup": Known("Cup"),
    "name_on_cup": Known("Name on the cup"),
    "store": Known("Favorite store", at_till=False),
    "receipt": Known("How receipts come", at_till=False),
}
FAVORITE_STORE: Final = "store"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of day: from ``begins``, in the store's local time, until the next slot begins."""

    key: str
    begins: time


# The evening runs past midnight: half past one still belongs to the day before.
SLOTS: Final = (
    Slot("morning", time(4)),
    Slot("midday", time(11)),
    Slot("afternoon", time(14)),
    Slot("evening", time(17)),
)

# Tags that the faces can translate; others of the same shape are kept as they are.
DIETARY_TAGS: Final = frozenset(
    {
        "vegan",
        "vegetarian",
        "halal",
        "kosher",
        "no_caffeine",
        "no_dairy",
        "no_egg",
        "no_fish",
        "no_gluten",
        "no_lactose",
        "no_nuts",
        "no_peanuts",
        "no_pork",
        "no_sesame",
        "no_soy",
        "no_sugar",
    }
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Something a member may allow: on which channels, and on which of them it holds until they say no."""

    label: str
    channels: frozenset[str]
    unless_withdrawn: frozenset[str] = frozenset()


_SENT: Final = frozenset({"email", "sms", "push", "inbox"})
PURPOSES: Final[Mapping[str, Purpose]] = {
    "marketing": Purpose("Offers and news", _SENT),
    "insights": Purpose("Weekly letter and yearly review", _SENT),
    # About what the member did: receipts, points about to expire. Not marketing, but everybody may stop it.
    "service": Purpose("About your account", _SENT, frozenset({"email", "push", "inbox"})),
    "usual_at_till": Purpose("Cashiers see my usual and how I take it", frozenset({"till"})),
    "dietary_at_till": Purpose("Cashiers see my dietary notes", frozenset({"till"})),
}
