"""Every setting, rule field, effect and named value of a program is in at least one scenario file of ours.

The program's own JSON Schema says what there is; the scenario files, programs beside them included, say what is played.
Of shipped programs only what a scenario names counts (a reward, an offer, a coupon): nothing is played because it is
there. Rules, offers and coupons say most things in the same words, read by the same code: there one of them is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyalty import rules, scenarios
from loyalty.rules.fields import FIELDS, OPERATORS

FOLDER = Path(__file__).parents[1] / "scenarios"
SCHEMA = rules.json_schema()
# What only people read, or what a program is written with; the evaluator never asks.
FOR_PEOPLE = {
    "$schema", "format", "key", "name", "text", "texts", "brand", "locales", "description", "address", "color",
    "points.name", "Notify.text",
    # Orders ahead are no step of a scenario; tests/domain/orders and tests/faces/orders play each of these.
    "Store.order_ahead",
}  # fmt: skip
NOT_IN_SCENARIOS = {"Brand", "OrderAhead", "PickupHours"}
# Defaults that nobody has to write, and where each is played all the same.
UNWRITTEN = {
    "Settings.multiplier_base=tier_rate": "golden/e03-own-cup.yaml",
    "Settings.crossing_purchase=old_rate": "golden/e12-to-gold-and-back.yaml",
    "Settings.on_tier_loss_expiry=restart": "golden/e12-to-gold-and-back.yaml",
    "Settings.negative_points=owe": "golden/e18-points-owed.yaml",
    "Settings.return_without_receipt=refuse": "settings/return-without-receipt.yaml",
    "Settings.multiplier_stacking=add": "golden/e04-own-cup-on-a-double-day.yaml",
    "Settings.rounding=exact": "golden/e02-seven-visits.yaml",
    "TierWindow.kind=rolling_months": "golden/e12-to-gold-and-back.yaml",
    "TierPolicy.demotion=full": "golden/e12-to-gold-and-back.yaml",
}


def things(node: Any, owner: str) -> Iterator[str]:
    """Yield everything that the schema names: ``Owner.property`` and ``Owner.property=value``."""
    for name, each in properties_of(node).items():
        if name in FOR_PEOPLE or f"{owner}.{name}" in FOR_PEOPLE:
            continue
        yield f"{owner}.{name}"
        for value in values_of(each):
            yield f"{owner}.{name}={value}"
        inner = inline_of(each)
        if inner is not None:
            yield from things(inner, f"{owner}.{name}")


def properties_of(node: Any) -> dict[str, Any]:
    found = dict(node.get("properties", {}))
    for name in ("anyOf", "oneOf"):
        for each in node.get(name, ()):
            if "$ref" not in each:
                found |= properties_of(each)
    return found


def inline_of(node: Any) -> Any:
    """Return the object that is described in place: the property's own, or that of its list's items."""
    node = node.get("items", node)
    return node if "properties" in node and "$ref" not in node else None


def values_of(node: Any) -> list[str]:
    """Return the words that may stand here, on their own or in a list."""
    found = [str(value) for value in node.get("enum", ()) if isinstance(value, str)]
    for name in ("anyOf", "oneOf"):
        for each in node.get(name, ()):
            found += values_of(each)
    if "items" in node:
        found += values_of(node["items"])
    return list(dict.fromkeys(found))


def definition_of(node: Any) -> str | None:
    """Return the name of the definition that a schema refers to, itself, as an item, or as one of several."""
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    if "items" in node:
        return definition_of(node["items"])
    for name in ("anyOf", "oneOf"):
        for each in node.get(name, ()):
            if found := definition_of(each):
                return found
    return None


def said(node: Any, owner: str, value: Any) -> Iterator[str]:
    """Yield what a document says, by the names of ``things``; unknown keys belong to the merging and are skipped."""
    if isinstance(value, list):
        for each in value:
            yield from said(node, owner, each)
        return
    if not isinstance(value, dict):
        return
    for part in (node, *node.get("oneOf", ()), *node.get("anyOf", ())):
        if name := definition_of(part) if part is not node else None:
            yield from said(SCHEMA["$defs"][name], name, value)
    known = properties_of(node)
    for name, each in value.items():
        if name not in known:
            continue
        yield f"{owner}.{name}"
        yield from (
            f"{owner}.{name}={word}"
            for word in (each if isinstance(each, list) else [each])
            if isinstance(word, str)
        )
        inner, definition = inline_of(known[name]), definition_of(known[name])
        items = keyed(each) if name in LISTS else each
        if inner is not None:
            yield from said(inner, f"{owner}.{name}", items)
        elif definition is not None:
            yield from said(SCHEMA["$defs"][definition], definition, items)


LISTS = {
    "rules",
    "rewards",
    "offers",
    "coupons",
    "tiers",
    "products",
    "stores",
    "categories",
    "option_groups",
}


def keyed(value: Any) -> Any:
    """Return the entries of a list that may be written as an object by key, or as {replace: [...]}."""
    if isinstance(value, dict):
        return value["replace"] if set(value) == {"replace"} else list(value.values())
    return value


def shared(thing: str) -> str:
    """Return what rules, offers and coupons have in common under one name."""
    owner, _, rest = thing.partition(".")
    alike = owner in ("Rule", "Offer", "Coupon") and rest.partition("=")[0].partition(".")[0] in CLAUSE
    return f"Clause.{rest}" if alike else thing


CLAUSE = set.intersection(*(set(SCHEMA["$defs"][name]["properties"]) for name in ("Rule", "Offer", "Coupon")))


def shipped(text: str) -> Iterator[str]:
    """Yield what the rewards, offers and coupons of shipped programs say that a text names."""
    for name in rules.SHIPPED:
        document = rules.load_shipped(name)
        for part in ("rewards", "offers", "coupons"):
            named = [each for each in document.get(part, ()) if each["key"] in text]
            yield from said(SCHEMA, "", {part: named})


def played() -> set[str]:
    """Return everything that programs of the scenario files say."""
    found: set[str] = set()
    for path in FOLDER.rglob("*.yaml"):
        found |= set(shipped(path.read_text("utf-8")))
    for path in sorted(FOLDER.rglob("*.yaml")):
        for document in scenarios.load(path):
            programs = [document.get("program"), {"settings": document.get("settings", {})}]
            programs += [step["apply"] for step in document.get("steps", ()) if "apply" in step]
            if "steps" not in document:
                programs = [document]
            for program in programs:
                inner = program.get("program", program) if isinstance(program, dict) else None
                found |= set(said(SCHEMA, "", inner))
    return found


def comparisons(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the (field, operator) of every condition in a document."""
    if isinstance(node, dict):
        if "field" in node:
            yield str(node["field"]), str(node.get("op", ""))
        for each in node.values():
            yield from comparisons(each)
    elif isinstance(node, list):
        for each in node:
            yield from comparisons(each)


EVERYTHING = sorted(
    {
        shared(thing)
        for name, each in SCHEMA["$defs"].items()
        if name not in NOT_IN_SCENARIOS
        for thing in things(each, name)
    }
    | set(things(SCHEMA, ""))
)
PLAYED = {shared(thing) for thing in played()}
COMPARED = {
    pair
    for path in FOLDER.rglob("*.yaml")
    for document in scenarios.load(path)
    for pair in comparisons(document)
}


@pytest.mark.parametrize("thing", EVERYTHING)
def test_it_is_in_a_scenario(thing: str) -> None:
    if thing in UNWRITTEN:
        assert (FOLDER / UNWRITTEN[thing]).exists()
        return
    assert thing in PLAYED, f"no scenario plays {thing}"


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_of_conditions_is_in_a_scenario(field: str) -> None:
    assert field in {name for name, _ in COMPARED}


@pytest.mark.parametrize("operator", sorted({each for known in OPERATORS.values() for each in known}))
def test_an_operator_of_conditions_is_in_a_scenario(operator: str) -> None:
    assert operator in {op for _, op in COMPARED}
