"""Checks what a document says about itself: keys that are named must exist, keys that are given must be unique.

Works on the sound parts of a document, so required keys may be missing and lists may hold None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loyalty.errors import Flaw
from loyalty.rules.nearest import nearest

Document = Mapping[str, Any]

# What a list of the program calls one of its things.
NOUNS: Final[Mapping[str, str]] = {
    "tiers": "tier",
    "categories": "category",
    "option_groups": "option group",
    "options": "option",
    "products": "product",
    "stores": "store",
    "rewards": "reward",
    "offers": "offer",
    "coupons": "coupon",
    "store_tags": "store tag",
    "challenges": "challenge",
}
# A program that lists none of these takes goods as tills name them.
OPEN: Final = frozenset({"products", "categories", "options"})


def objects(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the sound objects of a list with their places."""
    things: list[Any] = value or []
    for place, each in enumerate(things):
        if isinstance(each, dict):
            yield place, each


@dataclass(slots=True)
class Checking:
    """One pass over a document: what it names, and the flaws found so far."""

    document: Document
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    names: dict[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = _names(self.document)

    def add(self, pointer: str, detail: str, code: str = "invalid") -> None:
        """Note a flaw."""
        self.flaws.append(Flaw(pointer, detail, code))

    def known(self, pointer: str, refers: str, name: Any) -> None:
        """Check that a name is one of the program's ``refers``."""
        known = self.names[refers]
        if not isinstance(name, str) or name in known or (refers in OPEN and not known):
            return
        article = "an" if NOUNS[refers][0] in "aeiou" else "a"
        detail = f"expected {article} {NOUNS[refers]} of this program, not {name}{nearest(name, known)}"
        self.add(pointer, detail, "unknown_reference")

    def all_known(self, pointer: str, refers: str, names: Any) -> None:
        """Check every name of a list."""
        for place, name in enumerate(names or ()):
            self.known(f"{pointer}/{place}", refers, name)


def _keys(document: Document, name: str, key: str = "key") -> frozenset[str]:
    return frozenset(each[key] for _, each in objects(document.get(name)) if key in each)


def _names(document: Document) -> dict[str, frozenset[str]]:
    lists = ("tiers", "categories", "option_groups", "stores", "rewards", "offers", "coupons")
    groups = [group for _, group in objects(document.get("option_groups"))]
    return {
        **{name: _keys(document, name) for name in lists},
        "products": _keys(document, "products", "sku"),
        "options": frozenset().union(*(_keys(group, "options") for group in groups)),
        "store_tags": frozenset(
            tag for _, store in objects(document.get("stores")) for tag in store.get("tags", ()) if tag
        ),
        "challenges": frozenset(
            offer["key"]
            for _, offer in objects(document.get("offers"))
            if offer.get("kind") == "challenge" and "key" in offer
        ),
    }


def check_unique(checking: Checking) -> None:
    """Check that no list of the program has a key twice; options are unique across groups."""
    document = checking.document
    for name in ("tiers", "categories", "option_groups", "stores", "rules", "rewards", "offers", "coupons"):
        _unique(checking, f"/{name}", document.get(name), "key", set())
    _unique(checking, "/products", document.get("products"), "sku", set())
    options: set[str] = set()
    for place, group in objects(document.get("option_groups")):
        _unique(checking, f"/option_groups/{place}/options", group.get("options"), "key", options)


def _unique(checking: Checking, pointer: str, things: Any, key: str, seen: set[str]) -> None:
    for place, each in objects(things):
        name = each.get(key)
        if name is None:
            continue
        if name in seen:
            checking.add(
                f"{pointer}/{place}/{key}", f"expected a key that is not taken; {name} is", "duplicate"
            )
        seen.add(name)


def check_parts(checking: Checking, pointer: str, thing: Document) -> None:
    """Check the names in ``who``, ``where`` and ``on`` of a rule, reward, offer or coupon."""
    who: Document = thing.get("who") or {}
    checking.all_known(f"{pointer}/who/tiers", "tiers", who.get("tiers"))
    checking.known(f"{pointer}/who/offer", "offers", who.get("offer"))
    where: Document = thing.get("where") or {}
    checking.all_known(f"{pointer}/where/stores", "stores", where.get("stores"))
    checking.all_known(f"{pointer}/where/store_tags", "store_tags", where.get("store_tags"))
    check_on(checking, f"{pointer}/on", thing.get("on") or {})


def check_on(checking: Checking, pointer: str, on: Document) -> None:
    """Check the names in ``on``, and that it leaves something."""
    for name, refers in (
        ("categories", "categories"),
        ("skus", "products"),
        ("not_skus", "products"),
        ("options", "options"),
    ):
        checking.all_known(f"{pointer}/{name}", refers, on.get(name))
    for name in ("tags", "skus"):
        wanted = {each for each in on.get(name) or () if each}
        if wanted and wanted <= set(on.get(f"not_{name}") or ()):
            checking.add(
                pointer, f"expected some {name} that not_{name} does not take away again", "impossible"
            )
