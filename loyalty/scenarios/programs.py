"""Which program a scenario means: a shipped one, a file beside it, or an object merged over one of these. Pure but for
reading files.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeGuard

from loyalty import rules
from loyalty.errors import Flaw
from loyalty.rules.nearest import nearest
from loyalty.scenarios.format import FormatInvalid, load
from loyalty.scenarios.nouns import Line, Quote, Sale, Scenario
from loyalty.scenarios.values import Unreadable

DEFAULT: Final = "cafe-stars"
BASES: Final = ("extends", "base", "program", "from", "over", "file")
# An object under one of these says one thing whole: over another such object it replaces it.
WHOLE: Final = frozenset({"if", "expiry", "gives", "window", "formula"})
_COMPLETE: Final = frozenset({"format", "key", "currency", "timezone", "tiers"})
_NAMED: Final = (
    "tiers",
    "rules",
    "rewards",
    "offers",
    "coupons",
    "categories",
    "option_groups",
    "products",
    "stores",
)
Document = dict[str, Any]


def resolve(spec: Any, *, path: str, pointer: str = "/program", over: Document | None = None) -> Document:
    """Return the program document that ``spec`` names; ``over`` is what an object that names no base is merged over.

    Raise ``FormatInvalid``.
    """
    if isinstance(spec, str):
        return _named(spec, path, pointer)
    if not isinstance(spec, Mapping):
        raise FormatInvalid(path, (Flaw(pointer, "expected a shipped name, a path, or an object"),))
    patch = {str(key): value for key, value in spec.items()}
    named = next((patch.pop(word) for word in BASES if isinstance(patch.get(word), str)), None)
    if named is None and patch.get("name") in rules.SHIPPED:
        named = patch.pop("name")
    if named is not None:
        base = _named(named, path, pointer)
    elif set(patch) >= _COMPLETE:
        return plain(patch)
    elif patch.get("key") in rules.SHIPPED:
        base = rules.load_shipped(patch["key"])
    else:
        base = copy.deepcopy(over) if over is not None else rules.load_shipped(DEFAULT)
    try:
        return completed(merged(base, plain(patch)))
    except Unreadable as error:
        raise FormatInvalid(path, (Flaw(pointer, str(error)),)) from None


def _named(name: str, path: str, pointer: str) -> Document:
    if name in rules.SHIPPED:
        return rules.load_shipped(name)
    beside = Path(path).parent / name
    candidates = [
        beside,
        Path(name),
        *(beside.with_name(beside.name + end) for end in (".json", ".yaml", ".yml")),
    ]
    found = next((each for each in candidates if each.is_file()), None)
    if found is None:
        guess = nearest(name, rules.SHIPPED)
        shipped = " or ".join(rules.SHIPPED)
        raise FormatInvalid(
            path, (Flaw(pointer, f"expected {shipped}, or a file; there is no {name}{guess}"),)
        )
    if found.suffix == ".json":
        return rules.parse_json(found.read_text("utf-8"))
    document = plain(load(found)[0])
    return resolve(document, path=str(found), pointer="") if isinstance(document, dict) else document


def completed(document: Document) -> Document:
    """Return a program with what people leave out: a name is the key, a rule is for purchases, one is a list."""
    locale = next(iter(document.get("locales") or ("en",)))
    result = dict(document)
    for part in _NAMED:
        items = result.get(part)
        if _is_keyed(items):
            result[part] = [_with_name(each, locale) for each in items]
    if _is_keyed(result.get("rules")):
        result["rules"] = [{"when": "purchase", **rule} for rule in result["rules"]]
    return result


def _with_name(item: Mapping[str, Any], locale: str) -> Document:
    name = item.get("name", item.get("key", item.get("sku")))
    lists = {key: [item[key]] for key in ("then", "limits") if isinstance(item.get(key), Mapping)}
    return {**item, "name": {locale: name} if isinstance(name, str) else name, **lists}


def plain(value: Any) -> Any:
    """Return a value as a program file has it: decimals as integers or texts, dates as texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def merged(base: Any, patch: Any) -> Any:
    """Return ``patch`` merged over ``base``.

    Objects merge key by key, null takes a key away. Lists of keyed things (rules, tiers, products) merge by their
    ``key`` or ``sku``; ``{key, remove: true}`` takes one away, ``{replace: […]}`` replaces a list. Everything else
    replaces what was there.
    """
    if _is_keyed(base) and isinstance(patch, Mapping):
        if set(patch) == {"replace"}:
            return patch["replace"]
        patch = [{_name_of(base): key, **_as_object(each)} for key, each in patch.items()]
    if isinstance(patch, Mapping) and set(patch) == {"replace"} and isinstance(patch["replace"], list):
        return patch["replace"]
    if isinstance(base, Mapping) and isinstance(patch, Mapping):
        return _merged_objects(base, patch)
    if _is_keyed(base) and _is_keyed(patch):
        return _merged_lists(base, patch)
    return patch


def _merged_objects(base: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif key in WHOLE or key not in result:
            result[key] = (
                merged([], value) if isinstance(value, Mapping) and set(value) == {"replace"} else value
            )
        else:
            result[key] = merged(result[key], value)
    return result


def _merged_lists(base: list[Any], patch: list[Any]) -> list[Any]:
    name = _name_of(base or patch)
    result = {each[name]: each for each in base}
    for each in patch:
        key = each[name]
        if each.get("remove") is True:
            if key not in result:
                raise Unreadable(f"there is no {key} to remove{nearest(str(key), result)}")
            del result[key]
        else:
            result[key] = merged(result[key], each) if key in result else each
    return list(result.values())


def _is_keyed(value: Any) -> TypeGuard[list[Any]]:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and ("key" in each or "sku" in each) for each in value)
    )


def _name_of(items: list[Any]) -> str:
    return "sku" if "sku" in items[0] else "key"


def _as_object(value: Any) -> dict[str, Any]:
    if value is None:
        return {"remove": True}
    return dict(value) if isinstance(value, Mapping) else {}


def lines_of(scenario: Scenario) -> Iterable[tuple[Line, ...]]:
    """Yield the lines of every basket of a scenario."""
    for step in scenario.steps:
        action = step.action.sale if isinstance(step.action, Quote) else step.action
        if isinstance(action, Sale):
            yield action.lines


def stocked(document: Document, scenario: Scenario) -> Document:
    """Return the program with everything that a scenario sells.

    A product that only the scenario knows is added, so that a phone, which sells from the catalog, can sell it too. A
    product that is sold at two prices in one basket gets an open price for the same reason.
    """
    products: list[Any] = list(document.get("products") or [])
    known = {
        product["sku"]: product for product in products if isinstance(product, Mapping) and "sku" in product
    }
    categories = {each.get("key") for each in document.get("categories") or [] if isinstance(each, Mapping)}
    for lines in lines_of(scenario):
        prices: dict[str, set[Any]] = {}
        for line in lines:
            if line.kind not in (None, "product"):
                continue
            if line.sku not in known and line.price is not None:
                known[line.sku] = _product(line, categories)
                products.append(known[line.sku])
            prices.setdefault(line.sku, set()).add((line.price, line.options))
        for sku, found in prices.items():
            if len(found) > 1 and sku in known and all(price is not None for price, _ in found):
                place = next(i for i, each in enumerate(products) if each.get("sku") == sku)
                products[place] = known[sku] = {**known[sku], "open_price": True}
    return {**document, "products": products} if products else document


def _product(line: Line, categories: set[Any]) -> Document:
    product: Document = {"sku": line.sku, "name": {"en": line.name or line.sku}, "open_price": True}
    if line.category in categories:
        product["category"] = line.category
    return product
