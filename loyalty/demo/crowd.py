"""Who comes to the café, and when: people with habits, drawn by a seeded random. Pure: the same seed, the same plan.

Some come every working day before eight, some at weekends with a friend, some once a month. ``living`` lets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from loyalty.demo import people

Item = Mapping[str, Any]
Pays = Literal["wallet", "card", "cash"]

STORES: Final = ("main-street", "harbor", "station", "garden")
_SIZES: Final = ("small", "medium", "large")
# sku -> option groups that must be chosen from, and what may come with it
_DRINKS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "latte": (("hot", "iced"), _SIZES),
    "caramel-latte": (("hot",), _SIZES),
    "cappuccino": (("hot",), _SIZES),
    "mocha": (("hot",), _SIZES),
    "long-black": (("hot", "iced"), _SIZES),
    "filter-of-the-week": (_SIZES,),
    "cold-brew": (("cup-regular", "cup-tall"),),
    "matcha-latte": (("hot", "iced"), _SIZES),
    "shaken-lemon-tea": (("cup-regular", "cup-tall"),),
    "coffee-frosty": (("cup-regular", "cup-giant"),),
    "house-chocolate": (("hot",), _SIZES),
}
_WITH_MILK: Final = frozenset(
    {"latte", "caramel-latte", "cappuccino", "mocha", "matcha-latte", "house-chocolate"}
)
_BITES: Final = (
    "croissant",
    "cookie",
    "banana-muffin",
    "cranberry-scone",
    "toast",
    "spinach-roll",
    "carrot-cake",
)
_GOODS: Final = ("beans", "beans-dark", "tea-tin", "mug")
_MILKS: Final = (None, None, "oat", "oat", "soy", "skim", "lactose-free")


@dataclass(frozen=True, slots=True)
class Habit:
    """How many live by it, how often they come in a week, at what hours, and how much more on working days."""

    share: float
    pace: tuple[float, float]
    hours: tuple[float, float]
    working_days: float


_HABITS: Final = (
    Habit(0.30, (4.0, 6.5), (7.2, 9.0), 2.5),
    Habit(0.40, (1.5, 3.0), (8.0, 16.0), 1.0),
    Habit(0.15, (1.0, 2.0), (10.0, 15.0), 0.2),
    Habit(0.15, (0.3, 0.8), (11.0, 17.0), 1.0),
)
_OPENS: Final = 6.5
_CLOSES: Final = 19.0


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody with habits. ``pace`` is visits in a week, ``hour`` when they usually come, local."""

    number: int
    given_name: str
    family_name: str
    address: str
    locale: str
    birthday: date | None
    joins: datetime
    store: str
    drink: Item
    bite: str | None
    milk: str | None
    pace: float
    hour: float
    working_days: float
    own_cup: bool
    pays: Pays
    also_web: bool
    shares_usual: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens: ``kind`` is ``join``, ``visit``, ``order``, ``gift`` or ``offer``."""

    at: datetime
    kind: Literal["join", "visit", "order", "gift", "offer"]
    guest: Guest | None = None
    store: str = STORES[0]
    items: tuple[Item, ...] = ()
    redeems: bool = False
    returns: bool = False
    offer: str = ""
    friend: Guest | None = None


def guests(random: Random, count: int, *, first: int, start: datetime, end: datetime) -> list[Guest]:
    """Return people who join between ``start`` and ``end``, most of them early; ``first`` numbers them."""
    return [_guest(random, first + place, start, end) for place in range(count)]


def _guest(random: Random, number: int, start: datetime, end: datetime) -> Guest:
    given, family = people.name_of(number)
    habit = random.choices(_HABITS, [each.share for each in _HABITS])[0]
    milk = random.choice(_MILKS)
    days = (end - start).days
    joins = start + timedelta(days=days * random.random() ** 2 * 0.9, hours=random.uniform(8, 18))
    return Guest(
        number=number,
        given_name=given,
        family_name=family,
        address=people.address_of(given, family, number + 1),
        locale=random.choices(("en", "fr"), (85, 15))[0],
        birthday=date(random.randint(1950, 2006), random.randint(1, 12), random.randint(1, 28))
        if random.random() < 0.7
        else None,
        joins=joins,
        store=random.choices(STORES, (45, 20, 25, 10))[0],
        drink=_drink(random, milk),
        bite=random.choice(_BITES) if random.random() < 0.6 else None,
        milk=milk,
        pace=random.uniform(*habit.pace),
        hour=random.uniform(*habit.hours),
        working_days=habit.working_days,
        own_cup=random.random() < 0.2,
        pays=random.choices(("wallet", "card", "cash"), (55, 30, 15))[0],
        also_web=random.random() < 0.3,
        shares_usual=random.random() < 0.75,
    )


def _drink(random: Random, milk: str | None) -> dict[str, Any]:
    sku = random.choice(tuple(_DRINKS))
    options = [random.choice(group) for group in _DRINKS[sku]]
    if milk and sku in _WITH_MILK:
        options.append(milk)
    return {"sku": sku, "options": options}


def plan(
    random: Random, crowd: Sequence[Guest], *, start: datetime, end: datetime, zone: ZoneInfo
) -> list[Event]:
    """Return everything that happens between ``start`` and ``end``, in order of time."""
    events = [Event(guest.joins, "join", guest) for guest in crowd if guest.joins < end]
    for guest in crowd:
        events += _visits(random, guest, end, zone)
    events += _gifts(random, crowd, end)
    for share, offer in ((0.25, "spend-forty"), (0.5, "four-bakes"), (0.75, "five-visits")):
        events.append(Event(start + (end - start) * share, "offer", offer=offer))
    return sorted((each for each in events if each.at < end), key=lambda each: (each.at, each.kind))


def _visits(random: Random, guest: Guest, end: datetime, zone: ZoneInfo) -> Iterator[Event]:
    day = guest.joins.astimezone(zone).date()
    last = end.astimezone(zone).date()
    # Working days and weekends share the pace: w visits on five days and v on two, w / v as the habit says.
    weekend = guest.pace / (5 * guest.working_days + 2)
    while day <= last:
        chance = weekend * guest.working_days if day.weekday() < 5 else weekend
        if random.random() < chance:
            at = _moment(random, guest.hour, day, zone)
            if at > guest.joins + timedelta(minutes=20):
                yield _visit(random, guest, at)
        day += timedelta(days=1)


def _moment(random: Random, hour: float, day: date, zone: ZoneInfo) -> datetime:
    wanted = min(max(random.gauss(hour, 0.6), _OPENS), _CLOSES)
    midnight = datetime.combine(day, time(), zone)
    # Wall-clock arithmetic first, then UTC: a visit at eight is at eight on the day the clocks change, too.
    return (midnight + timedelta(seconds=round(wanted * 3600))).astimezone(UTC)


def _visit(random: Random, guest: Guest, at: datetime) -> Event:
    kind: Literal["visit", "order"] = (
        "order" if guest.pays == "wallet" and random.random() < 0.15 else "visit"
    )
    drink = dict(guest.drink) if random.random() < 0.75 else _drink(random, guest.milk)
    if guest.own_cup and kind == "visit":
        drink["options"] = [*drink["options"], "own-cup"]
    items: list[Item] = [drink]
    if guest.bite and random.random() < 0.5:
        items.append({"sku": guest.bite, "options": []})
    if random.random() < 0.12:
        items.append(_drink(random, None))
    if random.random() < 0.04:
        items.append({"sku": random.choice(_GOODS), "options": []})
    return Event(
        at,
        kind,
        guest,
        store=guest.store if random.random() < 0.85 else random.choice(STORES),
        items=tuple(items),
        redeems=random.random() < 0.35,
        returns=kind == "visit" and len(items) > 1 and random.random() < 0.08,
    )


def _gifts(random: Random, crowd: Sequence[Guest], end: datetime) -> Iterator[Event]:
    """Every seventh or so gives somebody a gift card, a while after joining."""
    for guest in crowd:
        if len(crowd) > 1 and random.random() < 0.15:
            friend = random.choice([each for each in crowd if each is not guest])
            at = max(guest.joins, friend.joins) + timedelta(days=random.uniform(2, 12))
            yield Event(min(at, end), "gift", guest, store=guest.store, friend=friend)
