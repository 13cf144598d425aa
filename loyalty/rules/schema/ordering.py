"""Puts the keys of a document into the order of the format, for people who read an export.

The database keeps documents as ``jsonb``, which knows no order of keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loyalty.rules.schema.fields import (
    Part,
)
from loyalty.rules.schema.program import PROGRAM
from loyalty.rules.schema.shapes import (
    Either,
    Inside,
    Listing,
    Strict,
    Table,
    Tagged,
)


def ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sound document with its keys in the order of the format."""
    return _object(PROGRAM, document)


def _object(schema: Strict, value: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = dict(schema.fields)
    return {name: _value(part, value[name]) for name, part in parts.items() if name in value}


def _value(part: Part, value: Any) -> Any:
    if isinstance(part, Inside) and isinstance(value, dict):
        return _object(part.schema, value)
    if isinstance(part, Listing) and isinstance(value, list):
        return [_value(part.item, each) for each in value]
    if isinstance(part, Table) and isinstance(value, dict):
        return {name: _value(part.item, each) for name, each in value.items()}
    if isinstance(part, Tagged) and isinstance(value, dict):
        return {name: _value(part.kinds[name], each) for name, each in value.items()}
    if isinstance(part, Either):
        kind = next((each for each in part.kinds if isinstance(value, each)), None)
        return value if kind is None else _value(part.kinds[kind], value)
    return value if not isinstance(value, dict) else _tree(value)


def _tree(value: dict[str, Any]) -> dict[str, Any]:
    """Order a comparison or a formula the way people read it."""
    first = [name for name in ("field", "op", "value", "args") if name in value]
    rest = [name for name in value if name not in first]
    return {name: _branch(value[name]) for name in (*first, *rest)}


def _branch(value: Any) -> Any:
    if isinstance(value, dict):
        return _tree(value)
    return [_branch(each) for each in value] if isinstance(value, list) else value
