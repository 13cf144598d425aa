"""What is different between two program documents, field by field, in words that a reviewer reads.

Things that have a key (rules, products, tiers, …) are matched by it, wherever they stand; lists of keys and tags as
sets; other lists by place. A JSON pointer says where: in the new document, or in the old one for what was removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from babel.numbers import format_currency

from loyalty.rules.schema.ordering import ordered
from loyalty.rules.schema.reading import Path, pointer
from loyalty.rules.view import currency_digits

Document = Mapping[str, Any]
Kind = Literal["added", "removed", "changed", "moved"]

# What one thing of a list is called; what is not here is called by its place.
_NOUNS: Final[Mapping[str, str]] = {
    "tiers": "tier",
    "categories": "category",
    "option_groups": "option group",
    "options": "option",
    "products": "product",
    "stores": "store",
    "rules": "rule",
    "rewards": "reward",
    "offers": "offer",
    "coupons": "coupon",
}
_KEYS: Final = ("key", "sku")
_ABSENT: Final = object()
LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``old`` and ``new`` are the JSON values (None where there is none), ``words`` one sentence."""

    pointer: str
    kind: Kind
    old: Any
    new: Any
    words: str


def diff(old: Document, new: Document) -> tuple[Difference, ...]:
    """Return every difference between two sound documents, in the order of the format."""
    currency = str(new.get("currency") or old.get("currency") or "USD")
    return tuple(_Comparison(currency).compare((), (), ordered(old), ordered(new)))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One comparison. ``path`` leads to a value, ``names`` says the same for a person."""

    currency: str

    def compare(self, path: Path, names: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
        if old is _ABSENT or new is _ABSENT:
            yield self._alone(path, names, old, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from self._objects(path, names, old, new)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(path, names, old, new)
        elif old != new or type(old) is not type(new):
            words = f"{_place(names)}: {self._shown(names, old)} became {self._shown(names, new)}"
            yield Difference(pointer(path), "changed", old, new, words)

    def _alone(self, path: Path, names: tuple[str, ...], old: Any, new: Any) -> Difference:
        kind: Kind = "added" if old is _ABSENT else "removed"
        value = new if old is _ABSENT else old
        shown = "" if isinstance(value, dict) and _key(value) else f" ({self._shown(names, value)})"
        return Difference(
            pointer(path),
            kind,
            None if old is _ABSENT else old,
            None if new is _ABSENT else new,
            f"{_place(names)} was {kind}{shown}",
        )

    def _objects(
        self, path: Path, names: tuple[str, ...], old: Document, new: Document
    ) -> Iterator[Difference]:
        for name in (*old, *(name for name in new if name not in old)):
            before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
            yield from self.compare((*path, name), (*names, name), before, after)

    def _lists(
        self, path: Path, names: tuple[str, ...], old: Sequence[Any], new: Sequence[Any]
    ) -> Iterator[Difference]:
        if all(isinstance(each, dict) and _key(each) for each in (*old, *new)):
            yield from self._keyed(path, names, old, new)
        elif all(isinstance(each, str) for each in (*old, *new)):
            yield from self._sets(path, names, old, new)
        else:
            for place in range(max(len(old), len(new))):
                before = old[place] if place < len(old) else _ABSENT
                after = new[place] if place < len(new) else _ABSENT
                yield from self.compare((*path, place), (*names, f"no. {place + 1}"), before, after)

    def _keyed(
        self, path: Path, names: tuple[str, ...], old: Sequence[Document], new: Sequence[Document]
    ) -> Iterator[Difference]:
        befores = {_key(each): (place, each) for place, each in enumerate(old)}
        afters = {_key(each): (place, each) for place, each in enumerate(new)}
        noun = _NOUNS.get(names[-1], names[-1]) if names else ""
        for key in (*befores, *(key for key in afters if key not in befores)):
            before, after = befores.get(key, (0, _ABSENT)), afters.get(key, (0, _ABSENT))
            place = before[0] if after[1] is _ABSENT else after[0]
            yield from self.compare((*path, place), (*names[:-1], f"{noun} {key}"), before[1], after[1])
        yield from _order(
            path, names, [key for key in befores if key in afters], [key for key in afters if key in befores]
        )

    def _sets(
        self, path: Path, names: tuple[str, ...], old: Sequence[str], new: Sequence[str]
    ) -> Iterator[Difference]:
        for place, each in enumerate(old):
            if each not in new:
                words = f"{_place(names)}: {each} was removed"
                yield Difference(pointer((*path, place)), "removed", each, None, words)
        for place, each in enumerate(new):
            if each not in old:
                words = f"{_place(names)}: {each} was added"
                yield Difference(pointer((*path, place)), "added", None, each, words)
        yield from _order(
            path, names, [each for each in old if each in new], [each for each in new if each in old]
        )

    def _shown(self, names: tuple[str, ...], value: Any) -> str:
        """Show a value as a person reads it: money with its currency, points without thousandths."""
        unit = next((name for name in reversed(names) if name.endswith(("_minor", "_milli"))), "")
        if isinstance(value, int) and not isinstance(value, bool) and unit:
            return (
                self._money(value)
                if unit.endswith("_minor")
                else f"{Decimal(value).scaleb(-3).normalize():,f} points"
            )
        shown = (
            {True: "yes", False: "no", None: "nothing"}.get(value) if isinstance(value, bool | None) else None
        )
        text = shown or (_flat(value) if isinstance(value, dict | list) else str(value))
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

    def _money(self, amount_minor: int) -> str:
        digits = currency_digits(self.currency)
        return format_currency(Decimal(amount_minor).scaleb(-digits), self.currency, locale="en_US")


def _order(path: Path, names: tuple[str, ...], old: list[Any], new: list[Any]) -> Iterator[Difference]:
    """Say that what both have stands in another order: for tiers and stores it matters, for all it is shown."""
    if old != new:
        words = f"{_place(names)}: the order became {', '.join(map(str, new))}"
        yield Difference(pointer(path), "moved", old, new, words if len(words) <= 200 else f"{words[:199]}…")


def _key(value: Document) -> str | None:
    return next((value[name] for name in _KEYS if isinstance(value.get(name), str)), None)


def _place(names: tuple[str, ...]) -> str:
    return " / ".join(names) or "the program"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_flat(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_flat(each) for each in value)
    return str(value)
