"""Conditions: the tree under ``if`` compiled to one function of the occasion.

The tree is ``{"all": […]}``, ``{"any": […]}``, ``{"not": …}`` or ``{"field", "op", "value"}``. A field without an
answer makes its comparison false, whatever the operator; ``not`` turns that around.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from loyalty.rules import fields
from loyalty.rules.fields import Context

Test = Callable[[Context], bool]

# Fields whose answer depends on what the program, not the till, says of a line.
GOODS: Final = frozenset({"order.categories", "order.item_tags", "order.kinds"})
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, operand: value in operand,
    "not_in": lambda value, operand: value not in operand,
    "between": lambda value, operand: operand[0] <= value <= operand[1],
    "has": lambda value, operand: operand in value,
    "has_any": lambda value, operand: not operand.isdisjoint(value),
    "has_all": lambda value, operand: operand.issubset(value),
    "has_none": lambda value, operand: operand.isdisjoint(value),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison of a condition: ``operand`` is what the field's value is compared with."""

    field: str
    op: str
    operand: Any
    test: Test


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition.

    ``per_line`` says that it asks about a line, so it chooses lines; ``asks_eligible`` that it asks what the chosen
    lines cost; ``asks_goods`` that it asks what the program knows about the goods. ``leaves`` are the comparisons that
    must all hold, where the tree is such a list; else empty.
    """

    test: Test
    per_line: bool
    asks_eligible: bool
    asks_goods: bool
    leaves: tuple[Leaf, ...]


def compile_condition(tree: Mapping[str, Any] | None) -> Condition | None:
    """Turn a checked condition tree into functions; None (no condition) stays None."""
    if tree is None:
        return None
    keys = _fields(tree)
    return Condition(
        test=_compile(tree),
        per_line=any(key.startswith("line.") for key in keys),
        asks_eligible="order.eligible_minor" in keys,
        asks_goods=not keys.isdisjoint(GOODS) or any(key.startswith("line.") for key in keys),
        leaves=_conjunction(tree),
    )


def _fields(tree: Mapping[str, Any]) -> frozenset[str]:
    if "field" in tree:
        return frozenset({tree["field"]})
    if "not" in tree:
        return _fields(tree["not"])
    return frozenset().union(*(_fields(each) for each in tree.get("all", tree.get("any", ()))))


def _conjunction(tree: Mapping[str, Any]) -> tuple[Leaf, ...]:
    if "field" in tree:
        return (_leaf(tree),)
    parts = tuple(_conjunction(each) for each in tree.get("all", ()))
    return sum(parts, ()) if all(parts) else ()


def _compile(tree: Mapping[str, Any]) -> Test:
    if "all" in tree:
        return _every(tuple(_compile(each) for each in tree["all"]))
    if "any" in tree:
        return _some(tuple(_compile(each) for each in tree["any"]))
    if "not" in tree:
        inner = _compile(tree["not"])
        return lambda ctx: not inner(ctx)
    return _leaf(tree).test


def _every(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda ctx: first(ctx) and second(ctx)

    def every(ctx: Context) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster than all() over a generator
            if not test(ctx):
                return False
        return True

    return every


def _some(tests: tuple[Test, ...]) -> Test:
    def some(ctx: Context) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is faster than any() over a generator
            if test(ctx):
                return True
        return False

    return some


def _leaf(tree: Mapping[str, Any]) -> Leaf:
    found = fields.find(tree["field"])
    assert found is not None, tree["field"]
    op = tree["op"]
    operand = found.operand(op, tree["value"])
    return Leaf(found.key, op, operand, _comparison(found.get, op, operand))


def _comparison(get: Callable[[Context], Any], op: str, operand: Any) -> Test:
    if op in ("=", "has"):
        return _equal(get, operand) if op == "=" else _has(get, operand)
    compared = _COMPARED[op]

    def test(ctx: Context) -> bool:
        value = get(ctx)
        return value is not None and compared(value, operand)

    return test


def _equal(get: Callable[[Context], Any], operand: Any) -> Test:
    # The operand is never None, so a field without an answer is unequal by itself.
    return lambda ctx: get(ctx) == operand


def _has(get: Callable[[Context], Any], operand: Any) -> Test:
    def test(ctx: Context) -> bool:
        value = get(ctx)
        return value is not None and operand in value

    return test
