"""Checks the parts that deals share: conditions, formulas, effects, limits, validity, texts by locale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from loyalty.rules import fields, formula, parse, words
from loyalty.rules.nearest import nearest
from loyalty.rules.references import Checking, check_on, objects
from loyalty.rules.windows import window

Document = Mapping[str, Any]

PRICE_EFFECTS: Final = frozenset({"discount", "free_item", "fixed_price", "buy_x_get_y"})
BASKET_EFFECTS: Final = PRICE_EFFECTS | {"multiply"}


def check_condition(checking: Checking, pointer: str, tree: Any) -> None:
    """Check depth, size, fields, operators and values of a condition tree."""
    if not isinstance(tree, dict):
        return
    nodes = _condition(checking, pointer, tree, 1)
    if nodes > words.NODE_LIMIT:
        checking.add(pointer, f"expected at most {words.NODE_LIMIT} nodes, not {nodes}", "too_large")


def _condition(checking: Checking, pointer: str, tree: Any, depth: int) -> int:
    """Check a node and what is below it; return how many nodes there are."""
    if not isinstance(tree, dict):
        return 0
    if depth > words.DEPTH_LIMIT:
        checking.add(pointer, f"expected at most {words.DEPTH_LIMIT} levels", "too_deep")
        return 1
    if "not" in tree:
        return 1 + _condition(checking, f"{pointer}/not", tree["not"], depth + 1)
    for name in ("all", "any"):
        if name in tree:
            below = enumerate(tree[name])
            return 1 + sum(
                _condition(checking, f"{pointer}/{name}/{place}", each, depth + 1) for place, each in below
            )
    _comparison(checking, pointer, tree)
    return 1


def _comparison(checking: Checking, pointer: str, leaf: Document) -> None:
    name, operator = leaf.get("field"), leaf.get("op")
    if name is None:
        return
    found = fields.find(name)
    if found is None:
        guess = nearest(name, (*fields.FIELDS, *fields.FAMILIES))
        checking.add(f"{pointer}/field", f"expected a known field, not {name}{guess}", "unknown_field")
        return
    if operator is not None and operator not in found.operators:
        expected = ", ".join(found.operators)
        checking.add(f"{pointer}/op", f"expected one of {expected} for {name}", "operator")
        return
    if operator is None or "value" not in leaf:
        return
    try:
        operand = found.operand(operator, leaf["value"])
    except ValueError as error:
        checking.add(f"{pointer}/value", f"{error} for {name} {operator}", "value")
        return
    if found.refers:
        _referred(checking, f"{pointer}/value", found.refers, leaf["value"], operand)


def _referred(checking: Checking, pointer: str, refers: str, value: Any, operand: Any) -> None:
    if isinstance(operand, frozenset):
        checking.all_known(pointer, refers, value)
    else:
        checking.known(pointer, refers, operand)


def check_effects(checking: Checking, pointer: str, effects: Any) -> None:
    """Check the names and formulas in a list of effects."""
    for place, effect in objects(effects):
        for kind, body in effect.items():
            if isinstance(body, dict) and kind in _EFFECT_CHECKS:
                _EFFECT_CHECKS[kind](checking, f"{pointer}/{place}/{kind}", body)


def _check_earn(checking: Checking, pointer: str, body: Document) -> None:
    wanted = (checking.document.get("points") or {}).get("key")
    if wanted is not None and body.get("wallet", wanted) != wanted:
        checking.add(
            f"{pointer}/wallet", f"expected {wanted}, the key of this program's points", "unknown_reference"
        )
    if "formula" in body:
        checking.flaws.extend(formula.check_formula(body["formula"], f"{pointer}/formula"))


def _check_grant(checking: Checking, pointer: str, body: Document) -> None:
    checking.known(f"{pointer}/reward", "rewards", body.get("reward"))
    checking.known(f"{pointer}/coupon", "coupons", body.get("coupon"))


def _check_notify(checking: Checking, pointer: str, body: Document) -> None:
    check_texts(checking, f"{pointer}/text", body.get("text"))


_EFFECT_CHECKS: Final[Mapping[str, Callable[[Checking, str, Document], None]]] = {
    "earn": _check_earn,
    "grant": _check_grant,
    "progress": lambda checking, pointer, body: checking.known(
        f"{pointer}/challenge", "challenges", body.get("challenge")
    ),
    "set_tier": lambda checking, pointer, body: checking.known(f"{pointer}/tier", "tiers", body.get("tier")),
    "notify": _check_notify,
}


def check_gift(checking: Checking, pointer: str, gives: Any) -> None:
    """Check the names in what a reward gives."""
    for kind, body in (gives or {}).items():
        if isinstance(body, dict):
            check_on(checking, f"{pointer}/{kind}/on", body.get("on") or {})
            checking.all_known(f"{pointer}/{kind}/options", "options", body.get("options"))
            checking.known(f"{pointer}/{kind}/sku", "products", body.get("sku"))


def check_limits(checking: Checking, pointer: str, limits: Any) -> None:
    """Check that limits are told apart by period and measure: that is what names their counters."""
    seen: set[str] = set()
    for place, limit in objects(limits):
        per = limit.get("per")
        if per is None or (isinstance(per, dict) and "hours" not in per):
            continue
        if per == "order" and limit.get("budget"):
            checking.add(
                f"{pointer}/{place}", "expected a period longer than an order for a budget", "impossible"
            )
        name = parse.limit_key("", limit)
        if name in seen:
            checking.add(f"{pointer}/{place}", "expected one limit for a period and measure", "duplicate")
        seen.add(name)


def check_validity(checking: Checking, pointer: str, valid: Any) -> None:
    """Check that dates exist, that the end is not before the start, and that windows can be read."""
    if not isinstance(valid, dict):
        return
    starts = check_moment(checking, f"{pointer}/from", valid.get("from"))
    ends = check_moment(checking, f"{pointer}/until", valid.get("until"), end=True)
    if starts and ends and ends <= starts:
        checking.add(f"{pointer}/until", f"expected no end before the start ({valid['from']})", "impossible")
    for place, text in enumerate(valid.get("windows") or ()):
        if text is None:
            continue
        try:
            window(text, starts.date() if starts else None)
        except ValueError as error:
            checking.add(f"{pointer}/windows/{place}", str(error), "rrule")


def check_moment(checking: Checking, pointer: str, text: str | None, *, end: bool = False) -> datetime | None:
    """Check that a date exists (30 February does not) and return it as ``parse.instant`` does."""
    try:
        return parse.instant(text, end=end)
    except (ValueError, OverflowError):
        checking.add(pointer, f"expected a day that exists, not {text}", "date")
        return None


def check_expiry(checking: Checking, pointer: str, expiry: Any) -> None:
    """Check that an expiry that ends says when."""
    if not isinstance(expiry, dict) or "kind" not in expiry:
        return
    if expiry["kind"] != "never" and "count" not in expiry:
        checking.add(f"{pointer}/count", f"expected a count beside {expiry['kind']}", "required")


def check_texts(checking: Checking, pointer: str, texts: Any) -> None:
    """Check that a text is there in the first locale, and in no locale that the program does not have."""
    if not isinstance(texts, dict):
        return
    locales = checking.document.get("locales") or ["en"]
    if locales[0] is not None and locales[0] not in texts:
        checking.add(
            pointer, f"expected this text in {locales[0]}, the first of the program's locales", "locale"
        )
    for locale in texts:
        if locale not in locales and None not in locales:
            expected = ", ".join(locales)
            checking.add(f"{pointer}/{locale}", f"expected only the program's locales ({expected})", "locale")
