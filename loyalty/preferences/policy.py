"""What the usual is, and whether a given edit of a member's taste is well formed. Pure.

The usual of a time of day, made of past purchases:

1. Purchases of the last 60 days count, in the slot of their store-local time (``names.SLOTS``).
2. Of these, the 8 newest visits of the slot are looked at (same time: the greater visit id is the newer).
3. A *choice* is a product with its options, whatever their order; it counts once per visit.
4. A choice bought in at least 3 of these visits may be the usual.
5. Its weight is 8 for the newest visit it was in, 7 for the one before, … 1 for the eighth, summed up.
   The heaviest is the usual. Ties: more visits; then the newer newest visit; then by product and options.
6. Others that may be the usual come with it (at most 2, heaviest first) if they were bought in at least 3 and at
   least half of the visits in which the usual itself was bought: a latte *and* a croissant.
7. The quantity of each is its most frequent one over these visits; ties: the smaller.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from loyalty.errors import Flaw, Invalid
from loyalty.preferences.names import MOST_OPTIONS, MOST_PIECES, MOST_USUAL_ITEMS, SLOTS

REMEMBERED: Final = timedelta(days=60)
VISITS: Final = 8
ENOUGH: Final = 3
COMPANIONS: Final = 2

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class PreferenceInvalid(Invalid):
    """A name, value or item is not well formed."""

    code = "preference_invalid"
    text = "This preference is not valid."


@dataclass(frozen=True, slots=True)
class Item:
    """A product as somebody takes it. ``options`` are sorted, so that equal choices are equal."""

    sku: str
    options: tuple[str, ...] = ()
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of one past visit: what was kept of it (returned pieces taken out).

    ``visit`` is the sale's id, ``bought_at`` an aware instant in the store's own zone.
    """

    visit: str
    bought_at: datetime
    sku: str
    options: tuple[str, ...] = ()
    quantity: int = 1


_Choice = tuple[str, tuple[str, ...]]
_Visit = Mapping[_Choice, int]


def slot_of(local: datetime) -> str:
    """Return the key of the slot in which a store-local time lies."""
    begun = [slot.key for slot in SLOTS if slot.begins <= local.time()]
    return begun[-1] if begun else SLOTS[-1].key


def usual_by_slot(purchases: Iterable[Purchase], now: datetime) -> dict[str, tuple[Item, ...]]:
    """Return the usual of each slot; an empty tuple where past purchases say nothing."""
    recent = [
        bought for bought in purchases if now - REMEMBERED <= bought.bought_at <= now and bought.quantity > 0
    ]
    return {
        slot.key: _usual([bought for bought in recent if slot_of(bought.bought_at) == slot.key])
        for slot in SLOTS
    }


def _usual(purchases: Sequence[Purchase]) -> tuple[Item, ...]:
    visits = _newest_visits(purchases)
    seen: Counter[_Choice] = Counter(choice for visit in visits for choice in visit)
    ranked = sorted(
        (choice for choice, times in seen.items() if times >= ENOUGH),
        key=lambda choice: _rank(choice, visits),
    )
    if not ranked:
        return ()
    usual, *others = ranked
    together = [visit for visit in visits if usual in visit]
    companions = [choice for choice in others if _comes_along(choice, together)]
    return tuple(_item(choice, visits) for choice in [usual, *companions[:COMPANIONS]])


def _newest_visits(purchases: Sequence[Purchase]) -> list[_Visit]:
    moments: dict[str, datetime] = {}
    contents: dict[str, Counter[_Choice]] = {}
    for bought in purchases:
        moments[bought.visit] = max(bought.bought_at, moments.get(bought.visit, bought.bought_at))
        choice = (bought.sku, tuple(sorted(bought.options)))
        contents.setdefault(bought.visit, Counter())[choice] += bought.quantity
    newest = sorted(moments, key=lambda visit: (moments[visit], visit), reverse=True)[:VISITS]
    return [contents[visit] for visit in newest]


def _rank(choice: _Choice, visits: Sequence[_Visit]) -> tuple[int, int, int, _Choice]:
    places = [place for place, visit in enumerate(visits) if choice in visit]
    weight = sum(VISITS - place for place in places)
    return (-weight, -len(places), places[0], choice)


def _comes_along(choice: _Choice, together: Sequence[_Visit]) -> bool:
    times = sum(choice in visit for visit in together)
    return times >= ENOUGH and 2 * times >= len(together)


def _item(choice: _Choice, visits: Sequence[_Visit]) -> Item:
    quantities = Counter(visit[choice] for visit in visits if choice in visit)
    quantity = min(quantities, key=lambda number: (-quantities[number], number))
    return Item(choice[0], choice[1], min(quantity, MOST_PIECES))


# what is well formed


def check_name(name: str, pointer: str = "/name") -> None:
    """Raise ``PreferenceInvalid`` unless this can name a preference or a tag: ``oat_milk``, at most 40 characters."""
    if not _NAME.fullmatch(name):
        raise _invalid(
            pointer, "Expected lower-case letters, digits and '_', beginning with a letter, at most 40."
        )


def check_text(text: str, pointer: str, most: int) -> None:
    """Raise ``PreferenceInvalid`` unless this is a text of 1 to ``most`` printable characters."""
    if not 1 <= len(text) <= most or _UNPRINTABLE.search(text):
        raise _invalid(pointer, f"Expected 1 to {most} printable characters.")


def check_slot(slot: str) -> None:
    """Raise ``PreferenceInvalid`` unless there is such a time of day."""
    known = [known.key for known in SLOTS]
    if slot not in known:
        raise _invalid("/slot", f"Expected one of: {', '.join(known)}.")


def check_items(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items with sorted options; raise ``PreferenceInvalid`` for none, too many or wrong ones."""
    if not 1 <= len(items) <= MOST_USUAL_ITEMS:
        raise _invalid("/items", f"Expected 1 to {MOST_USUAL_ITEMS} items.")
    for place, item in enumerate(items):
        check_text(item.sku, f"/items/{place}/sku", 100)
        if len(item.options) > MOST_OPTIONS or len(set(item.options)) < len(item.options):
            raise _invalid(f"/items/{place}/options", f"Expected at most {MOST_OPTIONS} different options.")
        for n, option in enumerate(item.options):
            check_text(option, f"/items/{place}/options/{n}", 100)
        if not 1 <= item.quantity <= MOST_PIECES:
            raise _invalid(f"/items/{place}/quantity", f"Expected 1 to {MOST_PIECES} pieces.")
    return tuple(Item(item.sku, tuple(sorted(item.options)), item.quantity) for item in items)


def _invalid(pointer: str, expected: str) -> PreferenceInvalid:
    return PreferenceInvalid(flaws=(Flaw(pointer, expected),))
