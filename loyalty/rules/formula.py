"""Small formulas for amounts: ``+ - * / min max floor`` over integers, fractions and numeric fields.

A formula is the document's own tree: an integer, a fraction as text (``"3/2"``, ``"0.5"``), ``{"field": key}`` or
``{"op": op, "args": [...]}``. It always ends, never meets a float, and has no answer (None) where a field it asks
has none or where it would divide by zero: then the effect does not happen.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from typing import Any, Final, cast

from loyalty.errors import Flaw
from loyalty.rules import fields
from loyalty.rules.fields import Context

Number = int | Fraction
Formula = Callable[[Context], Number | None]

DEPTH_LIMIT: Final = 8
NODE_LIMIT: Final = 200
ARGUMENT_LIMIT: Final = 20
OPERATORS: Final = ("+", "-", "*", "/", "min", "max", "floor")
_NUMERIC: Final = frozenset({"integer", "money", "points"})
_FOLDS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "min": min,
    "max": max,
}


def check_formula(tree: Any, pointer: str) -> tuple[Flaw, ...]:
    """Return every flaw of a formula; ``pointer`` is the JSON pointer of the tree in its document."""
    flaws: list[Flaw] = []
    nodes = _check(tree, pointer, 1, flaws)
    if nodes > NODE_LIMIT:
        flaws.append(Flaw(pointer, f"expected at most {NODE_LIMIT} numbers and operations, not {nodes}"))
    return tuple(flaws)


def _check(tree: Any, pointer: str, depth: int, flaws: list[Flaw]) -> int:
    """Add the flaws of a node and what is below it; return how many nodes there are."""
    if depth > DEPTH_LIMIT:
        flaws.append(Flaw(pointer, f"expected at most {DEPTH_LIMIT} levels"))
        return 1
    if isinstance(tree, dict):
        node = cast("dict[str, Any]", tree)
        if set(node) == {"field"}:
            return _check_field(node["field"], f"{pointer}/field", flaws)
        if set(node) == {"op", "args"}:
            return _check_operation(node, pointer, depth, flaws)
    try:
        _literal(tree)
    except ValueError as error:
        flaws.append(Flaw(pointer, str(error)))
    return 1


def _check_field(key: Any, pointer: str, flaws: list[Flaw]) -> int:
    found = fields.find(key) if isinstance(key, str) else None
    if found is None or found.kind not in _NUMERIC or found.key.startswith("line."):
        flaws.append(Flaw(pointer, "expected a numeric field of the order, the member or the occasion"))
    return 1


def _check_operation(node: dict[str, Any], pointer: str, depth: int, flaws: list[Flaw]) -> int:
    name, arguments = node["op"], node["args"]
    if name not in OPERATORS:
        flaws.append(Flaw(f"{pointer}/op", f"expected one of {', '.join(OPERATORS)}"))
    expected = {"/": (2, 2), "floor": (1, 1), "-": (2, ARGUMENT_LIMIT)}.get(name, (1, ARGUMENT_LIMIT))
    if not isinstance(arguments, list) or not expected[0] <= len(cast("list[Any]", arguments)) <= expected[1]:
        wanted = str(expected[0]) if expected[0] == expected[1] else f"{expected[0]} to {expected[1]}"
        flaws.append(Flaw(f"{pointer}/args", f"expected a list of {wanted} arguments"))
        return 1
    items = cast("list[Any]", arguments)
    return 1 + sum(
        _check(each, f"{pointer}/args/{place}", depth + 1, flaws) for place, each in enumerate(items)
    )


def _literal(value: Any) -> Number:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**15:
        return value
    if isinstance(value, str) and len(value) <= 40 and "e" not in value.lower():
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            pass
    raise ValueError(
        'expected an integer, a fraction such as "3/2" or "0.5", {"field": …} or {"op": …, "args": […]}'
    )


def compile_formula(tree: Any) -> Formula:
    """Turn a checked formula into a function of the occasion; amounts of points are in thousandths."""
    if isinstance(tree, dict):
        node = cast("dict[str, Any]", tree)
        if "field" in node:
            found = fields.find(node["field"])
            assert found is not None, node["field"]
            return found.get
        return _operation(node["op"], tuple(compile_formula(each) for each in node["args"]))
    literal = _literal(tree)
    return lambda _: literal


def _operation(name: str, arguments: tuple[Formula, ...]) -> Formula:
    if name == "/":
        return _quotient(*arguments)
    if name == "floor":
        return _floor(arguments[0])
    fold = _FOLDS[name]

    def folded(ctx: Context) -> Number | None:
        values = _values(ctx, arguments)
        return None if values is None else reduce(fold, values)

    return folded


def _values(ctx: Context, arguments: Iterable[Formula]) -> list[Number] | None:
    values: list[Number] = []
    for argument in arguments:
        value = argument(ctx)
        if value is None:
            return None
        values.append(value)
    return values


def _quotient(over: Formula, under: Formula) -> Formula:
    def divided(ctx: Context) -> Number | None:
        numerator, denominator = over(ctx), under(ctx)
        return Fraction(numerator) / denominator if numerator is not None and denominator else None

    return divided


def _floor(inner: Formula) -> Formula:
    def floored(ctx: Context) -> Number | None:
        value = inner(ctx)
        return None if value is None else math.floor(value)

    return floored


def asks_eligible(tree: Any) -> bool:
    """Say whether a formula asks what the rule's own lines cost (``order.eligible_minor``)."""
    if not isinstance(tree, dict):
        return False
    node = cast("dict[str, Any]", tree)
    return node.get("field") == "order.eligible_minor" or any(
        asks_eligible(each) for each in node.get("args", ())
    )
